package fileserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/listing"
)

// list answers with a representation of a directory: a listing in the form and
// coding that q prefers, or an archive of all that is in it. It takes res over.
func (s *Server) list(ctx context.Context, q *Request, p *Response, res *resource) {
	p.Status, p.Name = http.StatusOK, res.name
	p.release = res.close
	query := parseQuery(q.Query)
	represent := s.listFolder
	switch {
	case s.isDropBox(res.name):
		represent = s.showDropBox
	case query.Get("archive") != "" && !s.noArchive:
		represent = s.archive
	}
	err := represent(ctx, q, p, res, query)
	if err == nil {
		if p.Content.Stream == nil && p.Content.Part == nil {
			p.Close()
		}
		return
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrClientGone, err)
	}
	p.Close()
	*p = Response{Extra: s.ownFields(), Vary: p.Vary}
	s.refuse(q, p, err)
}

// maxRendered is how many entries are looked at and rendered before an answer
// begins. Larger directories are rendered while they are sent, so that the
// first rows are there at once; what such an answer comes to, nobody knows.
const maxRendered = 1000

// listFolder has p be a listing of the directory.
func (s *Server) listFolder(ctx context.Context, q *Request, p *Response, res *resource, query url.Values) error {
	view, err := listing.ParseView(query)
	if err != nil {
		return err
	}
	chosen, vary, err := s.negotiateForm(q, query)
	if err != nil {
		return err
	}
	p.Vary |= vary
	coding, err := s.negotiateStream(q, p)
	if err != nil {
		return err
	}
	form := forms[chosen]
	p.Listing = true
	p.Meta = Representation{Type: form.mediaType, Coding: coding, Length: -1}
	if chosen != formJSON { // which is UTF-8 by itself: RFC 8259, 8.1
		p.Meta.Type += "; charset=utf-8"
	}
	var folder *listing.Folder
	var known bool
	if s.pageOnly {
		view.Deep = false
	}
	if view.Deep {
		folder, err = s.searchFolder(ctx, q, p, res, view)
	} else {
		folder, known, err = s.readFolder(ctx, q, p, res, view, chosen == formHTML)
	}
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return form.write(w, folder) }
	if known {
		err = s.rendered(q, p, write)
	} else {
		err = s.streamed(q, p, write)
	}
	if err == nil && chosen == formHTML && !p.Content.isNone() {
		p.Extra = append(p.Extra, policies(folder)...)
	}
	return err
}

// showDropBox has p be a page that lists nothing.
func (s *Server) showDropBox(_ context.Context, q *Request, p *Response, res *resource, _ url.Values) error {
	coding, err := s.negotiateStream(q, p)
	if err != nil {
		return err
	}
	folder := s.newFolder(q, res, listing.View{})
	folder.CanSearch, folder.CanSave, folder.DropBox = false, false, true
	folder.Entries = func(func(listing.Entry, error) bool) {}
	p.Listing = true
	p.Meta = Representation{Type: pageTypes[1], Coding: coding, Length: -1}
	err = s.rendered(q, p, func(w io.Writer) error { return listing.HTML(w, folder) })
	if err == nil && !p.Content.isNone() {
		p.Extra = append(p.Extra, policies(folder)...)
	}
	return err
}

// policies returns the fields that confine the page of a folder. The referrer
// policy keeps the names of folders to those who were shown them. Under
// no-referrer, though, browsers send forms with "Origin: null" (Fetch, 3.2), and
// what makes changes could not tell its own page from a stranger's.
func policies(folder *listing.Folder) []Field {
	referrer := "no-referrer"
	if folder.Changes != (listing.Changes{}) {
		referrer = "same-origin"
	}
	return []Field{
		{"Content-Security-Policy", listing.ContentSecurityPolicy(folder)},
		{"Referrer-Policy", referrer},
	}
}

// negotiateStream chooses the coding of what is made for this answer only.
func (s *Server) negotiateStream(q *Request, p *Response) (compress.Coding, error) {
	offers := compress.SetOf(compress.Identity)
	if s.encodings != nil {
		offers |= allCodings
		p.Vary |= VaryAcceptEncoding
	}
	coding, ok := compress.Negotiate(q.AcceptEncoding, offers)
	if !ok {
		return coding, errNotAcceptable
	}
	return coding, nil
}

// rendered has p be what write writes, all of it. Its tag is weak: a listing
// that shows the same is as good, whatever lies behind it.
func (s *Server) rendered(q *Request, p *Response, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	sum := sha256.Sum256(content.Bytes())
	p.Meta.ETag = ETag(`W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`)
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Coding != compress.Identity {
		var coded bytes.Buffer
		if err := encodeStream(p.Meta.Coding, func(w io.Writer) error {
			_, err := w.Write(content.Bytes())
			return err
		})(&coded); err != nil {
			return err
		}
		content = coded
	}
	p.Content.Bytes, p.Meta.Length = content.Bytes(), int64(content.Len())
	return nil
}

// streamed has p be what write writes while it is sent.
func (s *Server) streamed(q *Request, p *Response, write func(io.Writer) error) error {
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Coding != compress.Identity {
		if err := s.reserve(p, encodingCost); err != nil {
			return err
		}
	}
	p.Content.Stream = encodeStream(p.Meta.Coding, write)
	return nil
}

// encodeStream returns a writer of what write writes, in a coding.
func encodeStream(coding compress.Coding, write func(io.Writer) error) func(io.Writer) error {
	if coding == compress.Identity {
		return write
	}
	return func(w io.Writer) error {
		encoder := flushingWriter{compress.NewWriter(w, coding, compress.Fast), w}
		defer encoder.Release()
		if err := write(encoder); err != nil {
			return err
		}
		return encoder.Close()
	}
}

// flushingWriter is an encoder whose Flush goes on to the writer below.
type flushingWriter struct {
	*compress.Writer
	below io.Writer
}

// Flush sends out all that has been written so far.
func (w flushingWriter) Flush() error {
	if err := w.Writer.Flush(); err != nil {
		return err
	}
	if below, ok := w.below.(interface{ Flush() error }); ok {
		return below.Flush()
	}
	return nil
}
