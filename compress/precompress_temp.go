package compress

import (
	"crypto/rand"
	"os"
	"strings"
	"time"
)

// The name of a temporary file begins with a dot, so that no server shows it,
// and is like no other, so that it can be told from files of the user when it
// was left behind.
const (
	tempPrefix = ".gserve-precompress-"
	tempSuffix = ".tmp"
)

// isTemp reports whether a file of this name was made by createSidecar.
func isTemp(base string) bool {
	text, ok := strings.CutPrefix(base, tempPrefix)
	text, also := strings.CutSuffix(text, tempSuffix)
	return ok && also && len(text) >= 26 && strings.Trim(text, base32) == "" // as rand.Text promises
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// sidecar is a file on its way to its name.
type sidecar struct {
	dir        *os.Root
	file       *os.File
	temp, name string
	left       int64 // how many bytes may be written before it is not worth it
}

// createSidecar begins a sidecar of the file base, which is to be published or
// discarded.
func createSidecar(dir *os.Root, base string, c Coding) (*sidecar, error) {
	s := &sidecar{dir: dir, temp: tempPrefix + rand.Text() + tempSuffix, name: base + c.Suffix()}
	var err error
	s.file, err = dir.OpenFile(s.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return s, err
}

// sidecarError is an error of writing a sidecar.
type sidecarError struct{ error }

func (e *sidecarError) Unwrap() error { return e.error }

func (s *sidecar) Write(b []byte) (int, error) {
	if s.left -= int64(len(b)); s.left < 0 {
		return 0, errNotWorth
	}
	n, err := s.file.Write(b)
	if err != nil {
		err = &sidecarError{err}
	}
	return n, err
}

// publish gives the sidecar its name, in place of what had it.
func (s *sidecar) publish(of os.FileInfo) error {
	err := s.file.Chmod(of.Mode().Perm())
	if closed := s.file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = s.dir.Chtimes(s.temp, time.Time{}, of.ModTime())
	}
	if err == nil {
		err = s.dir.Rename(s.temp, s.name)
	}
	if err != nil {
		return &sidecarError{err}
	}
	s.temp = ""
	return nil
}

// discard removes a sidecar that was not published.
func (s *sidecar) discard() {
	if s.temp != "" {
		s.file.Close() // or Windows would not let it go
		s.dir.Remove(s.temp)
	}
}
