package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Stat describes what has a name, having followed links.
func (s *Store) Stat(name string) (fs.FileInfo, error) {
	if err := s.checkPath(name); err != nil {
		return nil, err
	}
	info, err := s.tree().root.Stat(name)
	return info, fault(err)
}

// Check reports what Create and Commit would say of a file of this name and
// length, -1 if that is not known, as far as it can be known beforehand.
func (s *Store) Check(name string, length int64, c Conditions) error {
	f, base, err := s.parent(name)
	if err != nil {
		return err
	}
	defer f.close()
	if err := s.checkNew(f.name, base); err != nil {
		return err
	}
	info, err := s.check(f, base, c)
	if err != nil {
		return err
	}
	if info != nil && !(s.options.Overwrite && isReplaceable(info)) {
		return fmt.Errorf("%w: %q", ErrExists, base)
	}
	return s.checkSize(f, length)
}

// Mkdir makes a folder. ErrNotFound means that the folder it is to be in does
// not exist.
func (s *Store) Mkdir(name string) error {
	f, base, err := s.parent(name)
	if err != nil {
		return err
	}
	defer f.close()
	return s.mkdir(f, base)
}

func (s *Store) mkdir(f *folder, base string) error {
	if err := s.checkNew(f.name, base); err != nil {
		return err
	}
	if err := f.root.Mkdir(base, 0o777); err != nil {
		return fault(err)
	}
	return f.sync()
}

// MkdirAll makes a folder with those on the way to it that do not exist.
func (s *Store) MkdirAll(name string) error {
	if err := s.checkPath(name); err != nil || name == "." {
		return err
	}
	for i := range len(name) + 1 {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if info, err := s.Stat(name[:i]); err == nil && info.IsDir() {
			continue
		}
		if err := s.mkdirOnce(name[:i]); err != nil {
			return err
		}
	}
	return nil
}

// mkdirOnce makes a folder that somebody else may make at the same time.
func (s *Store) mkdirOnce(name string) error {
	err := s.Mkdir(name)
	if !errors.Is(err, ErrExists) {
		return err
	}
	if info, statErr := s.Stat(name); statErr == nil && info.IsDir() {
		return nil
	}
	return err
}

// Remove removes a file or a link, not what the link leads to. A folder is an
// ErrExists: see RemoveAll.
func (s *Store) Remove(name string, c Conditions) error {
	f, base, err := s.parent(name)
	if err != nil {
		return err
	}
	defer f.close()
	s.commits.Lock()
	defer s.commits.Unlock()
	info, err := s.check(f, base, c)
	switch {
	case err != nil:
		return err
	case info == nil:
		return fmt.Errorf("%w: %q", ErrNotFound, base)
	case info.IsDir():
		return fmt.Errorf("%w: %q is a folder", ErrExists, base)
	}
	if err := f.root.Remove(base); err != nil {
		return fault(err)
	}
	return f.sync()
}

// RemoveAll removes a folder with all that is in it, or a file. Nothing is
// removed if something in it is refused.
func (s *Store) RemoveAll(name string) error {
	f, base, err := s.parent(name)
	if err != nil {
		return err
	}
	defer f.close()
	if _, err := f.root.Lstat(base); err != nil {
		return fault(err)
	}
	if err := s.checkAll(f, base, ""); err != nil {
		return err
	}
	if err := f.root.RemoveAll(base); err != nil {
		return fault(err)
	}
	return f.sync()
}

// Rename gives a file or folder another name. What has that name is replaced
// only if replace is set, files may be overwritten, and both are files.
func (s *Store) Rename(from, to string, replace bool) (replaced bool, err error) {
	f, base, err := s.parent(from)
	if err != nil {
		return false, err
	}
	defer f.close()
	t, newBase, err := s.parent(to)
	if err != nil {
		return false, err
	}
	defer t.close()
	if err := s.checkNew(t.name, newBase); err != nil {
		return false, err
	}
	if err := s.checkAll(f, base, join(t.name, newBase)); err != nil {
		return false, err
	}
	if replaced, err = s.rename(f, base, t, newBase, replace); err != nil {
		return false, err
	}
	return replaced, errors.Join(t.sync(), f.sync())
}

func (s *Store) rename(f *folder, base string, t *folder, newBase string, replace bool) (bool, error) {
	s.commits.Lock()
	defer s.commits.Unlock()
	info, err := f.root.Lstat(base)
	if err != nil {
		return false, fault(err)
	}
	if isWithin(join(t.name, newBase), join(f.name, base)) && info.IsDir() {
		return false, fmt.Errorf("%w: a folder cannot be moved into itself", ErrForbidden)
	}
	was, err := t.root.Lstat(newBase)
	switch {
	case err == nil && os.SameFile(was, info) && join(t.name, newBase) != join(f.name, base):
		return false, f.move(base, t, newBase) // on a file system where case does not matter
	case err == nil && replace && s.options.Overwrite && isReplaceable(was) && isReplaceable(info):
		return true, f.move(base, t, newBase)
	}
	return false, f.moveNew(base, t, newBase)
}

// isWithin reports whether a name is that of a folder or of what is in it.
func isWithin(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// checkAll fails if something in a folder is refused, which would be moved or
// removed along with it, or would be by the name that it gets below to.
func (s *Store) checkAll(f *folder, base, to string) error {
	if s.options.Refused == nil {
		return nil
	}
	waiting := []string{base}
	for len(waiting) > 0 {
		at := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if s.Refused(join(f.name, at)) || to != "" && s.Refused(to+at[len(base):]) {
			return fmt.Errorf("%w: something in it is refused", ErrForbidden)
		}
		info, err := f.root.Lstat(at)
		if err != nil {
			return fault(err)
		}
		if !info.IsDir() {
			continue
		}
		names, err := readNames(f.root, at)
		if err != nil {
			return fault(err)
		}
		for _, name := range names {
			waiting = append(waiting, join(at, name))
		}
	}
	return nil
}

func readNames(root *os.Root, dir string) ([]string, error) {
	f, err := root.Open(dir + "/.")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// FreeSpace returns how many bytes fit into a folder, or false if that is not
// known.
func (s *Store) FreeSpace(dir string) (int64, bool) {
	f, err := s.folder(dir)
	if err != nil {
		return 0, false
	}
	defer f.close()
	return freeSpace(f.self)
}

// Max returns the limit of a file's bytes, 0 for none.
func (s *Store) Max() int64 { return s.options.Max }

// Overwrites reports whether files may be replaced.
func (s *Store) Overwrites() bool { return s.options.Overwrite }
