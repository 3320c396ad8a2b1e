//go:build linux || darwin

package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasOtherName reports whether a draft has been given its name already, and
// was to lose that of a draft: see linkNew.
func hasOtherName(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}

// tryLock reports whether no other process has the draft. The lock ends with
// the process. A file system without locks has none to ask for.
func tryLock(f *os.File) bool {
	err := withDescriptor(f, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	return !errors.Is(err, unix.EWOULDBLOCK)
}
