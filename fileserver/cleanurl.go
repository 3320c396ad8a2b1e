package fileserver

import (
	"path"
	"slices"
	"strings"

	"github.com/gserve/gserve/listing"
)

// WithCleanURLs serves about.html at /about, and has /about.html, /about/ and
// /docs/index.html lead to the URLs without what can be left out. A file or an
// index that has the shorter URL already keeps it.
func WithCleanURLs() Option {
	return func(s *Server) { s.cleanURLs = true }
}

const pageSuffix = ".html"

// findPage has res be the page that is called as its directory or name is, with
// .html behind it, which is to be had without that.
func (s *Server) findPage(res *resource, dir directory, base string) error {
	if !s.cleanURLs || s.barred(res.name+pageSuffix) != nil {
		return errNoIndex
	}
	if base += pageSuffix; s.leadsAside(res, base) {
		return errNoIndex
	}
	info, err := dir.stat(base)
	return s.findFile(res, base, info, err)
}

// shorter returns the reference to the clean URL of the file that t names, ""
// if it has that already.
func (s *Server) shorter(t target, dir directory) string {
	base := path.Base(t.name)
	stem, isPage := strings.CutSuffix(base, pageSuffix)
	switch {
	case !s.cleanURLs || t.exact || !isPage || stem == "":
		return ""
	case slices.Contains(s.index, base):
		if s.index[0] == base {
			return "./"
		}
		return ""
	}
	info, err := dir.stat(stem)
	if err == nil && !info.IsDir() || err == nil && s.hasIndex(dir, stem) || slices.Contains(s.index, stem) {
		return ""
	}
	return listing.Reference(stem)
}

// hasIndex reports whether a directory has a file that stands for it.
func (s *Server) hasIndex(d directory, base string) bool {
	for _, name := range s.index {
		if info, err := d.stat(path.Join(base, name)); err == nil && s.servable(info) == nil {
			return true
		}
	}
	return false
}
