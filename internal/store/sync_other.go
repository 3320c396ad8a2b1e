//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// cannotSync reports whether err says that folders are not synchronised here.
func cannotSync(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP)
}
