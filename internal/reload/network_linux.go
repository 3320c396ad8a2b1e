package reload

import "golang.org/x/sys/unix"

// networkFileSystems are those where others can change a file and inotify does
// not tell, by their magic numbers. FUSE is sshfs, virtiofs, and the shared
// folders of Docker on other systems.
var networkFileSystems = map[uint32]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.CIFS_SUPER_MAGIC: "SMB",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.V9FS_MAGIC:       "9P",
	unix.FUSE_SUPER_MAGIC: "FUSE",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.CODA_SUPER_MAGIC: "Coda",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	0x786f4256:            "a shared folder of VirtualBox",
	0xbacbacbc:            "a shared folder of VMware",
	0x7c7c6673:            "a shared folder of Parallels",
}

// networkFileSystem names the file system of a folder if the system does not
// tell of all changes to it, "" otherwise.
func networkFileSystem(path string) string {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return ""
	}
	return networkFileSystems[uint32(s.Type)]
}
