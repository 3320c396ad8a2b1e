package fileserver

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// Root is a directory on disk that nothing can be reached above of: links are
// followed as long as they stay inside, also absolute ones, and a directory
// that is replaced by a link while a request runs changes nothing about that
// (see [os.Root]).
//
// It implements [fs.FS], [fs.StatFS], [fs.ReadDirFS], [fs.ReadLinkFS] and
// [fs.SubFS], but takes names whose bytes are not UTF-8, too. Files open without blocking, so that a
// FIFO cannot hang a request. A Root is safe for concurrent use.
type Root struct {
	dir   *os.Root
	self  *os.File // dir once more, to be looked at; of top only
	top   *Root    // the directory that confines; itself unless made by Sub
	name  string   // of this directory below top
	paths []string // absolute ones that lead to top; of top only
}

// Dir opens the directory of this name. The caller closes it.
func Dir(name string) (*Root, error) {
	dir, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	self, err := dir.Open(".")
	if err != nil {
		dir.Close()
		return nil, err
	}
	r := &Root{dir: dir, self: self, name: "."}
	r.top = r
	if abs, err := filepath.Abs(name); err == nil {
		r.paths = append(r.paths, abs)
		if real, err := filepath.EvalSymlinks(abs); err == nil && real != abs {
			r.paths = append(r.paths, real)
		}
	}
	return r, nil
}

// Close closes the directory. Files that are open stay so.
func (r *Root) Close() error {
	if r.self != nil {
		r.self.Close()
	}
	return r.dir.Close()
}

// Open opens a file or directory for reading.
func (r *Root) Open(name string) (fs.File, error) {
	f, err := inside(r, name, openFile)
	if err != nil {
		return nil, err // not a nil *os.File in an fs.File
	}
	return f, nil
}

// Stat describes a file or directory, having followed links.
func (r *Root) Stat(name string) (fs.FileInfo, error) {
	if name == "." && r.self != nil {
		return r.self.Stat()
	}
	return inside(r, name, (*os.Root).Stat)
}

// Lstat describes a file or directory, or the link that it is.
func (r *Root) Lstat(name string) (fs.FileInfo, error) {
	return inside(r, name, (*os.Root).Lstat)
}

// ReadLink returns where a link leads.
func (r *Root) ReadLink(name string) (string, error) {
	return inside(r, name, (*os.Root).Readlink)
}

// ReadDir returns the entries of a directory in no particular order.
func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := inside(r, name, openFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// Sub opens the directory of this name, which is a *Root of the same confines.
// The caller closes it.
func (r *Root) Sub(name string) (fs.FS, error) {
	dir, err := inside(r, name, openDir)
	if err != nil {
		return nil, err
	}
	return &Root{dir: dir, top: r.top, name: path.Join(r.name, name)}, nil
}

func openFile(dir *os.Root, name string) (*os.File, error) {
	return dir.OpenFile(name, openFlags, 0)
}

// openDir asks for the "." of the directory: os.Root opens all but the last
// component as directories only, and would block on a FIFO there.
func openDir(dir *os.Root, name string) (*os.Root, error) {
	return dir.OpenRoot(name + "/.")
}

// inside performs op on a name below r.
//
// [os.Root] refuses two kinds of links that lead out of where they are looked
// up and yet stay inside: those that leave a directory made by Sub, and
// absolute ones. The first are found from the top, the second by name.
func inside[T any](r *Root, name string, op func(*os.Root, string) (T, error)) (T, error) {
	if !isPath(name) {
		var none T
		return none, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	result, err := op(r.dir, name)
	if !isEscape(err) {
		return result, err
	}
	if r != r.top {
		return inside(r.top, path.Join(r.name, name), op)
	}
	if name, err := r.follow(name); err == nil {
		return op(r.dir, name)
	}
	return result, &fs.PathError{Op: "open", Path: name, Err: ErrOutside}
}

// maxLinks is how many links one name may lead through, as in Linux.
const maxLinks = 40

// follow returns the name without links for name, in which absolute links that
// lead below the root count as leading there. It only names: whatever opens
// the result is confined.
func (r *Root) follow(name string) (string, error) {
	var done []string
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		segment := rest[0]
		rest = rest[1:]
		switch segment {
		case "", ".":
			continue
		case "..":
			if len(done) == 0 {
				return "", ErrOutside
			}
			done = done[:len(done)-1]
			continue
		}
		done = append(done, segment)
		link, err := r.dir.Readlink(strings.Join(done, "/"))
		if err != nil {
			continue // not a link, or missing, which op finds out
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		done = done[:len(done)-1]
		if filepath.IsAbs(link) {
			if link, err = r.relative(link); err != nil {
				return "", err
			}
			done = nil
		}
		rest = append(strings.Split(filepath.ToSlash(link), "/"), rest...)
	}
	if len(done) == 0 {
		return ".", nil
	}
	return strings.Join(done, "/"), nil
}

// relative returns an absolute path as seen from the root.
func (r *Root) relative(link string) (string, error) {
	for _, p := range r.paths {
		if rel, err := filepath.Rel(p, link); err == nil && filepath.IsLocal(rel) {
			return rel, nil
		}
	}
	return "", ErrOutside
}

// isEscape reports whether err is os.Root's refusal of a path that leads out
// of it, which has no name: the one error that neither the system nor package
// fs knows.
func isEscape(err error) bool {
	pathErr, ok := err.(*fs.PathError)
	if !ok {
		return false
	}
	_, known := pathErr.Err.(syscall.Errno)
	return !known && !errors.Is(err, fs.ErrClosed) && !errors.Is(err, fs.ErrInvalid)
}

// isPath is [fs.ValidPath] without the condition that names are UTF-8.
func isPath(name string) bool {
	if name == "." {
		return true
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." || !isName(segment) {
			return false
		}
	}
	return true
}

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
