//go:build linux || darwin

package fileserver

import (
	"io/fs"
	"syscall"
)

// fileID tells a file from all others, and one state of it from the next as
// far as times go: ctime cannot be set by a program.
type fileID struct {
	device, inode uint64
	changed       syscall.Timespec
}

// identify returns the zero fileID for what is no file of the system.
func identify(info fs.FileInfo) fileID {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileID{uint64(stat.Dev), stat.Ino, changeTime(stat)}
	}
	return fileID{}
}
