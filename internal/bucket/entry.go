package bucket

import (
	"hash/fnv"
	"io/fs"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
)

// entry is an object, or a folder: a part of keys that others lie behind.
type entry struct {
	name     string
	folder   bool
	size     int64
	etag     string // without quotes
	modified time.Time
}

// info describes an entry as [fs.FileInfo].
type info struct {
	entry
	as string // name that was asked for
}

func (i info) Name() string               { return i.as }
func (i info) Size() int64                { return i.size }
func (i info) IsDir() bool                { return i.folder }
func (i info) Sys() any                   { return nil }
func (i info) Type() fs.FileMode          { return i.Mode().Type() }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime returns when the object was stored, to the second, and below that what
// comes of its entity tag: a time alone does not tell one state from the next. A
// folder has no time.
//
// What lies encoded beside an original of the same second must not seem to be
// older, so it has the later half of it.
func (i info) ModTime() time.Time {
	if i.folder {
		return time.Time{}
	}
	const half = uint64(time.Second / 2)
	hash := fnv.New64a()
	hash.Write([]byte(i.etag))
	ns := hash.Sum64() % half
	if _, coding := cutSuffix(i.as); coding != compress.Identity {
		ns += half
	}
	return time.Unix(i.modified.Unix(), int64(ns))
}

// EntityTag returns the tag under which the store has the object, in its quotes,
// "" if that is none for HTTP. It changes with the content, so it is strong.
func (i info) EntityTag() string {
	if i.etag == "" || strings.ContainsFunc(i.etag, func(r rune) bool { return r <= ' ' || r == '"' || r >= 0x7f }) {
		return ""
	}
	return `"` + i.etag + `"`
}

// cutSuffix returns the name of the file that name would be a coded form of, and
// in which coding; identity if it would not be one.
func cutSuffix(name string) (string, compress.Coding) {
	for _, c := range compress.Codings {
		if of, ok := strings.CutSuffix(name, c.Suffix()); ok && of != "" {
			return of, c
		}
	}
	return name, compress.Identity
}
