package fileserver

import (
	"io"
	"strings"

	"github.com/gserve/gserve/compress"
)

// WithTransform has the content of every file of this media type pass through f
// while it is sent: f reads the file and writes what is to be sent. Such content
// has neither a length nor a validator, and files that lie encoded beside the
// originals are not used for it. The type that f is given has its parameters.
func WithTransform(mediaType string, f func(w io.Writer, file io.Reader, mediaType string) error) Option {
	return func(s *Server) { s.transforms = append(s.transforms, transform{mediaType, f}) }
}

type transform struct {
	mediaType string
	f         func(io.Writer, io.Reader, string) error
}

// transformOf returns what the content of the file passes through, nil if it is
// sent as it is.
func (s *Server) transformOf(res *resource) (*transform, error) {
	if s.transforms == nil || res.file == nil {
		return nil, nil
	}
	mediaType, err := s.typeOf(res)
	if err != nil {
		return nil, err
	}
	essence, _, _ := strings.Cut(mediaType, ";")
	for i := range s.transforms {
		if s.transforms[i].mediaType == essence {
			return &s.transforms[i], nil
		}
	}
	return nil, nil
}

// transformed represents the file by what t makes of it.
func (s *Server) transformed(q *Request, p *Response, res *resource, t *transform) error {
	coding, err := s.negotiateStream(q, p)
	if err != nil {
		return err
	}
	p.Meta = Representation{Coding: coding, Length: -1}
	if !s.passes(q, p) {
		return nil
	}
	if p.Meta.Type, err = s.typeOf(res); err != nil {
		return err
	}
	if coding != compress.Identity {
		if err := s.reserve(p, encodingCost); err != nil {
			return err
		}
	}
	mediaType := p.Meta.Type
	p.setFile(res.file, res.info)
	file := res.file
	res.file = nil
	// There is no validator and no length that a change meanwhile could belie.
	p.Content = Content{Stream: encodeStream(coding, func(w io.Writer) error { return t.f(w, file, mediaType) })}
	return nil
}
