package zipsite

import (
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"
)

// stream is an open file that is decoded while it is read. It cannot be read at
// an offset: that would cost as much as all before it.
//
// Its last bytes are not given away before the checksum of the whole is known to
// be right, so that who counts on its size does not take a damaged file for a
// whole one.
type stream struct {
	*opened

	mu      sync.Mutex // so that a decoder is not given to another while it reads
	decoder io.ReadCloser
	left    int64  // bytes of content
	sum     uint32 // of content so far
	crc     uint32 // of all of it
	err     error
}

func (s *stream) Read(b []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.decoder == nil {
		return 0, fs.ErrClosed
	}
	if s.err != nil || len(b) == 0 {
		return 0, s.err
	}
	if s.left > 0 {
		n, s.err = s.decoder.Read(b[:min(int64(len(b)), s.left)])
		s.left -= int64(n)
		s.sum = crc32.Update(s.sum, crc32.IEEETable, b[:n])
	}
	switch {
	case s.left == 0:
		if s.err = s.end(); s.err != io.EOF {
			n = 0
		}
		if n > 0 {
			return n, nil
		}
	case s.err == io.EOF:
		s.err = fmt.Errorf("%w: it is shorter than it says", errDamaged)
	case s.err != nil:
		s.err = fmt.Errorf("%w: %w", errDamaged, s.err)
	}
	return n, s.err
}

// end returns [io.EOF] if the content ends here, and is what it should be.
func (s *stream) end() error {
	var more [1]byte
	switch _, err := io.ReadFull(s.decoder, more[:]); {
	case err == nil:
		return fmt.Errorf("%w: it is longer than it says", errDamaged)
	case err != io.EOF:
		return fmt.Errorf("%w: %w", errDamaged, err)
	case s.sum != s.crc:
		return fmt.Errorf("%w: its checksum is wrong", errDamaged)
	}
	return io.EOF
}

func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.decoder != nil {
		s.decoder.Close()
		s.decoder = nil
	}
	return s.opened.Close()
}
