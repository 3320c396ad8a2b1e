package fileserver

import (
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// readDir returns the entries of an open directory.
//
// A file that comes from an [os.Root] looks at every entry while it reads them,
// which takes three times as long as to read them. What it finds is not needed
// here, where an entry is looked at when it is shown; so the entries are read by
// another handle of the same directory, which has no root. On the few file
// systems that do not tell the types of entries, it looks at them by the path
// that it is given here, which leads through the handle.
func readDir(f *os.File) ([]fs.DirEntry, error) {
	if !hasDescriptorPaths() {
		return f.ReadDir(-1)
	}
	fd, err := duplicate(f)
	if err != nil {
		return nil, err
	}
	handle := os.NewFile(fd, "/proc/self/fd/"+strconv.FormatUint(uint64(fd), 10))
	defer handle.Close()
	return handle.ReadDir(-1)
}

var hasDescriptorPaths = sync.OnceValue(func() bool {
	_, err := os.Stat("/proc/self/fd")
	return err == nil
})

// duplicate returns another descriptor of the file, which no child process
// inherits.
func duplicate(f *os.File) (fd uintptr, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var errno syscall.Errno
	err = conn.Control(func(old uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return fd, err
}
