//go:build unix

package fileserver

import (
	"os"
	"syscall"
)

// openFlags keep a FIFO from blocking, and a terminal from becoming ours.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
