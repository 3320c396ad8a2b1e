//go:build amd64 || arm64

package lane

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"
)

const (
	maxTurn = 1 << 20   // that is sent before others have their turn
	maxSent = 512 << 10 // that the system is asked to send at once
	held    = 8 << 10   // of the end of a file that is held back until it is known to be as it was
	marked  = 4 << 10   // of its end that is looked at before
)

var errChanged = errors.New("file changed while it was sent")

// sending is a file whose content is on its way, but for its end. As in the content
// of package fileserver, that follows after a look at the file, and one that only
// grows is let pass.
type sending struct {
	file  int
	state state
	next  int64  // byte to be sent
	end   int64  // of what is to be sent
	mark  []byte // what its end was at the beginning; nil if that has not been read
}

func (f *sending) close() { unix.Close(f.file) }

// push has the system send content, without its end.
func (f *sending) push(fd int32, o *outgoing, patient bool) (outcome, error) {
	if f.mark == nil && f.end-f.next > held {
		if !patient && !f.isCached(f.end-marked, marked) {
			return blocks, nil
		}
		f.mark = make([]byte, marked)
		if err := f.readAt(f.mark, f.end-marked); err != nil {
			return failed, err
		}
	}
	turn := int64(maxTurn)
	for last := f.end - held; f.next < last; {
		if turn <= 0 {
			return yields, nil
		}
		size := min(last-f.next, maxSent)
		if !patient && !f.isCached(f.next, size) {
			return blocks, nil
		}
		n, err := unix.Sendfile(int(fd), f.file, &f.next, int(size))
		switch {
		case err == unix.EAGAIN:
			return waits, nil
		case err == unix.EINTR:
			continue
		case err != nil:
			return failed, err
		case n == 0:
			return failed, errChanged
		}
		o.sent += int64(n)
		turn -= int64(n)
	}
	return done, nil
}

// rest returns the end of the content if the file is as it was.
func (f *sending) rest(buffer []byte, patient bool) ([]byte, outcome, error) {
	end := buffer[:f.end-f.next]
	if !patient && !f.isCached(f.next, int64(len(end))) {
		return nil, blocks, nil
	}
	if err := f.readAt(end, f.next); err != nil {
		return nil, failed, err
	}
	var s unix.Stat_t
	if err := lookAtSelf(f.file, &s); err != nil {
		return nil, failed, err
	}
	same := s.Size == f.state.size && s.Mtim == f.state.modified
	grown := s.Size > f.state.size && len(f.mark) > 0 && bytes.HasSuffix(end, f.mark)
	if !same && !grown {
		return nil, failed, errChanged
	}
	return end, done, nil
}

// readAt fills b.
func (f *sending) readAt(b []byte, offset int64) error {
	for len(b) > 0 {
		n, err := unix.Pread(f.file, b, offset)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return errChanged
		}
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// isCached reports whether what is to be read next is in memory, as far as its ends
// tell.
func (f *sending) isCached(offset, size int64) bool {
	var b [1]byte
	for _, at := range [...]int64{offset + size - 1, offset} {
		n, err := unix.Preadv2(f.file, [][]byte{b[:]}, at, unix.RWF_NOWAIT)
		if err != nil || n < 1 {
			return false
		}
	}
	return true
}

// isReadable reports whether nothing is known to keep the start of a file from being
// read, without waiting for the disk.
func isReadable(file int) bool {
	var b [1]byte
	_, err := unix.Preadv2(file, [][]byte{b[:]}, 0, unix.RWF_NOWAIT)
	return err == nil || err == unix.EAGAIN || err == unix.EOPNOTSUPP || err == unix.ENOSYS || err == unix.EINTR
}
