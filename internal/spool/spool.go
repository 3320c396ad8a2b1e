package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Options say how a stream is served. The zero value does.
type Options struct {
	Name   string             // of the file; "" has its first bytes tell
	Max    int64              // bytes that are kept at most; 0: as much as there is room for
	Folder string             // that the file is kept in; "": one for large files
	Fields []fileserver.Field // sent with every answer
	Log    func(line string)  // is told why the reading ended too soon; may be nil
}

// Spool is a stream that is read and served. It is safe for concurrent use. Make
// one with [New].
type Spool struct {
	options Options
	source  io.Reader
	file    *os.File
	path    string        // of file, if it could not be removed at once
	sniffed chan struct{} // closed when the fields below are known

	name      string
	mediaType string
	server    *fileserver.Server // of the complete file

	mu     sync.Mutex
	size   int64 // is changed by fill only
	ended  bool
	err    error         // why it ended too soon
	closed bool          // no more is wanted
	users  int           // of file
	grown  chan struct{} // closed with the next change; nil if nobody waits for that
	sniff  *time.Timer
}

// Causes why a stream is not whole.
var (
	errClosed = errors.New("closed")
	errMax    = errors.New("no more than that is kept")
)

// New begins to read r, until its end, an error or Close. It does so as fast as
// the disk takes it, whether there are clients or not. r is closed at the end if
// it can be.
func New(r io.Reader, options Options) (*Spool, error) {
	if err := checkName(options.Name); err != nil {
		return nil, err
	}
	if options.Log == nil {
		options.Log = func(string) {}
	}
	s := &Spool{options: options, source: r, name: options.Name, sniffed: make(chan struct{})}
	if err := s.create(); err != nil {
		return nil, fmt.Errorf("no file to keep it in: %w", err)
	}
	go s.fill()
	return s, nil
}

// checkName refuses what is not the name of one file.
func checkName(name string) error {
	if name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("%q is not the name of a file", name)
	}
	return nil
}

// Close ends the reading. Clients that wait for more are cut off; those that have
// not got all yet may get what there is, and then, if the stream was at its end,
// are done.
func (s *Spool) Close() error {
	s.closeSource()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.identify() // for those who wait for the first bytes
	s.change()
	return s.closeFile()
}

func (s *Spool) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// closeSource has a Read that waits return, if that is possible.
func (s *Spool) closeSource() {
	if closer, ok := s.source.(io.Closer); ok {
		closer.Close()
	}
}

// enter has the file stay open until leave is called. It fails after Close.
func (s *Spool) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.users++
	return true
}

func (s *Spool) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	s.closeFile()
}

// bufferSize is how much is read, and sent to a client, at a time: what a pipe
// holds.
const bufferSize = 64 << 10

// fill keeps what is read until there is no more.
func (s *Spool) fill() {
	defer s.closeSource()
	buf := make([]byte, bufferSize)
	for {
		n, err := s.source.Read(buf)
		if s.isClosed() {
			return
		}
		kept, keepErr := s.keep(buf[:n])
		s.grow(kept)
		switch {
		case keepErr != nil:
			s.end(keepErr)
		case err == io.EOF:
			s.end(nil)
		case err != nil:
			s.end(err)
		default:
			continue
		}
		return
	}
}

// keep writes to the file, and returns how many bytes of b are in there.
func (s *Spool) keep(b []byte) (int, error) {
	room := s.options.Max - s.size
	if s.options.Max <= 0 || int64(len(b)) <= room {
		return s.file.Write(b)
	}
	n, err := s.file.Write(b[:room])
	if err == nil {
		err = errMax
	}
	return n, err
}

// sniffPause is how long it is waited for as many bytes as tell the kind of the
// file, once there are some. Others come too late for that.
const sniffPause = 100 * time.Millisecond

// grow tells the clients of n more bytes in the file.
func (s *Spool) grow(n int) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size += int64(n)
	switch {
	case s.size >= sniffSize:
		s.identify()
	case s.sniff == nil:
		s.sniff = time.AfterFunc(sniffPause, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.identify()
		})
	}
	s.change()
}

// end tells the clients that nothing more will come.
func (s *Spool) end(err error) {
	if err != nil {
		s.options.Log(fmt.Sprintf("reading ended after %d bytes: %v", s.size, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.err = true, err
	s.identify()
	s.change()
}

// change wakes all who wait. The caller has the lock.
func (s *Spool) change() {
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
}

// await returns how much there is when that is more than after, or the reason
// why no more will come: io.EOF at the end of the stream.
func (s *Spool) await(ctx context.Context, after int64) (int64, error) {
	for {
		size, grown, err := s.look(after)
		if size > after || err != nil {
			return size, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return size, ctx.Err()
		}
	}
}

// look returns how much there is. If that is not more than after, it returns
// what tells of a change, or why there will be none.
func (s *Spool) look(after int64) (size int64, grown <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size > after {
		return s.size, nil, nil
	}
	if s.grown == nil {
		s.grown = make(chan struct{})
	}
	return s.size, s.grown, s.reason()
}

// reason tells why no more will come, nil if some may. The caller has the lock.
func (s *Spool) reason() error {
	switch {
	case s.err != nil:
		return s.err
	case s.ended:
		return io.EOF
	case s.closed:
		return errClosed
	}
	return nil
}

// state returns how much is in the file, and whether that is the whole stream, or
// will never be.
func (s *Spool) state() (size int64, complete, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size, s.ended && s.err == nil, s.ended && s.err != nil
}
