package fileserver

import (
	"context"
	"net/http"
)

// Route is where a request is led instead of to what its path names.
type Route struct {
	Status   int          // 200 or an error: what Path names is served with it; 3xx: the client is sent to Location
	Location string       // URI reference
	Path     string       // percent-encoded, from the root of the files
	Handler  http.Handler // answers instead, whatever the status is; nil if nothing does
	Rule     string       // that says so, for the log
}

// Router decides where a request is led. It is asked twice at most: before the
// files are looked at, and with missing set when there is no such file. It
// returns false to have the request go on as it is.
type Router func(q *Request, missing bool) (Route, bool)

// WithRouter has router asked about every request for a file, after those that
// were given before it. What it leads to is not routed again.
func WithRouter(router Router) Option {
	return func(s *Server) { s.routers = append(s.routers, router) }
}

// route has q be answered by a rule, if there is one.
func (s *Server) route(ctx context.Context, q *Request, p *Response, missing bool) bool {
	if s.prefix != "" {
		return false // rules are for sites, and know of no prefix
	}
	for _, router := range s.routers {
		route, ok := router(q, missing)
		if !ok || !s.follow(ctx, q, p, route) {
			continue
		}
		p.Rule = route.Rule
		return true
	}
	return false
}

// follow answers q as route says. It returns false if there is nothing that
// could be served.
func (s *Server) follow(ctx context.Context, q *Request, p *Response, route Route) bool {
	switch {
	case route.Handler != nil:
		p.Handoff = route.Handler
		return true
	case 300 <= route.Status && route.Status < 400:
		p.Location = route.Location
		s.page(q, p, route.Status)
		return true
	case q.Method != "GET" && q.Method != "HEAD":
		return false
	}
	t, err := parseTarget(route.Path)
	if err != nil {
		return false
	}
	t.exact = true
	res, err := s.find(t)
	if err != nil {
		return false
	}
	res.slashless = false // the client is not to learn of the path
	s.instead(ctx, q, p, &res, route.Status)
	return true
}

// instead answers q by a resource that it did not name, with a status that says
// what that is. It takes res over.
func (s *Server) instead(ctx context.Context, q *Request, p *Response, res *resource, status int) {
	if status != http.StatusOK {
		// Neither a part of an error, nor that it has not changed, is of use.
		whole := *q
		whole.Range, whole.IfRange, whole.IfMatch, whole.IfNoneMatch, whole.IfModifiedSince, whole.IfUnmodifiedSince = "", "", "", "", "", ""
		q = &whole
	}
	s.answer(ctx, q, p, res)
	if status != http.StatusOK && p.Status == http.StatusOK {
		p.Status, p.AcceptRanges = status, false
	}
}
