package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folder is one that is written into. All that happens in it is by base names
// below its handle, so that it stays the same one whatever becomes of its name.
type folder struct {
	name string // without links
	root *os.Root
	self *os.File // the same, for what os.Root cannot do
	top  *os.Root // the folder that is served
}

func (f *folder) close() {
	f.self.Close()
	f.root.Close()
}

// sync makes the names in the folder last, where folders can be synchronised.
func (f *folder) sync() error {
	err := f.self.Sync()
	if err == nil || cannotSync(err) {
		return nil
	}
	return fault(err)
}

// folder opens the folder of this name, into which the caller may write. The
// caller closes it.
func (s *Store) folder(name string) (*folder, error) {
	h := s.tree()
	if err := s.checkPath(name); err != nil {
		return nil, err
	}
	real, err := follow(h.root, name)
	if err != nil {
		return nil, err
	}
	if real != name {
		if err := s.checkPath(real); err != nil {
			return nil, err
		}
	}
	return s.openFolder(h, real)
}

// openFolder opens a folder by its name without links, if it is below the one
// that may be written into.
func (s *Store) openFolder(h *handles, real string) (*folder, error) {
	if s.options.Below == "." {
		return openFolder(h.root, h.root, real, real)
	}
	below, err := openBelow(h, s.options.Below)
	if err != nil {
		return nil, err
	}
	rest, ok := cutFolder(real, below.name)
	if !ok {
		below.close()
		return nil, fmt.Errorf("%w: it is not below %q", ErrForbidden, s.options.Below)
	}
	if rest == "." {
		return below, nil
	}
	defer below.close()
	return openFolder(h.root, below.root, rest, real)
}

// openBelow opens the folder below which may be written, as links lead now.
func openBelow(h *handles, name string) (*folder, error) {
	real, err := follow(h.root, name)
	if err != nil {
		return nil, err
	}
	return openFolder(h.root, h.root, real, real)
}

// openFolder opens a folder by its name in another one, and calls it real.
func openFolder(top, in *os.Root, name, real string) (*folder, error) {
	dir, err := openDir(in, name)
	if err != nil {
		return nil, err
	}
	self, err := dir.Open(".")
	if err != nil {
		dir.Close()
		return nil, fault(err)
	}
	return &folder{name: real, root: dir, self: self, top: top}, nil
}

// parent opens the folder that a name is in, and returns the last segment of
// the name. The caller closes the folder.
func (s *Store) parent(name string) (*folder, string, error) {
	if name == "." {
		return nil, "", fmt.Errorf("%w: it is the folder itself", ErrForbidden)
	}
	dir, base := split(name)
	if err := s.checkPath(name); err != nil {
		return nil, "", err
	}
	f, err := s.folder(dir)
	if err != nil {
		return nil, "", err
	}
	if at := join(f.name, base); at != name {
		if err := s.checkPath(at); err != nil {
			f.close()
			return nil, "", err
		}
	}
	return f, base, nil
}

// openDir asks for the "." of the folder: os.Root opens all but the last
// component as folders only, and would block on a FIFO there.
func openDir(root *os.Root, name string) (*os.Root, error) {
	dir, err := root.OpenRoot(name + "/.")
	return dir, fault(err)
}

// maxLinks is how many links one name may lead through, as in Linux.
const maxLinks = 40

// follow returns the name without links for that of a folder. It only names:
// whatever opens the result is confined.
func follow(root *os.Root, name string) (string, error) {
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
				return "", fmt.Errorf("%w: a link leads outside", ErrForbidden)
			}
			done = done[:len(done)-1]
			continue
		}
		done = append(done, segment)
		at := strings.Join(done, "/")
		info, err := root.Lstat(at)
		if err != nil {
			return "", fault(err)
		}
		if info.Mode().Type() != fs.ModeSymlink {
			continue
		}
		link, err := root.Readlink(at)
		if err != nil {
			return "", fault(err)
		}
		if links++; links > maxLinks {
			return "", fault(syscall.ELOOP)
		}
		if filepath.IsAbs(link) {
			return "", fmt.Errorf("%w: a link leads to an absolute path", ErrForbidden)
		}
		done = done[:len(done)-1]
		rest = append(strings.Split(filepath.ToSlash(link), "/"), rest...)
	}
	return join(done...), nil
}

// join is [path.Join] for names that are clean already: it keeps their bytes.
func join(segments ...string) string {
	name := strings.TrimPrefix(strings.Join(segments, "/"), "./")
	if name == "" {
		return "."
	}
	return name
}

// split cuts a name into that of its folder and its last segment.
func split(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ".", name
	}
	return name[:i], name[i+1:]
}

// cutFolder returns a name as seen from a folder that it is in, or is.
func cutFolder(name, folder string) (string, bool) {
	switch {
	case folder == ".":
		return name, true
	case name == folder:
		return ".", true
	}
	return strings.CutPrefix(name, folder+"/")
}
