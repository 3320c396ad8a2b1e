package fileserver

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/listing"
)

// allow is what can be done with a file or directory.
const allow = "GET, HEAD, OPTIONS"

// Respond decides how q is answered and sets p to that. It reads the file
// system, and does nothing else: no socket, no writer, no log. The caller
// closes p, unless it has a Handoff, and then there is nothing to close.
func (s *Server) Respond(q *Request, p *Response) {
	*p = Response{Extra: s.fields[:len(s.fields):len(s.fields)]}
	s.decide(q, p)
	if p.Handoff != nil {
		return
	}
	for _, filter := range s.filters {
		filter(q, p)
	}
}

// decide finds the resource of q, and has it represented.
func (s *Server) decide(q *Request, p *Response) {
	if q.Path == "*" && q.Method == "OPTIONS" {
		s.options(p)
		return
	}
	t, err := parseTarget(q.Path)
	if err == nil || err == errNoName {
		if p.Handoff = s.mounted(t); p.Handoff != nil {
			return
		}
	}
	var res resource
	if err == nil {
		res, err = s.find(t)
	}
	if err != nil {
		s.refuse(q, p, err)
		return
	}
	s.answer(q, p, &res)
}

// answer performs the method of q on a resource, which it takes over.
func (s *Server) answer(q *Request, p *Response, res *resource) {
	switch {
	case q.Method == "OPTIONS":
		res.close()
		s.options(p)
	case q.Method != "GET" && q.Method != "HEAD":
		res.close()
		p.Allow, p.Err = allow, errMethod
		s.page(q, p, http.StatusMethodNotAllowed)
	case res.slashless:
		res.close()
		p.Location = withSlash(res.target, q.Query)
		s.page(q, p, http.StatusMovedPermanently)
	case res.base != "":
		s.file(q, p, res)
	default:
		s.list(q, p, res)
	}
}

func (s *Server) options(p *Response) {
	p.Status, p.Allow = http.StatusNoContent, allow
}

// refuse answers that there is nothing to be had, or lets the fallback answer
// if there is one and err says that there is no such file.
func (s *Server) refuse(q *Request, p *Response, err error) {
	if s.fallback != nil && isAbsence(err) {
		p.Handoff = s.fallback
		return
	}
	p.Err = err
	s.page(q, p, refusalStatus(err))
}

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

// withSlash returns the reference from a directory's path without its slash to
// the one with it. It is relative, so that it holds below whatever prefix the
// server is mounted at, and has one segment, so that it cannot lead elsewhere.
func withSlash(t target, query string) string {
	location := listing.Reference(path.Base(t.name)) + "/"
	if query != "" {
		location += "?" + encodeQuery(query)
	}
	return location
}

// encodeQuery percent-encodes what cannot stand in a query (RFC 3986, 3.4),
// and leaves what is encoded already.
func encodeQuery(query string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?"
	var b strings.Builder
	for i := range len(query) {
		c := query[i]
		encoded := c == '%' && i+2 < len(query) && unhex(query[i+1]) >= 0 && unhex(query[i+2]) >= 0
		if encoded || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
