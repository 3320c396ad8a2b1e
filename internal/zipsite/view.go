package zipsite

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"syscall"
)

var errFolder = errors.New("is a folder")

// view is a folder of an archive, as a file system. It is of use as long as
// somebody holds the archive.
type view struct {
	*archive
	dir string // of the archive, "." for all of it
}

// look finds what name leads to. Links on the way are followed, and so is the
// last one if follow is set.
func (v view) look(name string, follow bool) (*entry, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	var e *entry
	switch {
	case v.dir == ".":
		e = v.findName(name)
	case !strings.Contains(name, "/") && name != ".":
		e = v.find(v.dir, name)
	default:
		e = v.findName(path.Join(v.dir, name))
	}
	if e != nil && !(follow && e.isLink()) {
		return e, nil
	}
	if !v.links {
		return nil, fs.ErrNotExist
	}
	return v.follow(path.Join(v.dir, name), follow)
}

// lookCoded finds the file that name is the coded form of. It is asked when
// there is no such entry.
func (v view) lookCoded(name string) (coded, bool) {
	of, as := original(name)
	if of == "" {
		return coded{}, false
	}
	e, err := v.look(of, true)
	if err != nil || !e.isCoded(as) {
		return coded{}, false
	}
	if as == zstandard { // not everybody could decode all that can lie there
		if data, err := v.data(e); err != nil || checkWindow(data) != nil {
			return coded{}, false
		}
	}
	return coded{e, path.Base(name)}, true
}

// Open opens a file or folder for reading, which holds the archive until it is
// closed.
func (v view) Open(name string) (fs.File, error) {
	if !v.acquire() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrClosed}
	}
	f, err := v.open(name)
	if err != nil {
		v.release()
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

func (v view) open(name string) (fs.File, error) {
	e, err := v.look(name, true)
	if err == nil {
		return v.openEntry(e, path.Base(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		if c, ok := v.lookCoded(name); ok {
			return v.openCoded(c)
		}
	}
	return nil, err
}

// Stat describes a file or folder, having followed links.
func (v view) Stat(name string) (fs.FileInfo, error) { return v.describe("stat", name, true) }

// Lstat describes a file or folder, or the link that it is.
func (v view) Lstat(name string) (fs.FileInfo, error) { return v.describe("lstat", name, false) }

func (v view) describe(op, name string, follow bool) (fs.FileInfo, error) {
	e, err := v.look(name, follow)
	if err == nil {
		return e.as(path.Base(name)), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if c, ok := v.lookCoded(name); ok {
			return c, nil
		}
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: err}
}

// ReadLink returns where a link leads.
func (v view) ReadLink(name string) (string, error) {
	e, err := v.look(name, false)
	var to string
	if err == nil {
		to, err = v.readLink(e)
	}
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return to, nil
}

// ReadDir returns what is in a folder, by name.
func (v view) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := v.lookFolder(name)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return dirEntries(v.in(e.name)), nil
}

// Sub returns a folder of the archive in its present state, which it holds until
// it is closed. It implements [fs.SubFS] and [io.Closer], too.
func (v view) Sub(name string) (fs.FS, error) {
	e, err := v.lookFolder(name)
	if err == nil && !v.acquire() {
		err = fs.ErrClosed
	}
	if err != nil {
		return nil, &fs.PathError{Op: "sub", Path: name, Err: err}
	}
	return &heldView{view: view{v.archive, e.name}}, nil
}

func (v view) lookFolder(name string) (*entry, error) {
	e, err := v.look(name, true)
	if err == nil && !e.IsDir() {
		return nil, syscall.ENOTDIR
	}
	return e, err
}

// heldView is a view that holds its archive.
type heldView struct {
	view
	closed atomic.Bool
}

func (h *heldView) Close() error {
	if h.closed.Swap(true) {
		return fs.ErrClosed
	}
	return h.release()
}
