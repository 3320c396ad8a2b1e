package reload

import "golang.org/x/sys/unix"

// networkFileSystem names the file system of a folder if the system does not
// tell of all changes to it, "" otherwise.
func networkFileSystem(path string) string {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return ""
	}
	switch name := unix.ByteSliceToString(s.Fstypename[:]); name {
	case "nfs", "smbfs", "afpfs", "webdav", "osxfuse", "macfuse", "virtiofs":
		return name
	}
	return ""
}
