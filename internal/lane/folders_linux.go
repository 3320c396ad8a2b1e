//go:build amd64 || arm64

package lane

import (
	"errors"
	"os"
	"path"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// maxFolders bounds the folders that are open, each of which takes a descriptor.
const maxFolders = 256

var (
	errManyFolders = errors.New("too many folders are open")
	errNotNow      = errors.New("somebody else looks at folders")
)

// folders are those that remembered answers lie in, and those on the way to them.
type folders struct {
	mu    sync.Mutex
	top   *os.File
	known map[string]*folder // by name; each holds its folder
	count atomic.Int32       // of those that are open
}

// open returns the folder of this name as it is now, which the caller releases. It
// fails with errManyFolders if there is no room for it, and does not wait for others:
// they may wait for a disk.
func (fs *folders) open(top *os.File, name string) (*folder, error) {
	if !fs.mu.TryLock() {
		return nil, errNotNow
	}
	defer fs.mu.Unlock()
	if fs.top != top {
		fs.clear()
		fs.top = top
	}
	return fs.find(path.Clean(name))
}

func (fs *folders) find(name string) (*folder, error) {
	if name == "." {
		return fs.keep(name, nil, int(fs.top.Fd()), name)
	}
	parent, err := fs.find(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer parent.release()
	return fs.keep(name, parent, parent.file, path.Base(name))
}

// keep returns the folder that is known under this name, if it is as it was, or
// else opens what has the base in its parent.
func (fs *folders) keep(name string, parent *folder, at int, base string) (*folder, error) {
	var s unix.Stat_t
	f := fs.known[name]
	if f != nil && f.parent == parent && f.isThere(true, &s) {
		f.held.Add(1)
		return f, nil
	}
	if fs.count.Load() >= maxFolders {
		return nil, errManyFolders
	}
	opened, err := openNext(parent, at, base, &fs.count)
	if err != nil {
		return nil, err
	}
	if f != nil {
		f.release()
	}
	opened.held.Add(1)
	fs.known[name] = opened
	return opened, nil
}

// forget lets go of all folders, unless somebody waits for a disk to look at one.
func (fs *folders) forget() {
	if !fs.mu.TryLock() {
		return
	}
	defer fs.mu.Unlock()
	fs.clear()
}

// unused lets go of the folders that hold nothing that is remembered, and of those on
// the way to them.
func (fs *folders) unused() {
	if !fs.mu.TryLock() {
		return
	}
	defer fs.mu.Unlock()
	for again := true; again; {
		again = false
		for name, f := range fs.known {
			if f.held.Load() == 1 {
				delete(fs.known, name)
				f.release()
				again = true
			}
		}
	}
}

func (fs *folders) clear() {
	for _, f := range fs.known {
		f.release()
	}
	fs.known = map[string]*folder{}
	fs.top = nil
}
