package confine

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Permanent reports whether a path leads to the same file or folder for as long
// as the process runs: to a mount point, as what a container is given, and by no
// link. All others can be removed and made anew, which is more than a kernel can
// be told to allow without allowing what lies beside them.
func Permanent(path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(abs); err != nil || real != abs {
		return false
	}
	var info unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, abs, unix.AT_SYMLINK_NOFOLLOW, 0, &info); err != nil {
		return false
	}
	return info.Attributes&info.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0
}
