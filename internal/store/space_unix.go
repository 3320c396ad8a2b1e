//go:build linux || darwin

package store

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// freeSpace returns how many bytes fit on the disk of a folder. Some file
// systems cannot tell.
func freeSpace(dir *os.File) (int64, bool) {
	var disk unix.Statfs_t
	err := withDescriptor(dir, func(fd int) error { return unix.Fstatfs(fd, &disk) })
	if err != nil || disk.Blocks == 0 || disk.Bsize <= 0 {
		return 0, false
	}
	size := uint64(disk.Bsize)
	if disk.Bavail > math.MaxInt64/size {
		return math.MaxInt64, true
	}
	return int64(disk.Bavail * size), true
}
