package fileserver

import (
	"errors"
	"io/fs"
	"sync"
	"time"
)

// bareNames remembers which names have no sidecars, by the state of their
// directory: an entry that comes or goes changes its time. Without it, every
// answer would take three more looks at the disk.
type bareNames struct {
	mu    sync.RWMutex
	known map[bareName]struct{}
}

// bareName is a name in one state of a directory.
type bareName struct {
	id        fileID
	directory string
	modified  int64 // nanoseconds
	base      string
}

// maxBareNames bounds the memory to some megabytes, also for names that are
// made up.
const maxBareNames = 8 << 10

// key returns the key of base in a directory, and whether that can tell of
// changes: one that has just changed may change again without a trace.
func (b *bareNames) key(d directory, base string, now time.Time) (bareName, bool) {
	info, err := d.stat(".")
	if err != nil || info.ModTime().IsZero() || now.Sub(info.ModTime()) < settled {
		return bareName{}, false
	}
	id := identify(info)
	if d.closer != nil && id == (fileID{}) {
		return bareName{}, false // a handle of which nothing tells where it is
	}
	return bareName{id, d.prefix, info.ModTime().UnixNano(), base}, true
}

func (b *bareNames) has(key bareName) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.known[key]
	return ok
}

func (b *bareNames) add(key bareName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil || len(b.known) >= maxBareNames {
		b.known = make(map[bareName]struct{})
	}
	b.known[key] = struct{}{}
}

// isBare reports whether there is no entry of this name, not even a link to
// nothing: what that leads to may come without a change of the directory.
func (d directory) isBare(base string) bool {
	_, err := fs.Lstat(d.fsys, d.join(base))
	return errors.Is(err, fs.ErrNotExist)
}
