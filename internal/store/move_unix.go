//go:build linux || darwin

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames unless there is something of the new name. It is
// [errors.ErrUnsupported] where the file system does not do that.
func renameNew(fromDir *os.File, from string, toDir *os.File, to string) error {
	err := withDescriptor(fromDir, func(fromFD int) error {
		return withDescriptor(toDir, func(toFD int) error {
			return renameat(fromFD, from, toFD, to)
		})
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return errors.ErrUnsupported // EINVAL also is a folder moved into itself, which the other ways refuse, too
	}
	return err
}

func withDescriptor(f *os.File, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := conn.Control(func(fd uintptr) { result = call(int(fd)) }); err != nil {
		return err
	}
	return result
}
