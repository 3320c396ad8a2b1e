//go:build amd64 || arm64

package lane

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
)

// Requests have the same key if they are the same, and only then.
func TestKeysTellRequestsApart(t *testing.T) {
	t.Parallel()
	usual := func() *http.Request {
		return &http.Request{Method: "GET", RequestURI: "/a", Host: "h", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
			"Accept": {"a", "b"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"me"}, "Cookie": {""}, "X": {},
		}}
	}
	key := func(r *http.Request) string {
		b, ok := appendKey(nil, r)
		if !ok {
			t.Fatal("no key")
		}
		return string(b)
	}
	want := key(usual())
	for range 20 { // the order of a map is another one each time
		if got := key(usual()); got != want {
			t.Fatalf("%q and %q", got, want)
		}
	}
	seen := map[string]int{want: -1}
	for i, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = "HEAD" },
		func(r *http.Request) { r.RequestURI = "/b" },
		func(r *http.Request) { r.Host = "g" },
		func(r *http.Request) { r.RequestURI, r.Host = "/a\nh", "" },
		func(r *http.Request) { r.ProtoMinor = 0 },
		func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 },
		func(r *http.Request) { r.TLS = &tls.ConnectionState{} },
		func(r *http.Request) { r.Header["Accept"] = []string{"b", "a"} },
		func(r *http.Request) { r.Header["Accept"] = []string{"a,b"} },
		func(r *http.Request) { r.Header["Accept"] = []string{"ab"} },
		func(r *http.Request) { r.Header["Accept"] = []string{"a"} },
		func(r *http.Request) { r.Header["Accept"] = []string{"a", "b", ""} },
		func(r *http.Request) { delete(r.Header, "Accept") },
		func(r *http.Request) { delete(r.Header, "Cookie") },
		func(r *http.Request) { delete(r.Header, "X") },
		func(r *http.Request) { r.Header["Y"] = nil },
		func(r *http.Request) { r.Header["User-Agent"] = []string{"me", "X:"} },
	} {
		r := usual()
		change(r)
		got := key(r)
		if other, ok := seen[got]; ok {
			t.Errorf("%d and %d: %q", i, other, got)
		}
		seen[got] = i
	}
	long := usual()
	long.Header["Cookie"] = []string{strings.Repeat("x", maxKey)}
	many := usual()
	for i := range 30 {
		many.Header[strings.Repeat("x", i+2)] = nil
	}
	for _, r := range []*http.Request{long, many} {
		if key, ok := appendKey(nil, r); ok {
			t.Errorf("key of %d bytes", len(key))
		}
	}
}
