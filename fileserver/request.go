package fileserver

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Request is everything that an answer may depend on, as plain field values.
//
// A field that stands on several lines is given as one list, its lines joined
// by commas in their order (RFC 9110, 5.3). An absent field is "". A list of
// entity tags that is there and empty is ",".
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
	UserAgent         string

	Local bool // made on the machine of the server, by nobody who stands in for another
}

// newRequest copies out of r what an answer may depend on.
func newRequest(r *http.Request) Request {
	return Request{
		Method:            r.Method,
		Path:              encodedPath(r.URL),
		Query:             r.URL.RawQuery,
		Accept:            fieldValue(r.Header, "Accept"),
		AcceptEncoding:    fieldValue(r.Header, "Accept-Encoding"),
		Range:             fieldValue(r.Header, "Range"),
		IfRange:           fieldValue(r.Header, "If-Range"),
		IfMatch:           tagList(r.Header, "If-Match"),
		IfNoneMatch:       tagList(r.Header, "If-None-Match"),
		IfModifiedSince:   fieldValue(r.Header, "If-Modified-Since"),
		IfUnmodifiedSince: fieldValue(r.Header, "If-Unmodified-Since"),
		UserAgent:         fieldValue(r.Header, "User-Agent"),
		Local:             isLocal(r),
	}
}

// isLocal reports whether r comes from this machine. A proxy that runs on it
// says for whom it asks.
func isLocal(r *http.Request) bool {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !client.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return true
}

// encodedPath returns the path as it was sent. It is that of u, not that of
// the request target: http.StripPrefix and its like edit u alone, and leave a
// path without its slash.
func encodedPath(u *url.URL) string {
	if u.Opaque != "" {
		return u.Opaque // no path: neither origin form nor absolute form
	}
	path := u.RawPath
	// url.EscapedPath does not take a raw path that should have been encoded
	// further, and spells another in which %2F has become a slash.
	if decoded, err := url.PathUnescape(path); path == "" || err != nil || decoded != u.Path {
		path = u.EscapedPath()
	}
	if path == "*" || strings.HasPrefix(path, "/") {
		return path
	}
	return "/" + path // RFC 9110, 4.2.3: an empty path is "/"
}

// tagList returns the value of a list of entity tags.
func tagList(h http.Header, name string) string {
	if value := fieldValue(h, name); value != "" || len(h[name]) == 0 {
		return value
	}
	return ","
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
