package fileserver

import (
	"io/fs"
	"os"
	"strings"
)

// inPrivateFolder reports whether a name leads into a private folder: by how it
// is spelled, or by the links on its way.
func (s *Server) inPrivateFolder(name string) bool {
	if len(s.privateFolders) == 0 {
		return false
	}
	if s.isPrivateName(name) {
		return true
	}
	if links, ok := s.root.(interface{ follow(string) (string, error) }); ok {
		followed, err := links.follow(name)
		if err == nil && s.isPrivateName(followed) {
			return true
		}
	}
	return s.hasPrivateFolder(name)
}

// isPrivateName reports whether a name without links is that of a private
// folder, or of what lies in one. File systems differ in whether case matters:
// here it never does.
func (s *Server) isPrivateName(name string) bool {
	for _, folder := range s.privateFolders {
		if len(name) >= len(folder) && strings.EqualFold(name[:len(folder)], folder) &&
			(len(name) == len(folder) || name[len(folder)] == '/') {
			return true
		}
	}
	return false
}

// hasPrivateFolder reports whether a directory on the way of a name is a
// private one, which a file system may know by further names.
func (s *Server) hasPrivateFolder(name string) bool {
	for _, folder := range s.privateFolders {
		private, err := fs.Stat(s.root, folder)
		if err != nil {
			continue
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
