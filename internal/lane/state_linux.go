//go:build amd64 || arm64

package lane

import (
	"slices"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// state is what tells a file from others, and from what it was before.
type state struct {
	device, inode uint64
	mode          uint32
	uid, gid      uint32
	size          int64
	modified      unix.Timespec
	changed       unix.Timespec // which programs cannot set
}

func newState(s *unix.Stat_t) state {
	return state{uint64(s.Dev), s.Ino, s.Mode, s.Uid, s.Gid, s.Size, s.Mtim, s.Ctim}
}

// isSame reports whether other is that of the same file or folder, whatever it holds.
func (s *state) isSame(other *state) bool {
	return s.device == other.device && s.inode == other.inode && s.mode == other.mode && s.uid == other.uid && s.gid == other.gid
}

// isSettled reports whether nothing has changed since the time before.
func (s *state) isSettled(before time.Time) bool {
	return time.Unix(s.modified.Unix()).Before(before) && time.Unix(s.changed.Unix()).Before(before)
}

// lookAt describes an entry of a folder, or the link that it is.
func lookAt(folder int, name []byte, s *unix.Stat_t) error {
	_, _, errno := unix.Syscall6(unix.SYS_NEWFSTATAT, uintptr(folder), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(s)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// lookAtSelf describes a folder that is open.
func lookAtSelf(folder int, s *unix.Stat_t) error {
	_, _, errno := unix.Syscall(unix.SYS_FSTAT, uintptr(folder), uintptr(unsafe.Pointer(s)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// terminated returns a name as the system takes it.
func terminated(name string) []byte { return append([]byte(name), 0) }

// folder is a folder below the one that is served, open so that names can be
// looked up in it. It is closed when nobody holds it.
type folder struct {
	parent *folder // nil for the one that is served
	name   []byte
	file   int
	state  state
	held   atomic.Int32
	count  *atomic.Int32 // of all that are open
	used   atomic.Bool   // since it was asked last
	slow   atomic.Bool   // a look at something in it has held up a loop
}

// hold keeps the folder open, and reports whether it still was.
func (f *folder) hold() bool {
	for {
		n := f.held.Load()
		if n == 0 {
			return false
		}
		if f.held.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (f *folder) release() {
	if f.held.Add(-1) == 0 {
		unix.Close(f.file)
		f.count.Add(-1)
		if f.parent != nil {
			f.parent.release()
		}
	}
}

// openNext opens the folder of this name in the one that is open as at, without
// following a link. The caller holds it, and it holds its parent.
func openNext(parent *folder, at int, name string, count *atomic.Int32) (*folder, error) {
	file, err := unix.Openat(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := &folder{parent: parent, name: terminated(name), file: file, count: count}
	f.held.Store(1)
	f.used.Store(true)
	var s unix.Stat_t
	if err := lookAtSelf(file, &s); err != nil {
		unix.Close(file)
		return nil, err
	}
	f.state = newState(&s)
	count.Add(1)
	if parent != nil {
		parent.held.Add(1) // which the caller holds
	}
	return f, nil
}

// isThere reports whether the folder is still the one of its name, and whether it
// has the same entries if that counts.
func (f *folder) isThere(entries bool, s *unix.Stat_t) bool {
	if f.parent == nil {
		if !entries {
			return true
		}
		if lookAtSelf(f.file, s) != nil {
			return false
		}
	} else if !f.parent.isThere(false, s) || lookAt(f.parent.file, f.name, s) != nil {
		return false
	}
	now := newState(s)
	if entries {
		return now == f.state
	}
	return now.isSame(&f.state)
}

// top returns the folder that is served.
func (f *folder) top() *folder {
	for f.parent != nil {
		f = f.parent
	}
	return f
}

// basis is what a remembered answer follows from.
type basis struct {
	folder  *folder
	entries bool // of the folder that is served, too
	files   []file
	private []private
}

// private is where a path led that is never to be sent from.
type private struct {
	path          []byte
	device, inode uint64 // 0 if nothing was there
}

// lookAtPrivate returns where a path leads.
func lookAtPrivate(path []byte, s *unix.Stat_t) private {
	current := unix.AT_FDCWD
	_, _, errno := unix.Syscall6(unix.SYS_NEWFSTATAT, uintptr(current), uintptr(unsafe.Pointer(&path[0])), uintptr(unsafe.Pointer(s)), 0, 0, 0)
	if errno != 0 {
		return private{path: path}
	}
	return private{path, uint64(s.Dev), s.Ino}
}

// file is a file that counts.
type file struct {
	name  []byte
	state state
}

// newBasis looks at what an answer follows from, and takes over the folder. It
// returns false if any of that has changed since the time settled, so that it could
// not be told from what it becomes.
func newBasis(f *folder, from fileserver.Basis, settled time.Time) (*basis, bool) {
	b := &basis{folder: f, entries: from.Entries && f.parent != nil}
	if f.state.isSettled(settled) && (!b.entries || f.top().state.isSettled(settled)) && b.addFiles(from.Names, settled) && b.addPrivate(from.Private) {
		return b, true
	}
	f.release()
	return nil, false
}

// addFiles adds those of the names that are there.
func (b *basis) addFiles(names []string, settled time.Time) bool {
	var s unix.Stat_t
	for _, name := range names {
		name := terminated(name)
		switch err := lookAt(b.folder.file, name, &s); {
		case err == syscall.ENOENT:
			continue // which the state of the folder tells
		case err != nil || s.Mode&unix.S_IFMT != unix.S_IFREG:
			return false
		}
		state := newState(&s)
		if !state.isSettled(settled) {
			return false
		}
		b.files = append(b.files, file{name, state})
	}
	return true
}

// addPrivate adds where the paths lead. It returns false if that is to one of the
// files.
func (b *basis) addPrivate(paths []string) bool {
	var s unix.Stat_t
	for _, path := range paths {
		p := lookAtPrivate(terminated(path), &s)
		for _, f := range b.files {
			if f.state.device == p.device && f.state.inode == p.inode {
				return false
			}
		}
		b.private = append(b.private, p)
	}
	return true
}

// isCurrent reports whether all is as it was.
func (b *basis) isCurrent(s *unix.Stat_t) bool {
	if !b.folder.hold() {
		return false
	}
	defer b.folder.release()
	if !b.folder.used.Load() {
		b.folder.used.Store(true)
	}
	if b.entries && !b.folder.top().isThere(true, s) || !b.folder.isThere(true, s) {
		return false
	}
	for i := range b.files {
		f := &b.files[i]
		if lookAt(b.folder.file, f.name, s) != nil || newState(s) != f.state {
			return false
		}
	}
	for _, was := range b.private {
		if now := lookAtPrivate(was.path, s); now.device != was.device || now.inode != was.inode {
			return false
		}
	}
	return true
}

// find returns the index of the file with this state, -1 if there is none.
func (b *basis) find(s *state) int {
	return slices.IndexFunc(b.files, func(f file) bool { return f.state == *s })
}

// open opens a file if it is as it was.
func (b *basis) open(i int, s *unix.Stat_t) (*sending, bool) {
	if !b.folder.hold() {
		return nil, false
	}
	defer b.folder.release()
	f := &b.files[i]
	fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(b.folder.file), uintptr(unsafe.Pointer(&f.name[0])),
		unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return nil, false
	}
	if lookAtSelf(int(fd), s) != nil || newState(s) != f.state || !isReadable(int(fd)) {
		unix.Close(int(fd))
		return nil, false
	}
	return &sending{file: int(fd), state: f.state}, true
}
