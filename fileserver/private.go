package fileserver

import (
	"io/fs"
	"os"
	"path/filepath"
)

// privateFile is a file that is never sent.
type privateFile struct {
	name  string
	first fs.FileInfo // as it was at the start; nil if it was not there
}

func newPrivateFile(name string) privateFile {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	info, err := os.Stat(name)
	if err != nil {
		info = nil
	}
	return privateFile{name, info}
}

// is reports whether info describes the file: the one that has the name now, or
// the one that had it at the start, which a link may still lead to. The system
// gives the identity of a file that is gone to another one, hence the time.
func (p privateFile) is(info fs.FileInfo) bool {
	if p.first != nil && os.SameFile(info, p.first) && info.ModTime().Equal(p.first.ModTime()) {
		return true
	}
	now, err := os.Stat(p.name)
	return err == nil && os.SameFile(info, now)
}
