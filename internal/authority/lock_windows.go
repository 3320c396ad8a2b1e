package authority

import (
	"errors"
	"os"
	"syscall"
)

// errorSharingViolation is what Windows says of a file that is open elsewhere
// and not shared.
const errorSharingViolation = syscall.Errno(32)

// tryLock returns a file that holds the lock until it is closed, nil if another
// one does. On Windows a file that is not shared is a lock.
func tryLock(name string) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, nil
	}
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), nil
}
