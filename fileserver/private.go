package fileserver

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// privateFile is a file that is never sent, by whatever link, whether it has its
// name now or had it at any time a request was looked at.
type privateFile struct {
	name string

	mu       sync.Mutex
	versions []fs.FileInfo
	held     []*os.File // of versions: the system gives the identity of a file to another one only when nobody has it open
}

// maxVersions is how many versions are held. Certificates are renewed a few
// times a year.
const maxVersions = 64

func newPrivateFile(name string) *privateFile {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	p := &privateFile{name: name}
	p.look()
	return p
}

// is reports whether info describes the file.
func (p *privateFile) is(info fs.FileInfo) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look()
	return p.knows(info)
}

// look takes note of the file that has the name now.
func (p *privateFile) look() {
	info, err := os.Stat(p.name)
	if err != nil || p.knows(info) {
		return
	}
	if len(p.versions) == maxVersions {
		p.held[0].Close()
		p.versions, p.held = p.versions[1:], p.held[1:]
	}
	var f *os.File // stays nil for a pipe, which opening would wait at
	if info.Mode().IsRegular() {
		if f, err = os.Open(p.name); err == nil {
			if opened, err := f.Stat(); err == nil {
				info = opened
			}
		}
	}
	p.versions, p.held = append(p.versions, info), append(p.held, f)
}

func (p *privateFile) knows(info fs.FileInfo) bool {
	for _, version := range p.versions {
		if os.SameFile(version, info) {
			return true
		}
	}
	return false
}
