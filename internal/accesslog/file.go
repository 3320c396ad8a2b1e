package accesslog

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// File is a log in a file, which can be renamed while it is written: what moves
// old logs away does so, and then has the server [File.Reopen] it. It is safe for
// concurrent use.
type File struct {
	name      string
	reopening sync.Mutex // is held before mu

	mu   sync.Mutex
	file *os.File // nil: closed
	torn bool     // the last line was not written whole
}

// OpenFile opens a log to write to its end, and makes it if there is none:
// readable for the group, as a log tells who was there. The caller closes it.
func OpenFile(name string) (*File, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	return &File{name: name, file: f}, nil
}

// openFile never waits: a pipe that nobody reads is an error, as is a socket.
func openFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o640)
	if errors.Is(err, syscall.ENXIO) {
		cause := errors.New("nobody reads that pipe")
		if info, err := os.Stat(name); err == nil && info.Mode().Type() == fs.ModeSocket {
			cause = errors.New("it is a socket")
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: cause}
	}
	return f, err
}

// Write adds whole lines. Where a disk was full in the midst of a line, the next
// one begins on a line of its own.
func (f *File) Write(lines []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return 0, os.ErrClosed
	}
	if f.torn {
		if _, err := f.file.WriteString("\n"); err != nil {
			return 0, err
		}
		f.torn = false
	}
	n, err := f.file.Write(lines)
	f.torn = 0 < n && n < len(lines) && lines[n-1] != '\n'
	return n, err
}

// Reopen goes on in the file that has the name now, which it makes if there is
// none. Every line is in the one file or in the other. If the new one cannot be
// opened, it goes on in the old one; that it tells by an error, and need not be
// told again.
func (f *File) Reopen() error {
	f.reopening.Lock()
	defer f.reopening.Unlock()
	fresh, err := openFile(f.name) // while others write
	if err != nil {
		return err
	}
	f.mu.Lock()
	if f.file == nil {
		f.mu.Unlock()
		fresh.Close()
		return os.ErrClosed
	}
	old := f.file
	f.file, f.torn = fresh, f.torn && isSame(old, fresh)
	f.mu.Unlock()
	return old.Close()
}

func isSame(a, b *os.File) bool {
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}

// Close closes the file. What is written afterwards is refused.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return os.ErrClosed
	}
	old := f.file
	f.file = nil
	return old.Close()
}
