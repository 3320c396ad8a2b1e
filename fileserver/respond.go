package fileserver

import (
	"context"
	"net/http"
	"slices"

	"github.com/gserve/gserve/listing"
)

// Respond decides how q is answered and sets p to that. It reads the file
// system, and does nothing else: no socket, no writer, no log. The caller
// closes p, unless it has a Handoff, and then there is nothing to close.
//
// What takes long, as to measure an archive, is given up when ctx ends.
func (s *Server) Respond(ctx context.Context, q *Request, p *Response) {
	*p = Response{Extra: s.ownFields()}
	s.decide(ctx, q, p)
	s.filter(q, p)
}

// filter has the caller edit an answer of the server's own.
func (s *Server) filter(q *Request, p *Response) {
	if p.Handoff != nil {
		return
	}
	for _, filter := range s.filters {
		filter(q, p)
	}
}

// ownFields returns the fields that go with every answer, for others to be
// appended.
func (s *Server) ownFields() []Field { return s.fields[:len(s.fields):len(s.fields)] }

// decide finds the resource of q, and has it represented.
func (s *Server) decide(ctx context.Context, q *Request, p *Response) {
	if r, ok := s.root.(*Root); ok && s.looks.enter() == nil {
		r.renew()
		s.looks.leave()
	}
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
	if s.writer != nil && slices.Contains(s.writes, q.Method) {
		p.Handoff = s.writer
		return
	}
	if err != errEncoding && s.route(ctx, q, p, false) {
		return
	}
	var res resource
	if err == nil {
		res, err = s.look(t)
	}
	switch {
	case err == nil:
		s.answer(ctx, q, p, &res)
	case isAbsence(err) && s.route(ctx, q, p, true):
	case s.fallback == nil && s.absent(ctx, q, p, t, err):
	default:
		s.refuse(q, p, err)
	}
}

// look looks a target up, unless too many requests are at that.
func (s *Server) look(t target) (resource, error) {
	if err := s.looks.enter(); err != nil {
		return resource{}, err
	}
	defer s.looks.leave()
	return s.locate(t)
}

// answer performs the method of q on a resource, which it takes over.
func (s *Server) answer(ctx context.Context, q *Request, p *Response, res *resource) {
	switch {
	case q.Method == "OPTIONS":
		res.close()
		s.options(p)
	case q.Method != "GET" && q.Method != "HEAD":
		res.close()
		p.Allow, p.Err = s.allow, errMethod
		s.page(q, p, http.StatusMethodNotAllowed)
	case res.slashless:
		res.close()
		p.Location = withSlash(res.target, q.Query)
		s.page(q, p, http.StatusMovedPermanently)
	case res.shorter != "":
		res.close()
		p.Location = res.shorter
		if q.Query != "" {
			p.Location += "?" + encodeQuery(q.Query)
		}
		s.page(q, p, http.StatusPermanentRedirect)
	case res.name == "." && s.home != "":
		res.close()
		p.Location = listing.Reference(s.home)
		s.page(q, p, http.StatusFound)
	case res.base != "":
		s.file(q, p, res)
	default:
		s.list(ctx, q, p, res)
	}
}

func (s *Server) options(p *Response) {
	p.Status, p.Allow = http.StatusNoContent, s.allow
}

// refuse answers that there is nothing to be had, or lets the fallback answer
// if there is one and err says that there is no such file.
func (s *Server) refuse(q *Request, p *Response, err error) {
	if s.fallback != nil && isAbsence(err) {
		p.Handoff = s.fallback
		return
	}
	p.Err = err
	if err == errNotAcceptable {
		p.Vary |= VaryAcceptEncoding
	}
	s.page(q, p, refusalStatus(err))
}
