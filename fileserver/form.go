package fileserver

import (
	"io"
	"net/url"
	"strings"

	"github.com/gserve/gserve/listing"
)

// form is one way to represent a directory.
type form struct {
	name      string // in the query
	mediaType string
	write     func(io.Writer, *listing.Folder) error
}

// forms are what a directory can be had as, the usual one first.
var forms = [...]form{
	{"html", "text/html", listing.HTML},
	{"json", "application/json", listing.JSON},
	{"text", "text/plain", listing.Text},
}

const (
	formHTML = iota
	formJSON
	formText
)

// negotiateForm chooses the form of a directory: what the query names, or else
// what Accept prefers. Who takes anything is given the page, since crawlers
// such as wget -r follow its links and say no more than that; programs that
// print what they are given, and say so by their name only, get text.
func (s *Server) negotiateForm(q *Request, query url.Values) (chosen int, vary Vary, err error) {
	if s.pageOnly {
		return formHTML, 0, nil
	}
	if name := query.Get("format"); name != "" {
		for i, f := range forms {
			if f.name == name {
				return i, 0, nil
			}
		}
		return 0, 0, listing.ErrQuery
	}
	vary = VaryAccept | VaryUserAgent
	best := preferenceOf(q.Accept, forms[0].mediaType)
	for i, f := range forms[1:] {
		if p := preferenceOf(q.Accept, f.mediaType); p.exceeds(best) {
			best, chosen = p, i+1
		}
	}
	if best.match <= matchAll && isPrinter(q.UserAgent) {
		chosen = formText
	}
	return chosen, vary, nil
}

// isPrinter reports whether a program of this name shows on a terminal what it
// is sent.
func isPrinter(userAgent string) bool {
	product, _, _ := strings.Cut(userAgent, "/")
	switch strings.ToLower(product) {
	case "curl", "httpie", "xh", "curlie":
		return true
	}
	return false
}

// parseQuery reads the parameters of a query. What is not well-formed is left
// out.
func parseQuery(query string) url.Values {
	if query == "" {
		return nil
	}
	values := url.Values{}
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			values.Add(name, value)
		}
	}
	return values
}
