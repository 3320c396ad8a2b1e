package fileserver

import (
	"io"
	"io/fs"
	"net/http"
	"path"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/listing"
)

// list answers with the listing of a directory.
func (s *Server) list(q *Request, p *Response, res *resource) {
	defer res.close()
	offers := compress.SetOf(compress.Identity)
	if s.encodings != nil {
		offers |= allCodings
		p.Vary |= VaryAcceptEncoding
	}
	coding, ok := compress.Negotiate(q.AcceptEncoding, offers)
	if !ok {
		p.Err, p.Vary = errNotAcceptable, p.Vary|VaryAcceptEncoding
		s.page(q, p, http.StatusNotAcceptable)
		return
	}
	p.Status, p.Name = http.StatusOK, res.name
	if !s.passes(q, p) {
		return
	}
	entries, err := s.entries(q, res)
	if err != nil {
		*p = Response{Extra: p.Extra, Vary: p.Vary}
		s.refuse(q, p, err)
		return
	}
	folder := listing.Folder{Path: "/", Entries: entries}
	if res.name != "." {
		folder.Path = "/" + res.name + "/"
	}
	p.Meta = Representation{Type: "text/html; charset=utf-8", Coding: coding, Length: -1}
	p.Content.Stream = encodeStream(coding, func(w io.Writer) error { return listing.HTML(w, folder) })
	p.Extra = append(p.Extra, Field{"Content-Security-Policy", listing.ContentSecurityPolicy})
}

// encodeStream returns a writer of what write writes, in a coding.
func encodeStream(coding compress.Coding, write func(io.Writer) error) func(io.Writer) error {
	if coding == compress.Identity {
		return write
	}
	return func(w io.Writer) error {
		encoder := compress.NewWriter(w, coding, compress.Fast)
		defer encoder.Release()
		if err := write(encoder); err != nil {
			return err
		}
		return encoder.Close()
	}
}

// entries returns what a listing of the directory shows: what a request for it
// would be answered with. For HEAD, that is nothing, if the directory can be
// read.
func (s *Server) entries(q *Request, res *resource) ([]listing.Entry, error) {
	if q.Method == "HEAD" {
		f, err := res.dir.fsys.Open(res.dir.join("."))
		if err == nil {
			f.Close()
		}
		return nil, err
	}
	s.lists <- struct{}{}
	defer func() { <-s.lists }()
	names, err := res.dir.read()
	if err != nil {
		return nil, err
	}
	entries := make([]listing.Entry, 0, len(names))
	for _, n := range names {
		name := n.Name()
		if !s.showHidden && isHidden(path.Join(res.name, name)) {
			continue
		}
		entry, err := s.entry(res.dir, n)
		switch {
		case err == nil:
			entries = append(entries, entry)
		case refusalStatus(err) == http.StatusServiceUnavailable:
			return nil, err
		}
	}
	return entries, nil
}

// entry describes an entry of a directory. It fails if that is gone meanwhile,
// leads out, or is nothing to be sent. One that cannot be looked at, as on a
// disk that is not there, is shown without what is not known.
func (s *Server) entry(d directory, n fs.DirEntry) (listing.Entry, error) {
	info, err := d.stat(n.Name())
	if err == nil && !info.IsDir() {
		err = s.servable(info)
	}
	switch {
	case err == nil:
		return listing.Entry{Name: n.Name(), IsDir: info.IsDir(), Size: info.Size(), ModTime: info.ModTime()}, nil
	case refusalStatus(err) == http.StatusInternalServerError:
		return listing.Entry{Name: n.Name(), IsDir: n.IsDir()}, nil
	}
	return listing.Entry{}, err
}
