package fileserver

import (
	"io/fs"
	"net/http"

	"github.com/gserve/gserve/compress"
)

// file answers with a representation of a file, in the coding that q prefers
// among those on offer.
func (s *Server) file(q *Request, p *Response, res *resource) {
	defer res.close()
	p.Status, p.Name = http.StatusOK, res.name
	err := s.represent(q, p, res)
	if err == nil {
		return
	}
	p.Close()
	*p = Response{Extra: p.Extra, Vary: p.Vary}
	s.refuse(q, p, err)
}

// represent has p be the representation that q prefers. A sidecar that turns out
// not to be had is one that is not there.
func (s *Server) represent(q *Request, p *Response, res *resource) error {
	if t, err := s.transformOf(res); t != nil || err != nil {
		if err != nil {
			return err
		}
		return s.transformed(q, p, res, t)
	}
	coding, err := s.negotiate(q, p, res)
	if err != nil {
		return err
	}
	switch {
	case coding == compress.Identity && res.file != nil:
		return s.asItIs(q, p, res)
	case coding == compress.Identity:
		coding = res.firstSidecar()
		err = s.decoded(q, p, res, coding)
	case res.sidecars[coding] == nil:
		return s.encoded(q, p, res, coding)
	default:
		err = s.sidecar(q, p, res, coding)
	}
	if err == nil || !isAbsence(err) {
		return err
	}
	res.sidecars[coding] = nil
	if res.file == nil && res.sidecars.set() == 0 {
		return err
	}
	return s.represent(q, p, res)
}

// negotiate chooses the coding of the file. Only sidecars are on offer if there
// are any, or else what the file can be encoded in.
func (s *Server) negotiate(q *Request, p *Response, res *resource) (compress.Coding, error) {
	offers := res.sidecars.set()
	encoded := offers == 0 && s.isEncodable(res)
	if encoded {
		offers = s.resumable(q, res)
	}
	if encoded || offers != 0 {
		p.Vary |= VaryAcceptEncoding
	}
	coding, ok := compress.Negotiate(q.AcceptEncoding, offers.With(compress.Identity))
	if !ok && encoded {
		coding, ok = compress.Negotiate(q.AcceptEncoding, allCodings) // also for a part
	}
	if !ok {
		return coding, errNotAcceptable
	}
	return coding, nil
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
	p.setFile(res.file, res.info)
	res.file = nil
	p.AcceptRanges = p.Content.seekable()
	s.selectParts(q, p)
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
	if q.Range == "" || q.Method != "GET" || !p.AcceptRanges || !p.Meta.rangeApplies(q.IfRange, s.now(), p.Vary&VaryAcceptEncoding != 0) {
		return
	}
	switch ranges, selected := selectRanges(q.Range, p.Meta.Length, p.single[:0]); selected {
	case selectParts:
		// Each part of what is made while it is sent costs as much as the
		// whole. RFC 9110, 14.2: the field may be ignored.
		if p.Content.Part == nil || len(ranges) == 1 {
			p.setRanges(ranges)
		}
	case selectUnsatisfiable:
		p.Close()
		*p = Response{Extra: p.Extra, Vary: p.Vary, Name: p.Name, Err: errRange, complete: p.Meta.Length}
		s.page(q, p, http.StatusRequestedRangeNotSatisfiable)
	}
}

// setFile has p own the file, and send it.
func (p *Response) setFile(file fs.File, info fs.FileInfo) {
	p.file, p.Content = file, Content{File: file, opened: info}
}

// drop makes p an answer without content, which keeps its validators.
func (p *Response) drop(status int) {
	p.Close()
	p.Status, p.Content = status, Content{}
	p.Meta = Representation{Validator: p.Meta.Validator}
}
