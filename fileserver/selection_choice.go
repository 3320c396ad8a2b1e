package fileserver

import (
	"io/fs"
	"os"
	"sync/atomic"
)

// choice is a file or folder that was selected.
type choice struct {
	given string // path as it was given
	path  string // absolute
	real  string // path without links, when it was selected
	name  string

	fsys    fs.FS  // the folder, or the one that the file lies in
	base    string // of the file in fsys; "" if it is a folder
	follows bool   // what is there may be a link

	seen atomic.Pointer[fileID] // the file that had the name, when that was looked at
}

// below returns what to ask fsys for, given what follows the name of c.
func (c *choice) below(rest string) string {
	switch {
	case c.base != "":
		return c.base
	case rest == "":
		return "."
	}
	return rest
}

// maxLooks is how often a file that is replaced just then is opened again.
const maxLooks = 8

// open opens the file, or what lies in the folder. The file is the very one that
// has the name, and not one that a link leads to.
func (c *choice) open(below string) (fs.File, error) {
	if c.base == "" {
		return c.fsys.Open(below)
	}
	for range maxLooks {
		f, err := c.fsys.Open(c.base)
		if err != nil || c.follows {
			return f, err
		}
		opened, err := f.Stat()
		if err == nil && c.isSeen(opened) {
			return f, nil
		}
		if info, err := c.look(); err != nil {
			f.Close()
			return nil, err
		} else if os.SameFile(info, opened) {
			return f, nil
		}
		f.Close()
	}
	return nil, &fs.PathError{Op: "open", Path: c.name, Err: errChanged}
}

// look describes the file. It fails if there is anything else now.
func (c *choice) look() (info fs.FileInfo, err error) {
	if c.follows {
		info, err = fs.Stat(c.fsys, c.base)
	} else {
		info, err = fs.Lstat(c.fsys, c.base)
	}
	switch {
	case err != nil:
		return nil, err
	case info.Mode().Type() == fs.ModeSymlink:
		err = ErrOutside
	case !info.Mode().IsRegular():
		err = errNotRegular
	default:
		if !c.isSeen(info) {
			id := identify(info)
			c.seen.Store(&id)
		}
		return info, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: c.name, Err: err}
}

// isSeen reports whether info describes the file in the state in which it was
// last looked at. It saves one look for each answer.
func (c *choice) isSeen(info fs.FileInfo) bool {
	seen, id := c.seen.Load(), identify(info)
	return seen != nil && *seen == id && id != (fileID{})
}

// folder describes the folder, by its own name if it still has that.
func (c *choice) folder() (fs.FileInfo, error) {
	info, err := fs.Stat(c.fsys, ".")
	if err != nil {
		return nil, err
	}
	if named, err := os.Stat(c.path); err == nil && os.SameFile(named, info) {
		return named, nil
	}
	return info, nil
}

// sub opens a directory in the folder.
func (c *choice) sub(below string) (fs.FS, error) {
	switch fsys := c.fsys.(type) {
	case *Root:
		if below == "." {
			return lentRoot{fsys}, nil
		}
		return fsys.Sub(below)
	case Unconfined:
		info, err := fsys.Stat(below)
		if err == nil && !info.IsDir() {
			err = &fs.PathError{Op: "sub", Path: below, Err: errNotDirectory}
		}
		return lentUnconfined{fsys + "/" + Unconfined(below)}, err
	}
	return fs.Sub(c.fsys, below)
}

// lentRoot is a Root that stays open when it is closed.
type lentRoot struct{ *Root }

func (lentRoot) Close() error { return nil }

// lentUnconfined has nothing to close.
type lentUnconfined struct{ Unconfined }

func (lentUnconfined) Close() error { return nil }
