//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package authority

import (
	"errors"
	"os"
	"syscall"
)

// tryLock returns a file that holds the lock until it is closed, nil if another
// one does. A file system that knows no locks gives none: the rename that
// follows is whole there, too.
func tryLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return nil, nil
		}
		return f, nil
	}
}
