package fileserver

import (
	"embed"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gserve/gserve/compress"
)

// The limits of what is encoded on the fly. Less than the first does not get
// smaller by more than its overhead, or by a packet; more than the second takes
// an encoder half a second, and is for precompressing.
const (
	minEncoded = 1 << 10
	maxEncoded = 16 << 20
)

// awaited is up to which size the encoding of a file is waited for, so that the
// first answer has a length as well: it takes some milliseconds.
const awaited = 128 << 10

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
// is nil if there is none. One that is older than the original is out of date.
func (s *Server) findSidecars(d directory, base string, original fs.FileInfo) sidecars {
	var found sidecars
	if s.noCoding {
		return found
	}
	key, keyed := s.bare.key(d, base, s.now())
	if keyed && s.bare.has(key) {
		return found
	}
	bare := keyed
	for _, c := range compress.Codings {
		info, err := d.stat(base + c.Suffix())
		if err == nil && s.servable(info) == nil && (original == nil || !info.ModTime().Before(original.ModTime())) {
			found[c] = info
		}
		bare = bare && err != nil && d.isBare(base+c.Suffix())
	}
	if bare {
		s.bare.add(key)
	}
	return found
}

// file answers with a representation of a file, in the coding that q prefers
// among those on offer.
func (s *Server) file(q *Request, p *Response, res *resource) {
	defer res.close()
	p.Status, p.Name = http.StatusOK, res.name
	offers := res.sidecars.set()
	if offers == 0 {
		offers = s.encodable(q, p, res)
	}
	if offers != 0 {
		p.Vary |= VaryAcceptEncoding
	}
	coding, ok := compress.Negotiate(q.AcceptEncoding, offers.With(compress.Identity))
	if !ok {
		p.Err = errNotAcceptable
		s.page(q, p, http.StatusNotAcceptable)
		return
	}
	var err error
	switch {
	case coding == compress.Identity && res.file != nil:
		err = s.asItIs(q, p, res)
	case coding == compress.Identity:
		err = s.decoded(q, p, res)
	case res.sidecars[coding] != nil:
		err = s.sidecar(q, p, res, coding)
	default:
		err = s.encoded(q, p, res, coding)
	}
	if err != nil {
		p.Close()
		*p = Response{Extra: p.Extra, Vary: p.Vary}
		s.refuse(q, p, err)
	}
}

// asItIs represents the file by its own bytes.
func (s *Server) asItIs(q *Request, p *Response, res *resource) error {
	p.Meta.Length = res.info.Size()
	p.Meta.Validator = newValidator(res.info, s.now(), "")
	if !s.passes(q, p) {
		return nil
	}
	var err error
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	p.Content = Content{File: res.file, opened: res.info}
	p.AcceptRanges = p.Content.seekable()
	res.file = nil
	s.selectParts(q, p)
	return nil
}

