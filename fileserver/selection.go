package fileserver

import (
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Selection is a folder that is nowhere on disk. In it are the files and folders
// that were selected, and nothing else. Make one with [Select].
//
// Each folder is confined to itself as a [Root] is: a link that leads out of it
// is refused, also if it leads to another one that was selected. Of the folder
// that a file lies in, nothing but the file can be had. The file is looked up
// there whenever it is asked for, so that one that is replaced shows; a link that
// takes its place is refused.
//
// A Selection has the methods of a Root, and is as safe for concurrent use. A
// file that is gone stays an entry, as a link to nothing.
type Selection struct {
	choices  map[string]*choice
	names    []string  // of choices, sorted
	modified time.Time // the latest of the choices when they were made
	roots    []*Root   // to be closed
}

// Close closes all folders. Files that are open stay so.
func (s *Selection) Close() error {
	for _, root := range s.roots {
		root.Close()
	}
	return nil
}

// Open opens a file or directory for reading.
func (s *Selection) Open(name string) (fs.File, error) {
	if name == "." {
		return &selectionFile{selection: s}, nil
	}
	c, below, err := s.find("open", name)
	if err != nil {
		return nil, err
	}
	return c.open(below)
}

// Stat describes a file or directory, having followed links.
func (s *Selection) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return s.info(), nil
	}
	c, below, err := s.find("stat", name)
	switch {
	case err != nil:
		return nil, err
	case c.base != "":
		return c.look()
	case below == ".":
		return c.folder()
	}
	return fs.Stat(c.fsys, below)
}

// Lstat describes a file or directory, or the link that it is.
func (s *Selection) Lstat(name string) (fs.FileInfo, error) {
	if name == "." {
		return s.info(), nil
	}
	c, below, err := s.find("lstat", name)
	switch {
	case err != nil:
		return nil, err
	case below == ".":
		return c.folder()
	}
	info, err := fs.Lstat(c.fsys, below)
	if err != nil && c.base != "" {
		return entryInfo{name: c.name, mode: fs.ModeSymlink | 0o777, modified: s.modified}, nil
	}
	return info, err
}

// ReadLink returns where a link leads.
func (s *Selection) ReadLink(name string) (string, error) {
	c, below, err := s.find("readlink", name)
	if err != nil {
		return "", err
	}
	return fs.ReadLink(c.fsys, below)
}

// ReadDir returns the entries of a directory in no particular order.
func (s *Selection) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "." {
		return s.entries(), nil
	}
	c, below, err := s.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if c.base != "" {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDirectory}
	}
	return fs.ReadDir(c.fsys, below)
}

// Sub opens the directory of this name, with the confines that it has here. The
// caller closes it.
func (s *Selection) Sub(name string) (fs.FS, error) {
	if name == "." {
		return &Selection{choices: s.choices, names: s.names, modified: s.modified}, nil
	}
	c, below, err := s.find("sub", name)
	if err != nil {
		return nil, err
	}
	if c.base != "" {
		return nil, &fs.PathError{Op: "sub", Path: name, Err: errNotDirectory}
	}
	return c.sub(below)
}

// find returns the choice that a name leads to, and what to ask it for.
func (s *Selection) find(op, name string) (c *choice, below string, err error) {
	first, rest, _ := strings.Cut(name, "/")
	c = s.choices[first]
	switch {
	case !isPath(name) || name == ".":
		err = fs.ErrInvalid
	case c == nil:
		err = fs.ErrNotExist
	case c.base != "" && rest != "":
		err = errNotDirectory
	default:
		return c, c.below(rest), nil
	}
	return nil, "", &fs.PathError{Op: op, Path: name, Err: err}
}

// hides reports whether a name is hidden. What was selected is not, whatever its
// name is.
func (s *Selection) hides(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	if s.choices[first] != nil {
		name = name[len(first):]
	}
	return isHidden(name)
}

// follow returns the name without links for name: in the innermost folder that
// was selected and holds what it leads to, or else name itself.
func (s *Selection) follow(name string) (string, error) {
	first, rest, _ := strings.Cut(name, "/")
	c := s.choices[first]
	if c == nil {
		return name, nil
	}
	real, err := filepath.EvalSymlinks(filepath.Join(c.path, rest))
	if err != nil {
		return name, err
	}
	var innermost *choice
	for _, folder := range s.choices {
		if folder.base == "" && isWithin(real, folder.real) && (innermost == nil || len(folder.real) > len(innermost.real)) {
			innermost = folder
		}
	}
	if innermost == nil {
		return name, nil
	}
	rel, err := filepath.Rel(innermost.real, real)
	return path.Join(innermost.name, filepath.ToSlash(rel)), err
}

// isWithin reports whether a path is that of a folder, or of what lies in it.
func isWithin(file, folder string) bool {
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// entries returns all that was selected, as it is now.
func (s *Selection) entries() []fs.DirEntry {
	entries := make([]fs.DirEntry, 0, len(s.names))
	for _, name := range s.names {
		if info, err := s.Lstat(name); err == nil {
			entries = append(entries, selectedEntry{info, name})
		}
	}
	return entries
}

func (s *Selection) info() fs.FileInfo {
	return entryInfo{name: ".", mode: fs.ModeDir | 0o755, modified: s.modified}
}

// selectionFile is the open directory of a selection.
type selectionFile struct {
	selection *Selection
	entries   []fs.DirEntry // that are left to be read
	begun     bool
}

func (f *selectionFile) Stat() (fs.FileInfo, error) { return f.selection.info(), nil }

func (f *selectionFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: errNotRegular}
}

func (f *selectionFile) Close() error { return nil }

func (f *selectionFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.begun {
		f.entries, f.begun = f.selection.entries(), true
	}
	if n <= 0 || n > len(f.entries) {
		if n > 0 && len(f.entries) == 0 {
			return nil, io.EOF
		}
		n = len(f.entries)
	}
	read := slices.Clip(f.entries[:n])
	f.entries = f.entries[n:]
	return read, nil
}

// selectedEntry is an entry of a selection, by the name that it has there.
type selectedEntry struct {
	fs.FileInfo
	name string
}

func (e selectedEntry) Name() string               { return e.name }
func (e selectedEntry) Type() fs.FileMode          { return e.Mode().Type() }
func (e selectedEntry) Info() (fs.FileInfo, error) { return e, nil }
func (e selectedEntry) String() string             { return fs.FormatDirEntry(e) }

// entryInfo describes what is not on disk.
type entryInfo struct {
	name     string
	mode     fs.FileMode
	modified time.Time
}

func (i entryInfo) Name() string       { return i.name }
func (i entryInfo) Size() int64        { return 0 }
func (i entryInfo) Mode() fs.FileMode  { return i.mode }
func (i entryInfo) ModTime() time.Time { return i.modified }
func (i entryInfo) IsDir() bool        { return i.mode.IsDir() }
func (i entryInfo) Sys() any           { return nil }
