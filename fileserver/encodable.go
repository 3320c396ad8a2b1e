package fileserver

import (
	"embed"
	"io"

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

// allCodings are those that a file can be encoded in.
var allCodings = compress.SetOf(compress.Codings[:]...)

// isEncodable reports whether the file may be encoded on the fly.
func (s *Server) isEncodable(res *resource) bool {
	return s.encodings != nil && res.file != nil &&
		minEncoded <= res.info.Size() && res.info.Size() <= maxEncoded && s.isCompressible(res)
}

// resumable returns the codings to encode the file in for q. A part is had
// without encoding the whole, unless it is the rest of what was sent encoded.
func (s *Server) resumable(q *Request, res *resource) compress.Set {
	if q.Range == "" || q.Method != "GET" {
		return allCodings
	}
	var resumed compress.Set
	for _, c := range compress.Codings {
		if ETag(q.IfRange).matchStrongly(s.encodedValidator(res, c).ETag) {
			resumed = resumed.With(c)
		}
	}
	if resumed != 0 {
		return resumed
	}
	_, selected := selectRanges(q.Range, res.info.Size(), nil)
	if selected == selectWhole || !newValidator(res.info, s.now(), "").rangeApplies(q.IfRange, s.now(), true) {
		return allCodings // the whole is what will be sent
	}
	return 0
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
	p.release = e.leave
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