// sidecar represents the file by the coded one beside it.
func (s *Server) sidecar(q *Request, p *Response, res *resource, coding compress.Coding) error {
	file, info, err := s.open(res.dir, res.base+coding.Suffix(), res.sidecars[coding])
	if err != nil {
		return err
	}
	p.Content = Content{File: file, opened: info}
	p.Meta.Coding, p.Meta.Length = coding, info.Size()
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
func (s *Server) decoded(q *Request, p *Response, res *resource) error {
	coding := res.firstSidecar()
	file, info, err := s.open(res.dir, res.base+coding.Suffix(), res.sidecars[coding])
	if err != nil {
		return err
	}
	p.Content = Content{File: file, opened: info}
	p.Meta.Length = -1
	p.Meta.Validator = newValidator(info, s.now(), compress.Identity.Token())
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	p.Content = Content{
		Stream:  func(w io.Writer) error { return decodeFile(w, file, info, coding) },
		release: func() { file.Close() },
	}
	return nil
}

// encodable returns the codings that the file may be encoded in for q.
func (s *Server) encodable(q *Request, p *Response, res *resource) compress.Set {
	size := res.info.Size()
	if s.encodings == nil || size < minEncoded || size > maxEncoded {
		return 0
	}
	if !s.isCompressible(res) {
		return 0
	}
	p.Vary |= VaryAcceptEncoding
	all := compress.SetOf(compress.Codings[:]...)
	if q.Method != "GET" || !strings.HasPrefix(q.Range, "bytes=") {
		return all
	}
	// A part is had without encoding the whole, unless it is the rest of what
	// was sent encoded.
	var resumed compress.Set
	for _, c := range compress.Codings {
		if ETag(q.IfRange).matchStrongly(s.encodedValidator(res, c).ETag) {
			resumed = resumed.With(c)
		}
	}
	return resumed
}

// isCompressible reports whether the file is of a type worth encoding. It is
// looked into only if its name does not tell.
func (s *Server) isCompressible(res *resource) bool {
	mediaType := TypeByName(res.base)
	if mediaType == "" {
		var err error
		if mediaType, err = s.typeOf(res); err != nil {
			return false
		}
	}
	return compress.IsCompressible(mediaType)
}

// encodedValidator returns the validator of the file as it is encoded here.
func (s *Server) encodedValidator(res *resource, c compress.Coding) Validator {
	return newValidator(res.info, s.now(), c.Token()+compress.Version)
}

// encoded represents the file by what it is encoded to, once.
func (s *Server) encoded(q *Request, p *Response, res *resource, coding compress.Coding) error {
	p.Meta.Coding, p.Meta.Length = coding, -1
	p.Meta.Validator = s.encodedValidator(res, coding)
	if !s.passes(q, p) {
		return nil
	}
	var err error
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	key := newEncodingKey(res.name, res.info, coding)
	// A file that may change within the same tick of its clock cannot be told
	// from what it was: its encoding is of use to nobody else.
	_, immutable := s.root.(embed.FS)
	shared := immutable || p.Meta.ETag != "" && !p.Meta.ETag.IsWeak()
	wait := res.info.Size() <= awaited || q.Range != ""
	var e *encodingReader
	if q.Method == "HEAD" && !wait {
		if e = s.encodings.peek(key); e == nil {
			p.Content.Stream = func(io.Writer) error { return nil }
			return nil
		}
	} else {
		e = s.encodings.start(key, shared, res.file, res.info)
		res.file = nil
	}
	p.Content.release = e.leave
	if wait {
		if err := e.wait(); err != nil {
			return err
		}
	}
	if coded, ok := e.bytes(); ok {
		p.Content.Bytes, p.Meta.Length, p.AcceptRanges = coded, int64(len(coded)), true
		s.selectParts(q, p)
	} else {
		p.Content.Stream = e.writeTo
	}
	return nil
}

// passes evaluates the preconditions of q on the representation of p. If they
// do not let it be sent, it makes p say so.
func (s *Server) passes(q *Request, p *Response) bool {
	switch p.Meta.evaluate(q, s.now()) {
	case notModified:
		p.drop(http.StatusNotModified)
	case failed:
		p.drop(http.StatusPreconditionFailed)
		p.Err = errPrecondition
	default:
		return true
	}
	return false
}

// selectParts makes p an answer of the ranges that q asks for, if they count.
func (s *Server) selectParts(q *Request, p *Response) {
	// RFC 9110, 14.2: Range is defined for GET only.
	if q.Range == "" || q.Method != "GET" || !p.AcceptRanges || !p.Meta.rangeApplies(q.IfRange, s.now()) {
		return
	}
	switch ranges, selected := selectRanges(q.Range, p.Meta.Length, p.single[:0]); selected {
	case selectParts:
		p.setRanges(ranges)
	case selectUnsatisfiable:
		p.Close()
		*p = Response{Extra: p.Extra, Vary: p.Vary, Name: p.Name, Err: errRange, complete: p.Meta.Length}
		s.page(q, p, http.StatusRequestedRangeNotSatisfiable)
	}
}

// drop makes p an answer without content, which keeps its validators.
func (p *Response) drop(status int) {
	p.Close()
	p.Status, p.Content, p.Meta.Length, p.Meta.Coding = status, Content{}, 0, compress.Identity
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
	return (&Content{File: file, opened: info}).unchanged()
}
