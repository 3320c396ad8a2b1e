package fileserver

import (
	"context"
	"net/http"
	"path"
)

// WithErrorPage has the nearest file of this name, in the folder that was asked
// for or above it, be the content of answers that there is no such file.
func WithErrorPage(name string) Option {
	return func(s *Server) { s.errorPage = name }
}

// maxAbove is how many folders an error page is looked for in, besides the root.
const maxAbove = 32

// absent answers q, whose target is not there for a client, by an error page of
// the site. It returns false if there is none.
func (s *Server) absent(ctx context.Context, q *Request, p *Response, t target, cause error) bool {
	if s.errorPage == "" || s.prefix != "" || refusalStatus(cause) != http.StatusNotFound || q.Method != "GET" && q.Method != "HEAD" {
		return false
	}
	folder := t.name
	for range maxAbove {
		if folder = path.Dir(folder); folder == "." {
			break
		}
		if s.sendErrorPage(ctx, q, p, folder, cause) {
			return true
		}
	}
	return s.sendErrorPage(ctx, q, p, ".", cause)
}

// sendErrorPage answers q by the error page in a folder, if there is one.
func (s *Server) sendErrorPage(ctx context.Context, q *Request, p *Response, folder string, cause error) bool {
	res, err := s.find(target{name: path.Join(folder, s.errorPage), exact: true})
	if err != nil {
		return false
	}
	if res.base == "" || res.slashless {
		res.close()
		return false
	}
	s.instead(ctx, q, p, &res, http.StatusNotFound)
	p.Err = cause
	return true
}
