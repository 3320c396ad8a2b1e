package zipsite

import (
	"io/fs"
	"time"
)

// kind is how the content of an entry lies in the archive, or why it cannot be
// had.
type kind uint8

const (
	stored kind = iota
	deflated
	zstandard
	encrypted
	foreign // compressed by a method that is not known here
	damaged // lies outside of the archive, or says so
)

// entry is a file, folder or link in an archive. It is both its [fs.FileInfo]
// and its [fs.DirEntry], so that a large folder is read without a copy.
type entry struct {
	name     string // as fs.FS spells it, from the root of the archive
	offset   int64  // of the local header, in the file that is the archive
	packed   int64  // bytes in the archive
	size     int64  // bytes of content
	modified int64  // Unix time in nanoseconds
	crc      uint32 // of content
	mode     fs.FileMode
	order    uint32 // in the directory of the archive, from 1; 0 for a folder that is not there
	base     uint16 // where the last segment of name begins
	kind     kind
}

// maxName is how long a name may be, as in Linux. It fits in entry.base.
const maxName = 4096

func (e *entry) Name() string               { return e.name[e.base:] }
func (e *entry) Size() int64                { return e.size }
func (e *entry) Mode() fs.FileMode          { return e.mode }
func (e *entry) Type() fs.FileMode          { return e.mode.Type() }
func (e *entry) ModTime() time.Time         { return time.Unix(0, e.modified) }
func (e *entry) IsDir() bool                { return e.mode.IsDir() }
func (e *entry) Sys() any                   { return nil }
func (e *entry) Info() (fs.FileInfo, error) { return e, nil }
func (e *entry) String() string             { return fs.FormatDirEntry(e) }

func (e *entry) isLink() bool { return e.Type() == fs.ModeSymlink }

// dir returns the name of the folder that holds the entry.
func (e *entry) dir() string {
	if e.base == 0 {
		return "."
	}
	return e.name[:e.base-1]
}

// as returns the description of e under the name that led to it, which may be
// that of a link.
func (e *entry) as(name string) fs.FileInfo {
	if name == e.Name() {
		return e
	}
	return renamed{e, name}
}

// renamed is an entry under another name.
type renamed struct {
	*entry
	name string
}

func (r renamed) Name() string { return r.name }
