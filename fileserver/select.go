package fileserver

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Causes why something cannot be selected, besides those of the system.
var (
	errKind     = errors.New("it is neither a file nor a folder")
	errNameless = errors.New("it has no name to go by beside others; serve it alone")
)

// Select returns a folder of exactly these files and folders, each by the last
// part of its name. The caller closes it. An error is an [*fs.PathError] with the
// path as it was given.
//
// Two that have the same last part cannot be together. A path that is given twice
// counts once.
//
// A path that is a link stands for what it leads to now, whatever becomes of it;
// but a link to a file that does not lead out of its own folder, such as
// latest.log, is followed at every request, in there. So whoever may write to
// that folder decides which file of it is served.
func Select(paths ...string) (*Selection, error) {
	return newSelection(paths, (*selecting).confined)
}

// SelectUnconfined is [Select] for who trusts all links: they are followed
// wherever they lead, at every request.
func SelectUnconfined(paths ...string) (*Selection, error) {
	return newSelection(paths, (*selecting).unconfined)
}

// selecting is a selection that is not complete.
type selecting struct {
	*Selection
	folders map[string]*Root // that files lie in, by path
}

// selector has a choice lead to a path.
type selector func(s *selecting, c *choice, isDir bool) error

func newSelection(paths []string, to selector) (*Selection, error) {
	s := &selecting{&Selection{choices: map[string]*choice{}}, map[string]*Root{}}
	for _, path := range paths {
		if err := s.add(path, to); err != nil {
			s.Close()
			if known, ok := errors.AsType[*fs.PathError](err); ok && known == err {
				err = known.Err
			}
			return nil, &fs.PathError{Op: "select", Path: path, Err: err}
		}
	}
	s.names = slices.Sorted(maps.Keys(s.choices))
	return s.Selection, nil
}

// add selects what a path leads to.
func (s *selecting) add(given string, to selector) error {
	info, err := os.Stat(given)
	if err != nil {
		return err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return errKind
	}
	c := &choice{given: given}
	if c.path, err = absolute(given); err != nil {
		return err
	}
	c.name = filepath.Base(c.path)
	if !isName(c.name) { // the root of the file system
		return errNameless
	}
	if other := s.choices[c.name]; other != nil {
		if other.path == c.path {
			return nil
		}
		return fmt.Errorf("%q has the same name; rename one of them, or serve a folder that both lie in", other.given)
	}
	if c.real, err = filepath.EvalSymlinks(c.path); err != nil {
		return err
	}
	if err := to(s, c, info.IsDir()); err != nil {
		return err
	}
	s.choices[c.name] = c
	if info.ModTime().After(s.modified) {
		s.modified = info.ModTime()
	}
	return c.try()
}

// confined has c lead to its path and nowhere else.
func (s *selecting) confined(c *choice, isDir bool) error {
	if isDir {
		root, err := Dir(c.real)
		if err != nil {
			return err
		}
		root.paths = append(root.paths, c.path) // which absolute links in it may begin with
		s.roots = append(s.roots, root)
		c.fsys = root
		return nil
	}
	if err := s.place(c, c.path); err != nil {
		return err
	}
	info, err := fs.Lstat(c.fsys, c.base)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return err
	}
	if _, err := fs.Stat(c.fsys, c.base); err != nil {
		return s.place(c, c.real)
	}
	c.follows = true
	return nil
}

// place has c lead to a file in its folder.
func (s *selecting) place(c *choice, file string) error {
	folder := filepath.Dir(file)
	root := s.folders[folder]
	if root == nil {
		var err error
		if root, err = Dir(folder); err != nil {
			return fmt.Errorf("the folder that it lies in cannot be opened: %w", err)
		}
		s.folders[folder] = root
		s.roots = append(s.roots, root)
	}
	c.fsys, c.base = root, filepath.Base(file)
	return nil
}

// unconfined has c lead to wherever its path does.
func (s *selecting) unconfined(c *choice, isDir bool) error {
	if isDir {
		c.fsys = Unconfined(c.path)
		return nil
	}
	c.fsys, c.base, c.follows = Unconfined(filepath.Dir(c.path)), c.name, true
	return nil
}

// try finds out whether c can be read.
func (c *choice) try() error {
	f, err := c.open(c.below(""))
	if err != nil {
		return err
	}
	return f.Close()
}

// absolute is [filepath.Abs], which takes the "link/.." in a path for nothing,
// for paths that the system finds by way of the link.
func absolute(path string) (string, error) {
	path = filepath.ToSlash(path)
	if !slices.Contains(strings.Split(path, "/"), "..") {
		return filepath.Abs(path)
	}
	dir, base := filepath.Split(strings.TrimRight(path, "/"))
	if base == ".." || base == "." {
		dir, base = path, ""
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(dir, base))
}
