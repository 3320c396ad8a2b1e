package fileserver

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Unconfined is a directory on disk as [os.DirFS] gives it: links are followed
// wherever they lead. Like a [Root], it opens files without blocking, and takes
// names that are not UTF-8.
type Unconfined string

// Open opens a file or directory for reading.
func (dir Unconfined) Open(name string) (fs.File, error) {
	if !isPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := os.OpenFile(filepath.Join(string(dir), name), openFlags, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Lstat describes a file or directory, or the link that it is.
func (dir Unconfined) Lstat(name string) (fs.FileInfo, error) {
	if !isPath(name) {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrInvalid}
	}
	return os.Lstat(filepath.Join(string(dir), name))
}

// ReadLink returns where a link leads.
func (dir Unconfined) ReadLink(name string) (string, error) {
	if !isPath(name) {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return os.Readlink(filepath.Join(string(dir), name))
}

// Stat describes a file or directory, having followed links.
func (dir Unconfined) Stat(name string) (fs.FileInfo, error) {
	if !isPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return os.Stat(filepath.Join(string(dir), name))
}

// follow returns the name without links for name, or one that begins with ".."
// if it leads out of the directory.
func (dir Unconfined) follow(name string) (string, error) {
	real, err := filepath.EvalSymlinks(filepath.Join(string(dir), name))
	if err != nil {
		return name, err
	}
	top, err := filepath.EvalSymlinks(string(dir))
	if err != nil {
		return name, err
	}
	rel, err := filepath.Rel(top, real)
	return filepath.ToSlash(rel), err
}
