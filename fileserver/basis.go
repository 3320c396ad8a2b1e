package fileserver

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
)

// Basis is what an answer follows from, besides the head of its request: the
// same head has the same answer as long as all of this stays as it was. See
// [Server.Consider].
type Basis struct {
	Top     *os.File // directory that is served; not to be closed
	Folder  string   // below Top, in which the file lies; "." for Top. No part of it is to be a link
	Names   []string // entries of Folder that were looked for: what they are counts, or that they are not
	Entries bool     // what entries Top has counts as well
	Private []string // paths of the system: which files they lead to counts as well
}

// Remembers reports whether answers of s have a [Basis] at all: the root is a
// [Root], and nothing but names decides what of it can be had.
//
// Gates, filters, routers and transformations are not looked at. It is the
// caller who knows what they depend on.
func (s *Server) Remembers() bool {
	root, ok := s.root.(*Root)
	if !ok || root != root.top || s.prefix != "" || s.dropBox != nil {
		return false
	}
	for _, folder := range s.privateFolders {
		if strings.Contains(folder, "/") || folder == "." {
			return false // whether a name leads there is told by more than one folder
		}
	}
	return true
}

// Top returns the directory that its name leads to now.
func (s *Server) Top() *os.File {
	if root, ok := s.root.(*Root); ok {
		root.renew()
	}
	return s.top()
}

// top returns the directory that is served, as far as is known.
func (s *Server) top() *os.File {
	if root, ok := s.root.(*Root); ok {
		return root.handles.Load().self
	}
	return nil
}

// Consider decides r as [Server.ServeHTTP] would, and tells what the answer
// follows from. It returns false, and has closed p, if the answer is not a file or one
// part of it, or that it has not changed: then ServeHTTP is to answer, to which
// this has been nothing. Else the caller closes p.
func (s *Server) Consider(r *http.Request, p *Response) (Basis, bool) {
	if !s.Remembers() || s.gate(r) != nil {
		return Basis{}, false
	}
	if s.looks.enter() != nil {
		return Basis{}, false
	}
	top := s.Top()
	s.looks.leave()
	q := newRequest(r)
	s.Respond(r.Context(), &q, p)
	if p.Handoff != nil {
		return Basis{}, false
	}
	if s.isRepeatable(p) {
		if folder, names, ok := s.lookedAt(&q, p); ok {
			return s.basis(top, folder, names), true
		}
	}
	p.Close()
	return Basis{}, false
}

// basis returns the basis of a file that was found here.
func (s *Server) basis(top *os.File, folder string, names []string) Basis {
	b := Basis{Top: top, Folder: folder, Names: names, Entries: len(s.privateFolders) > 0}
	for _, p := range s.private {
		b.Private = append(b.Private, p.name)
	}
	return b
}

// isRepeatable reports whether p is of one file, and the same whenever that is.
func (s *Server) isRepeatable(p *Response) bool {
	c := &p.Content
	switch {
	case p.Name == "" || p.Rule != "" || p.Err != nil || p.Listing || p.Meta.ETag == "" || p.Meta.ETag.IsWeak():
		return false
	case p.Status == http.StatusNotModified:
		return c.isNone()
	case p.Status != http.StatusOK && p.Status != http.StatusPartialContent || len(p.Ranges) > 1 || p.Meta.Length < 0 || c.Stream != nil || c.Part != nil:
		return false
	}
	for _, folder := range s.privateFolders {
		if info, err := fs.Lstat(s.root, folder); err == nil && info.Mode().Type() == fs.ModeSymlink {
			return false // to a place that may change without a trace in Top
		}
	}
	if c.File != nil {
		_, ofSystem := c.File.(*os.File)
		return ofSystem
	}
	return c.Bytes != nil && int64(len(c.Bytes)) == p.Meta.Length
}

// lookedAt returns the folder that the file of p was found in, and the names that
// were looked for there.
func (s *Server) lookedAt(q *Request, p *Response) (folder string, names []string, ok bool) {
	t, err := parseTarget(q.Path)
	if err != nil {
		return "", nil, false
	}
	add := func(base string) {
		names = append(names, base)
		if s.noCoding {
			return
		}
		for _, c := range compress.Codings {
			names = append(names, base+c.Suffix())
		}
	}
	base := path.Base(t.name)
	switch {
	case p.Name == t.name && !t.slash:
		if s.cleanURLs && strings.HasSuffix(base, pageSuffix) {
			return "", nil, false // what lies where its shorter URL leads counts as well
		}
		add(base)
		return path.Dir(t.name), names, true
	case s.cleanURLs && p.Name == t.name+pageSuffix && !t.slash:
		add(base)
		add(base + pageSuffix)
		return path.Dir(t.name), names, true
	case !t.slash && t.name != ".":
		return "", nil, false
	}
	for _, index := range s.index {
		add(index)
		if p.Name == path.Join(t.name, index) {
			return t.name, names, true
		}
	}
	return "", nil, false
}

// IsObserved reports whether there is anybody to be told of records.
func (s *Server) IsObserved() bool { return s.observers != nil }

// Note returns the record of an answer that [Server.Consider] gave.
func (s *Server) Note(r *http.Request, p *Response) *Record {
	record := newRecord(r, time.Time{})
	record.answer(p)
	return record
}

// Observe tells the observers of an answer that somebody else has written, and
// how long that took. The error is that of the writing.
func (s *Server) Observe(record *Record, err error) {
	if err != nil {
		if record.Err = err; isClientGone(record.Request.Context(), err) {
			record.Err = fmt.Errorf("%w: %w", ErrClientGone, err)
		}
	}
	s.observe(record)
}

// Transfers begins to tell how content gets on that somebody else writes: of as
// many bytes as total says. It returns nil if nobody wants to know.
func (s *Server) Transfers(record *Record, total int64) []Transfer {
	var begun []Transfer
	for _, begin := range s.transfers {
		if t := begin(record, total); t != nil {
			begun = append(begun, t)
		}
	}
	return begun
}

// AreTransfersTold reports whether anybody wants to know how content gets on.
func (s *Server) AreTransfersTold() bool { return s.transfers != nil }
