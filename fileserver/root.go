package fileserver

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
)

// Root is a directory on disk that nothing can be reached above of: links are
// followed as long as they stay inside, also absolute ones, and a directory
// that is replaced by a link while a request runs changes nothing about that
// (see [os.Root]).
//
// It implements [fs.FS], [fs.StatFS], [fs.ReadDirFS], [fs.ReadLinkFS] and
// [fs.SubFS], but takes names whose bytes are not UTF-8, too. Files open
// without blocking, so that a FIFO cannot hang a request. A Root is safe for
// concurrent use.
//
// If the name of the directory leads to another one, as when a build removes it
// and makes it anew, or a link to the latest release is changed, the Root becomes
// that of the new one: with the next request if it is that of a [Server], and else
// as soon as something is missing in the old one.
type Root struct {
	handles atomic.Pointer[handles]
	served  atomic.Bool            // a server has it looked for with each request
	seen    atomic.Pointer[fileID] // state of the directory when it was looked for; of top only
	top     *Root                  // the directory that confines; itself unless made by Sub
	name    string                 // of this directory below top
	paths   []string               // absolute ones that lead to top, as it was given first; of top only
	linked  bool                   // the first of paths was a link when it was opened; of top only
}

// handles are the ways to one directory.
type handles struct {
	dir  *os.Root
	self *os.File    // dir once more, to be looked at; of top only
	info fs.FileInfo // of self, which tells it from others
}

// Dir opens the directory of this name. The caller closes it.
func Dir(name string) (*Root, error) {
	h, err := openHandles(name)
	if err != nil {
		return nil, err
	}
	r := &Root{name: "."}
	r.top = r
	r.handles.Store(h)
	if abs, err := absolute(name); err == nil {
		r.paths = append(r.paths, abs)
		info, err := os.Lstat(abs)
		r.linked = err == nil && info.Mode().Type() == fs.ModeSymlink
		if real, err := filepath.EvalSymlinks(abs); err == nil && real != abs {
			r.paths = append(r.paths, real)
		}
	}
	return r, nil
}

func openHandles(name string) (*handles, error) {
	dir, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	self, err := dir.Open(".")
	if err != nil {
		dir.Close()
		return nil, err
	}
	info, err := self.Stat()
	if err != nil {
		self.Close()
		dir.Close()
		return nil, err
	}
	return &handles{dir, self, info}, nil
}

// Close closes the directory. Files that are open stay so.
func (r *Root) Close() error {
	h := r.handles.Load()
	if h.self != nil {
		h.self.Close()
	}
	return h.dir.Close()
}

// renew opens the directory again if its name leads to another one now, and
// reports whether it did. A link that has taken its place since is not followed.
// The old one is closed by the garbage collector, since others may be using it.
func (r *Root) renew() bool {
	old := r.handles.Load()
	if old.self == nil || len(r.paths) == 0 {
		return false
	}
	look := os.Lstat
	if r.linked {
		look = os.Stat
	}
	now, err := look(r.paths[0])
	if err != nil || !now.IsDir() {
		return false
	}
	if id := identify(now); r.seen.Load() == nil || *r.seen.Load() != id {
		r.seen.Store(&id)
	}
	if os.SameFile(old.info, now) {
		return false
	}
	h, err := openHandles(r.paths[0])
	if err != nil {
		return false
	}
	isNamed := os.SameFile(h.info, now)
	if !isNamed || !r.handles.CompareAndSwap(old, h) { // or another request was quicker
		h.self.Close()
		h.dir.Close()
	}
	return isNamed
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
	if self := r.handles.Load().self; self != nil && name == "." {
		return self.Stat()
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
	if name == "." && !r.served.Load() {
		r.renew() // one that was removed has no entries, which is no error
	}
	f, err := inside(r, name, openFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readDir(f)
}

// Sub opens the directory of this name, which is a *Root of the same confines.
// The caller closes it.
func (r *Root) Sub(name string) (fs.FS, error) {
	dir, err := inside(r, name, openDir)
	if err != nil {
		return nil, err
	}
	sub := &Root{top: r.top, name: path.Join(r.name, name)}
	sub.handles.Store(&handles{dir: dir})
	return sub, nil
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
	result, err := op(r.handles.Load().dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !r.served.Load() && r.renew():
		return inside(r, name, op)
	case !isEscape(err):
		return result, err
	case r != r.top:
		return inside(r.top, path.Join(r.name, name), op)
	}
	if name, err = r.follow(name); err != nil {
		return result, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return op(r.handles.Load().dir, name)
}

// maxLinks is how many links one name may lead through, as in Linux.
const maxLinks = 40

// follow returns the name without links for name, in which absolute links that
// lead below the root count as leading there. It only names: whatever opens
// the result is confined.
func (r *Root) follow(name string) (string, error) {
	dir := r.handles.Load().dir
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
				return name, ErrOutside
			}
			done = done[:len(done)-1]
			continue
		}
		done = append(done, segment)
		at := strings.Join(done, "/")
		info, err := dir.Lstat(at)
		if err != nil {
			return name, err // also so that a long name costs no more than its first missing part
		}
		if info.Mode().Type() != fs.ModeSymlink {
			continue
		}
		link, err := dir.Readlink(at)
		if err != nil {
			return name, err
		}
		if links++; links > maxLinks {
			return name, syscall.ELOOP
		}
		done = done[:len(done)-1]
		if filepath.IsAbs(link) {
			if link, err = r.relative(link); err != nil {
				return name, err
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
