//go:build unix

package service

import (
	"io/fs"
	"syscall"
)

// links returns how many names lead to a folder: none when it was removed while
// it was open. It returns false if that is not known.
func links(info fs.FileInfo) (uint64, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return uint64(stat.Nlink), true
}
