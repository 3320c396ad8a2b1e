package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// anyOrigin stands for pages of all sites.
const anyOrigin = "*"

// setCORS takes the origin whose pages may read what is served.
func (c *Config) setCORS(value string) error {
	if value != anyOrigin && value != "null" {
		u, err := url.Parse(value)
		if err != nil || u.Scheme == "" || u.Host == "" || value != u.Scheme+"://"+u.Host {
			return advise(fmt.Errorf("%q is not an origin", value), "it looks like https://example.com, without a slash at its end; --cors is for all of them")
		}
	}
	c.CORS = value
	return nil
}

// corsFields are those that let pages of the origin read answers.
func (c *Config) corsFields() []fileserver.Field {
	fields := []fileserver.Field{
		{Name: "Access-Control-Allow-Origin", Value: c.CORS},
		{Name: "Access-Control-Expose-Headers", Value: "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Content-Disposition, Date, ETag, Location"},
	}
	if c.CORS != anyOrigin {
		fields = append(fields, fileserver.Field{Name: "Vary", Value: "Origin"})
	}
	return fields
}

// preflightAge is how long browsers keep what they were told, in seconds: the
// most that any of them does.
const preflightAge = "86400"

// preflight is a gate that answers when a browser asks whether a page may send
// a request (Fetch, 4.8). Handlers answer for what is theirs.
func (c *Config) preflight(r *http.Request) http.Handler {
	if r.Method != "OPTIONS" || r.Header.Get("Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" || c.isHandled(r.URL.Path) {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", c.CORS)
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		if fields := r.Header.Values("Access-Control-Request-Headers"); len(fields) > 0 {
			h.Set("Access-Control-Allow-Headers", strings.Join(fields, ", "))
		}
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
		h.Set("Access-Control-Max-Age", preflightAge)
		h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Private-Network")
		w.WriteHeader(http.StatusNoContent)
	})
}

// isHandled reports whether a path belongs to a handler.
func (c *Config) isHandled(path string) bool {
	for _, h := range c.Handlers {
		if rest, ok := strings.CutPrefix(path, h.Prefix); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// isolated are the fields with which browsers let a page have threads and clocks
// that are exact.
func (c *Config) isolated() []fileserver.Field {
	resources := "same-origin"
	if c.CORS != "" {
		resources = "cross-origin"
	}
	return []fileserver.Field{
		{Name: "Cross-Origin-Opener-Policy", Value: "same-origin"},
		{Name: "Cross-Origin-Embedder-Policy", Value: "require-corp"},
		{Name: "Cross-Origin-Resource-Policy", Value: resources},
	}
}
