//go:build unix

package cli

import (
	"math"
	"syscall"
)

// maxFiles returns how many files the process may have open. The runtime of Go
// has raised that to what the system allows.
func maxFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
