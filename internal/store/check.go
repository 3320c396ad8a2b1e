package store

import (
	"fmt"
	"runtime"
	"strings"
)

// CleanName is the function of this name, with the Hidden of the Store.
func (s *Store) CleanName(name string) string { return CleanName(name, s.options.Hidden) }

// CleanPath is the function of this name, with the Hidden of the Store.
func (s *Store) CleanPath(name string) (string, error) { return CleanPath(name, s.options.Hidden) }

// Refused reports whether nothing may be written by this name, so that another
// one is to be chosen.
func (s *Store) Refused(name string) bool {
	return s.options.Refused != nil && s.options.Refused(name)
}

// checkPath checks a name by which something is written, moved or removed that
// may have got that name elsewhere.
func (s *Store) checkPath(name string) error {
	if name == "." {
		return nil
	}
	if len(name) > maxPath || strings.Count(name, "/") > maxDepth {
		return fmt.Errorf("%w: the path is too long", ErrName)
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch {
		case segment == "" || segment == "." || segment == ".." || len(segment) > maxName || strings.IndexByte(segment, 0) >= 0:
			return fmt.Errorf("%w: %q", ErrName, segment)
		case runtime.GOOS == "windows" && CleanName(segment, true) != segment:
			return fmt.Errorf("%w: %q", ErrName, segment)
		case isReserved(segment), segment[0] == '.' && !s.options.Hidden:
			return fmt.Errorf("%w: the name is hidden", ErrForbidden)
		}
	}
	for i := range len(name) + 1 {
		if (i == len(name) || name[i] == '/') && s.Refused(name[:i]) {
			return fmt.Errorf("%w: the name is refused", ErrForbidden)
		}
	}
	return nil
}

// checkNew checks the name of what is to be made in a folder.
func (s *Store) checkNew(dir, name string) error {
	if clean := s.CleanName(name); clean != name {
		if name != "" && name[0] == '.' && (isReserved(name) || CleanName(name, true) == name) {
			return fmt.Errorf("%w: the name is hidden", ErrForbidden)
		}
		return fmt.Errorf("%w: %q would do", ErrName, clean)
	}
	return s.checkPath(join(dir, name))
}
