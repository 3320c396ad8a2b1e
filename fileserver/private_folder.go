package fileserver

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gserve/gserve/listing"
)

// Reserved begins the names of files that are not finished yet, and of what is
// known about them. Such a name is never sent nor listed.
const Reserved = ".gserve-"

// Bars reports whether clients cannot have what is called name below the root,
// although something may lie there: it is hidden, or private.
func (s *Server) Bars(name string) bool {
	if s.barred(name) != nil || s.inPrivateFolder(name) {
		return true
	}
	info, err := s.rootDirectory().stat(name)
	return err == nil && s.isPrivate(info)
}

// Shows reports whether clients can have what was found by a name below the
// root: neither hidden nor private, and a directory or a file that can be sent.
func (s *Server) Shows(name string, info fs.FileInfo) bool {
	return s.barred(name) == nil && !s.inPrivateFolder(name) && (info.IsDir() || s.servable(info) == nil)
}

// barred returns why a name cannot be had, as far as its spelling tells; nil if
// it can.
func (s *Server) barred(name string) error {
	switch {
	case isReserved(name), s.isPrivateName(name):
		return errPrivate
	case !s.showHidden && s.hides(name):
		return ErrHidden
	}
	return nil
}

// hides reports whether a name is hidden. What somebody selected is not,
// whatever its name is.
func (s *Server) hides(name string) bool {
	if selection, ok := s.root.(*Selection); ok {
		return selection.hides(name)
	}
	return isHidden(name)
}

// isReserved reports whether a part of a name begins with [Reserved]. File
// systems differ in whether case matters: here it never does.
func isReserved(name string) bool {
	for i := 0; i+len(Reserved) <= len(name); i++ {
		if name[i] == '.' && (i == 0 || name[i-1] == '/') && strings.EqualFold(name[i:i+len(Reserved)], Reserved) {
			return true
		}
	}
	return false
}

// isDropBox reports whether a name is that of the folder for writing only.
func (s *Server) isDropBox(name string) bool { return s.dropBox != nil && *s.dropBox == name }

// mayChange reports whether the directory of this name is one to be changed.
func (s *Server) mayChange(name string) bool {
	return s.changes != (listing.Changes{}) && isBelow(name, s.changesBelow)
}

// isBelow reports whether a name is that of a folder, or of what lies in it.
// File systems differ in whether case matters: here it never does.
func isBelow(name, folder string) bool {
	return folder == "." || len(name) >= len(folder) && strings.EqualFold(name[:len(folder)], folder) &&
		(len(name) == len(folder) || name[len(folder)] == '/')
}

// LeadsInto reports whether a name is that of a folder, or of what lies in it:
// by how it is spelled, or by the links on its way. What cannot be looked at
// counts as being there.
func (s *Server) LeadsInto(name, folder string) bool {
	links, ok := s.root.(interface{ follow(string) (string, error) })
	if isBelow(name, folder) || !ok {
		return isBelow(name, folder)
	}
	real, err := links.follow(name)
	if err != nil {
		return true
	}
	if folder, err = links.follow(folder); err != nil {
		return true
	}
	return isBelow(real, folder)
}

// leadsAside reports whether an entry of the directory is a link into a private
// folder.
func (s *Server) leadsAside(res *resource, base string) bool {
	if len(s.privateFolders) == 0 && s.dropBox == nil {
		return false
	}
	info, err := fs.Lstat(res.dir.fsys, res.dir.join(base))
	return err == nil && info.Mode().Type() == fs.ModeSymlink && s.inPrivateFolder(path.Join(res.folder, base))
}

// hiddenFolders yields the folders in which nothing can be had.
func (s *Server) hiddenFolders(yield func(string) bool) {
	for _, folder := range s.privateFolders {
		if !yield(folder) {
			return
		}
	}
	if s.dropBox != nil {
		yield(*s.dropBox)
	}
}

// inPrivateFolder reports whether a name leads into a private folder: by how it
// is spelled, or by the links on its way.
func (s *Server) inPrivateFolder(name string) bool {
	if len(s.privateFolders) == 0 && s.dropBox == nil {
		return false
	}
	if s.isPrivateName(name) {
		return true
	}
	if !s.hasHiddenFolders() {
		return false
	}
	if links, ok := s.root.(interface{ follow(string) (string, error) }); ok {
		followed, err := links.follow(name)
		if err == nil && s.isPrivateName(followed) {
			return true
		}
	}
	return s.hasPrivateFolder(name)
}

// hasHiddenFolders reports whether any of the hidden folders is there. As long as
// the directory of a [Root] stays as it was when none was, none is.
func (s *Server) hasHiddenFolders() bool {
	var seen *fileID
	if root, ok := s.root.(*Root); ok {
		if seen = root.seen.Load(); seen != nil && s.unhidden.Load() == seen {
			return false
		}
	}
	for folder := range s.hiddenFolders {
		if strings.Contains(folder, "/") {
			seen = nil // of which the directory tells nothing
		}
		if _, err := fs.Lstat(s.root, folder); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	if seen != nil && *seen != (fileID{}) && s.now().Sub(seen.changedAt()) > settled {
		s.unhidden.Store(seen)
	}
	return false
}

// isPrivateName reports whether a name without links is that of a private
// folder, or of what lies in one.
func (s *Server) isPrivateName(name string) bool {
	for folder := range s.hiddenFolders {
		if isBelow(name, folder) {
			return true
		}
	}
	return false
}

// hasPrivateFolder reports whether a directory on the way of a name is a
// private one, which a file system may know by further names.
func (s *Server) hasPrivateFolder(name string) bool {
	for folder := range s.hiddenFolders {
		private, err := fs.Stat(s.root, folder)
		if err != nil || !os.SameFile(private, private) {
			continue // it has no other names, or nothing that would tell
		}
		for i := range len(name) + 1 {
			if i < len(name) && name[i] != '/' {
				continue
			}
			if info, err := fs.Stat(s.root, name[:i]); err == nil && os.SameFile(info, private) {
				return true
			}
		}
	}
	return false
}
