package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// The errors that a caller tells apart. Those of the system are wrapped beside
// them.
var (
	ErrExists    = errors.New("there is something of this name already")
	ErrCondition = errors.New("the file is not in the state that was asked for")
	ErrNoSpace   = errors.New("no space left for the file")
	ErrTooLarge  = errors.New("the file is larger than allowed")
	ErrLength    = errors.New("the length is not the one that was announced")
	ErrForbidden = errors.New("nothing may be written there")
	ErrNotFound  = errors.New("there is no such file or folder")
	ErrName      = errors.New("the name cannot be used")
	ErrBusy      = errors.New("too much at once")
	ErrDraft     = errors.New("the draft is in use")
)

var sentinels = []error{
	ErrExists, ErrCondition, ErrNoSpace, ErrTooLarge, ErrLength,
	ErrForbidden, ErrNotFound, ErrName, ErrBusy, ErrDraft,
}

// causes are the errors of the system that mean one of ours. The first that
// matches counts.
var causes = []struct{ cause, meaning error }{
	{fs.ErrExist, ErrExists},
	{syscall.ENOTEMPTY, ErrExists},
	{syscall.EISDIR, ErrExists},
	{fs.ErrNotExist, ErrNotFound},
	{syscall.ENOTDIR, ErrNotFound},
	{syscall.ENOSPC, ErrNoSpace},
	{syscall.EDQUOT, ErrNoSpace},
	{syscall.EFBIG, ErrNoSpace},
	{errDiskFull, ErrNoSpace},
	{fs.ErrPermission, ErrForbidden},
	{syscall.EROFS, ErrForbidden},
	{syscall.EBUSY, ErrForbidden}, // a mount point
	{syscall.ELOOP, ErrForbidden},
	{syscall.ENAMETOOLONG, ErrName},
	{syscall.EINVAL, ErrName},
	{fs.ErrInvalid, ErrName},
	{syscall.EILSEQ, ErrName}, // some file systems take UTF-8 only
	{syscall.EMFILE, ErrBusy},
	{syscall.ENFILE, ErrBusy},
}

// fault gives an error of the system one of our meanings, if it has one.
func fault(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range sentinels {
		if errors.Is(err, known) {
			return err
		}
	}
	for _, c := range causes {
		if errors.Is(err, c.cause) {
			return fmt.Errorf("%w: %w", c.meaning, err)
		}
	}
	if isEscape(err) {
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	return err
}

// isEscape reports whether err is os.Root's refusal of a path that leads out
// of it, which has no name.
func isEscape(err error) bool {
	var errno syscall.Errno
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	if errors.As(err, &errno) || errors.Is(err, fs.ErrClosed) {
		return false
	}
	return errors.As(err, &pathErr) || errors.As(err, &linkErr)
}
