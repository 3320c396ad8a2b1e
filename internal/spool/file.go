package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// create makes the file that the stream is kept in, which nobody else can open.
func (s *Spool) create() (err error) {
	for _, folder := range folders(s.options.Folder, os.Getenv("TMPDIR")) {
		if s.file, err = os.CreateTemp(folder, "gserve-*"); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	if os.Remove(s.file.Name()) != nil { // Windows does not while it is open
		s.path = s.file.Name()
	}
	return nil
}

// folders returns those to try for the file. What the user named is the only
// one. Otherwise it is not /tmp, which is in memory on many systems.
func folders(named, temporary string) []string {
	switch {
	case named != "":
		return []string{named}
	case temporary != "" || runtime.GOOS == "windows":
		return []string{os.TempDir()}
	}
	return []string{"/var/tmp", os.TempDir()}
}

// closeFile closes the file if nobody needs it any more. The caller has the lock.
func (s *Spool) closeFile() error {
	if !s.closed || s.users > 0 || s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}

// files is the folder of the one file, once it is complete.
type files struct {
	spool  *Spool
	reopen func(*os.File) (*os.File, error)
}

// Open opens the file with a position of its own.
func (f files) Open(name string) (fs.File, error) {
	if name != f.spool.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if !f.spool.enter() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrClosed}
	}
	if again, err := f.reopen(f.spool.file); err == nil {
		f.spool.leave()
		return again, nil
	}
	const all = 1<<63 - 1
	return &sharedFile{io.NewSectionReader(f.spool.file, 0, all), f.spool.file, sync.OnceFunc(f.spool.leave)}, nil
}

// Stat describes the file, or the folder.
func (f files) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return folderInfo{}, nil
	}
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.Stat()
}

// reopen opens a file once more that has no name, if the system can do that. The
// kernel can send it then.
func reopen(f *os.File) (*os.File, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.ErrUnsupported // elsewhere, it would share the position
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var again *os.File
	controlErr := conn.Control(func(fd uintptr) {
		again, err = os.Open("/proc/self/fd/" + strconv.FormatUint(uint64(fd), 10))
	})
	return again, errors.Join(controlErr, err)
}

// sharedFile is the file with a position of its own, on a system that opens no
// file once more.
type sharedFile struct {
	*io.SectionReader
	file  *os.File
	leave func()
}

func (f *sharedFile) Stat() (fs.FileInfo, error) { return f.file.Stat() }

func (f *sharedFile) Close() error {
	f.leave()
	return nil
}

// folderInfo describes the folder. Its time is not known.
type folderInfo struct{}

func (folderInfo) Name() string       { return "." }
func (folderInfo) Size() int64        { return 0 }
func (folderInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (folderInfo) ModTime() time.Time { return time.Time{} }
func (folderInfo) IsDir() bool        { return true }
func (folderInfo) Sys() any           { return nil }
