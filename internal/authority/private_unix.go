//go:build unix

package authority

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

func isOpenToOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// checkOwner refuses what belongs to another user, who could change it. The
// superuser may change everything anyway, and may act for any user.
func checkOwner(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	me := uint32(os.Geteuid())
	if ok && stat.Uid != me && stat.Uid != 0 && me != 0 {
		return errors.New("belongs to another user; remove it, or have it given to you")
	}
	return nil
}

// syncFolder has the names in a folder outlast a power cut, as far as the file
// system can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
