package service

import (
	"errors"
	"io"
	"io/fs"
)

// reader asks a root whether it can be read. It is for one question at a time.
type reader struct {
	root   fs.FS
	linked bool // names have led to the root, as some file systems do not tell
}

var errRemoved = errors.New("it was removed")

// read looks up the root and its first entry. Nobody needs the others, of which
// there may be many.
func (r *reader) read() error {
	removed, err := r.isRemoved()
	if removed {
		fs.ReadDir(r.root, ".") // at which a fileserver.Root looks whether it was made anew
		removed, err = r.isRemoved()
	}
	switch {
	case err != nil:
		return err
	case removed:
		return errRemoved
	}
	return readFirst(r.root)
}

// isRemoved reports whether nothing leads to the root any more. One that is open
// can be looked up nevertheless.
func (r *reader) isRemoved() (bool, error) {
	info, err := fs.Stat(r.root, ".")
	if err != nil {
		return false, err
	}
	n, known := links(info)
	r.linked = r.linked || n > 0
	return known && n == 0 && r.linked, nil
}

func readFirst(root fs.FS) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	folder, ok := f.(fs.ReadDirFile)
	if !ok {
		return errors.New("it is not a folder")
	}
	if _, err = folder.ReadDir(1); err != io.EOF {
		return err
	}
	return nil
}
