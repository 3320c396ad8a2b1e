package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxFile has room for ten thousand users.
const maxFile = 1 << 20

// settled is how old a change must be to be told from one that follows it by
// the time of the file: FAT counts two seconds.
const settled = 2 * time.Second

// file is a htpasswd file, with what was in it when it was last as it should be.
type file struct {
	name  string // as the user gave it
	path  string // absolute, so that it stays the same file
	info  fs.FileInfo
	read  time.Time
	sum   [sha256.Size]byte
	users map[string]hash
	fault string // that was told
}

func openFile(name string) (*file, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, path: path}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// isFresh reports whether the file is what was read. One that is no file, such
// as a pipe, is read once.
func (f *file) isFresh() bool {
	if f.info != nil && !f.info.Mode().IsRegular() {
		return true
	}
	info, err := os.Stat(f.path)
	return err == nil && f.info != nil && os.SameFile(info, f.info) && info.Size() == f.info.Size() &&
		info.ModTime().Equal(f.info.ModTime()) && f.read.Sub(info.ModTime()) > settled
}

// load reads the file, and reports whether there is something else in it. It
// keeps what was there before if it fails.
func (f *file) load() (changed bool, err error) {
	now := time.Now()
	if info, err := os.Stat(f.path); err == nil && f.info != nil && !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s: not a file any more", f.name) // to open it may block
	}
	text, info, err := readFile(f.path)
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.name, cause(err))
	}
	sum := sha256.Sum256(text)
	if f.users != nil && sum == f.sum {
		f.info, f.read = info, now
		return false, nil
	}
	users, err := parseFile(f.name, string(text))
	if err != nil {
		return false, err
	}
	f.info, f.read, f.sum, f.users = info, now, sum, users
	return true, nil
}

// readFile reads a file with a bound, and describes what was read.
func readFile(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("larger than 1 MiB, so hardly a htpasswd file")
	}
	return text, info, err
}

// cause is an error without the name of the file, which the message has already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
