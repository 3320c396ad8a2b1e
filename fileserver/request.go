package fileserver

import (
	"net/http"
	"strings"
)

// Request is everything that an answer may depend on, as plain field values.
//
// A field that stands on several lines is given as one list, its lines joined
// by commas in their order (RFC 9110, 5.3). An absent field is "".
type Request struct {
	Method string
	Path   string // of the request target, still percent-encoded; "*" for OPTIONS *
	Query  string // without its "?", still encoded

	Accept            string
	AcceptEncoding    string
	Range             string
	IfRange           string
	IfMatch           string
	IfNoneMatch       string
	IfModifiedSince   string
	IfUnmodifiedSince string
}

// newRequest copies out of r what an answer may depend on.
func newRequest(r *http.Request) Request {
	return Request{
		Method: r.Method,
		// Not r.RequestURI: http.StripPrefix and its like edit r.URL alone.
		Path:              r.URL.EscapedPath(),
		Query:             r.URL.RawQuery,
		Accept:            fieldValue(r.Header, "Accept"),
		AcceptEncoding:    fieldValue(r.Header, "Accept-Encoding"),
		Range:             fieldValue(r.Header, "Range"),
		IfRange:           fieldValue(r.Header, "If-Range"),
		IfMatch:           fieldValue(r.Header, "If-Match"),
		IfNoneMatch:       fieldValue(r.Header, "If-None-Match"),
		IfModifiedSince:   fieldValue(r.Header, "If-Modified-Since"),
		IfUnmodifiedSince: fieldValue(r.Header, "If-Unmodified-Since"),
	}
}

// fieldValue returns all lines of the field with this canonical name as one.
func fieldValue(h http.Header, name string) string {
	switch lines := h[name]; len(lines) {
	case 0:
		return ""
	case 1:
		return lines[0]
	default:
		return strings.Join(lines, ", ")
	}
}
