//go:build amd64 || arm64

package lane

import (
	"errors"
	"os"
	"path"
	"sync"

	"golang.org/x/sys/unix"
)

// maxFolders bounds the folders that are open, each of which takes a descriptor.
const maxFolders = 128

var (
	errManyFolders = errors.New("too many folders are open")
	errNotNow      = errors.New("somebody else looks at folders")
)

// folders are those that remembered answers lie in, and those on the way to them.
type folders struct {
	mu    sync.Mutex
	top   *os.File
	known map[string]*folder // by name; each holds its folder
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
	if f == nil && len(fs.known) >= maxFolders {
		return nil, errManyFolders
	}
	opened, err := openNext(parent, at, base)
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

// forget lets go of all folders.
func (fs *folders) forget() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.clear()
}

// unused lets go of the folders that nobody has used since it was called last, and
// returns them. A disk below the one that is served could not be unmounted while
// they are open.
func (fs *folders) unused() map[*folder]bool {
	if !fs.mu.TryLock() {
		return nil
	}
	defer fs.mu.Unlock()
	used := map[*folder]bool{}
	for _, f := range fs.known {
		if f.used.Swap(false) {
			for ; f != nil; f = f.parent {
				used[f] = true
			}
		}
	}
	unused := map[*folder]bool{}
	for name, f := range fs.known {
		if !used[f] {
			unused[f] = true
			delete(fs.known, name)
			f.release()
		}
	}
	return unused
}

func (fs *folders) clear() {
	for _, f := range fs.known {
		f.release()
	}
	fs.known = map[string]*folder{}
	fs.top = nil
}
