package bucket

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/gserve/gserve/compress"
)

// view is a folder of a bucket. It remembers what was listed there, which one
// who lists a folder looks at one by one.
type view struct {
	b      *Bucket
	dir    string // below the root
	shared bool   // by all requests, and not made for one

	mu     sync.Mutex
	listed *window
	at     time.Time
}

// listedFor is how long a listing is gone through at most.
const listedFor = 10 * time.Minute

// split returns the folder that a name lies in, and its last part.
func (v *view) split(op, name string) (folder, base string, err error) {
	if !fs.ValidPath(name) || strings.Contains(name, "\x00") {
		return "", "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	full := path.Join(v.dir, name)
	return path.Dir(full), path.Base(full), nil
}

// fromListing returns an entry that was listed in this view, unless it is known to
// be stored encoded.
func (v *view) fromListing(folder, base string) (e entry, ok bool) {
	if folder != v.dir {
		return entry{}, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.listed == nil {
		return entry{}, false
	}
	if time.Since(v.at) > listedFor {
		v.listed = nil
		return entry{}, false
	}
	e, found, _ := v.listed.find(base)
	if !found || e.folder || !v.shared {
		return e, found
	}
	known := v.b.facts.get(versionOf(path.Join(folder, base), &e))
	return e, known == nil || !v.b.coded || known.coding == compress.Identity
}

// Stat describes a file or folder.
func (v *view) Stat(name string) (fs.FileInfo, error) {
	folder, base, err := v.split("stat", name)
	if err != nil {
		return nil, err
	}
	full := path.Join(folder, base)
	if full == v.dir {
		return info{entry{folder: true}, base}, nil
	}
	if e, ok := v.fromListing(folder, base); ok {
		return info{e, base}, nil
	}
	f, err := v.b.resolve(folder, base)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return info{f.entry, base}, nil
}

// Open opens a file or folder. A file asks for nothing before it is read.
func (v *view) Open(name string) (fs.File, error) {
	folder, base, err := v.split("open", name)
	if err != nil {
		return nil, err
	}
	full := path.Join(folder, base)
	if full == v.dir {
		return &folderFile{view: v, info: info{entry{folder: true}, base}}, nil
	}
	e, ok := v.fromListing(folder, base)
	f := found{entry: e, object: full}
	if !ok || v.shared { // which others may have listed a while ago
		if f, err = v.b.resolve(folder, base); ok && errors.Is(err, fs.ErrNotExist) && f.facts != nil {
			err = &outage{errSurprise}
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
	if f.folder {
		return &folderFile{view: v.below(full), info: info{f.entry, base}}, nil
	}
	return newFile(v.b, f, base), nil
}

// maxListed is how many names a folder has at most that is listed. They are
// brought a thousand at a time.
const (
	maxListed = 100_000
	pageSize  = 1000
)

// ReadDir returns what lies in a folder, by name.
func (v *view) ReadDir(name string) ([]fs.DirEntry, error) {
	folder, base, err := v.split("readdir", name)
	if err != nil {
		return nil, err
	}
	full := path.Join(folder, base)
	w, err := v.b.list(full)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	if full == v.dir {
		v.mu.Lock()
		v.listed, v.at = w, time.Now()
		v.mu.Unlock()
	}
	entries := make([]fs.DirEntry, len(w.entries))
	for i, e := range w.entries {
		entries[i] = info{e, e.name}
	}
	return entries, nil
}

// list brings all of a folder.
func (b *Bucket) list(folder string) (*window, error) {
	if w := b.memory.whole(folder); w != nil && (folder == "." || !w.isEmpty()) {
		return w, nil
	}
	all, next, err := b.store.look(folder, "", "", pageSize)
	for err == nil && next != "" {
		var w *window
		if w, next, err = b.store.look(folder, "", next, pageSize); err == nil {
			all.entries = append(all.entries, w.entries...)
		}
		if len(all.entries) > maxListed {
			return nil, errMany
		}
	}
	if err != nil {
		return nil, err
	}
	all.whole = true
	all.sort()
	if all.isEmpty() && folder != "." {
		return nil, fs.ErrNotExist
	}
	if len(all.entries) <= folderSize {
		b.memory.put(folder, all)
	}
	return all, nil
}

// Sub returns a folder as a file system for one request, which implements all
// that a [Bucket] does, and is to be closed.
func (v *view) Sub(name string) (fs.FS, error) {
	folder, base, err := v.split("sub", name)
	if err != nil {
		return nil, err
	}
	full := path.Join(folder, base)
	if e, ok := v.fromListing(folder, base); !ok || !e.folder {
		if err := v.b.isFolder(full); err != nil {
			return nil, &fs.PathError{Op: "sub", Path: name, Err: err}
		}
	}
	return v.below(full), nil
}

// Visit returns the folder itself as Sub does others.
func (v *view) Visit() fs.FS { return v.below(v.dir) }

func (v *view) below(full string) *view { return &view{b: v.b, dir: full} }

// Close has nothing to close: what a view remembers goes with it.
func (v *view) Close() error { return nil }
