package fileserver

import (
	"io"
	"io/fs"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/listing"
)

// sidecars are the coded files beside a file, by their coding.
type sidecars [len(compress.Codings) + 1]fs.FileInfo

// set returns the codings that there are files in.
func (f *sidecars) set() compress.Set {
	var set compress.Set
	for _, c := range compress.Codings {
		if f[c] != nil {
			set = set.With(c)
		}
	}
	return set
}

// findSidecars looks for coded files beside the file base, of which original
// is nil if there is none. One that is older than the original is out of date,
// and one that anybody can put there does not speak for it.
func (s *Server) findSidecars(res *resource, base string, original fs.FileInfo) sidecars {
	var found sidecars
	if s.noCoding || s.changes != (listing.Changes{}) && s.LeadsInto(res.folder, s.changesBelow) {
		return found
	}
	d := res.dir
	key, keyed := s.bare.key(d, base, s.now())
	if keyed && s.bare.has(key) {
		return found
	}
	bare := keyed
	for _, c := range compress.Codings {
		info, err := d.stat(base + c.Suffix())
		if err == nil && s.servable(info) == nil && (original == nil || !info.ModTime().Before(original.ModTime())) && !s.leadsAside(res, base+c.Suffix()) {
			found[c] = info
		}
		bare = bare && err != nil && d.isBare(base+c.Suffix())
	}
	if bare {
		s.bare.add(key)
	}
	return found
}

// firstSidecar returns the coding of the sidecar that is the quickest to decode.
func (r *resource) firstSidecar() compress.Coding {
	for c := compress.Gzip; c <= compress.Brotli; c++ {
		if r.sidecars[c] != nil {
			return c
		}
	}
	return compress.Identity
}

// sidecar represents the file by the coded one beside it.
func (s *Server) sidecar(q *Request, p *Response, res *resource, coding compress.Coding) error {
	file, info, err := s.open(res.dir, res.base+coding.Suffix(), res.sidecars[coding])
	if err != nil {
		return err
	}
	p.setFile(file, info)
	p.Meta.Coding, p.Meta.Length, p.stored = coding, info.Size(), true
	p.Meta.Validator = newValidator(info, s.now(), coding.Token())
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	p.AcceptRanges = p.Content.seekable()
	s.selectParts(q, p)
	return nil
}

// decoded represents a file that is there in coded form only, for a client
// that does not take that form.
func (s *Server) decoded(q *Request, p *Response, res *resource, coding compress.Coding) error {
	file, info, err := s.open(res.dir, res.base+coding.Suffix(), res.sidecars[coding])
	if err != nil {
		return err
	}
	p.setFile(file, info)
	p.Meta.Length = -1
	p.Meta.Validator = newValidator(info, s.now(), compress.Identity.Token())
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	p.Content = Content{Stream: func(w io.Writer) error { return decodeFile(w, file, info, coding) }}
	return nil
}

// decodeFile writes what the file holds in coded form.
func decodeFile(w io.Writer, file fs.File, info fs.FileInfo, coding compress.Coding) error {
	r, err := compress.NewReader(file, coding)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return (&Content{File: file, opened: info}).unchanged(nil, nil)
}
