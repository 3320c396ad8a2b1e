package storetest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands before a store, and notes what is asked of it.
type Proxy struct {
	URL string

	server *httptest.Server

	mu       sync.Mutex
	requests []string
	meddle   func(http.ResponseWriter, *http.Request) bool
}

// NewProxy starts one that ends with the test.
func NewProxy(t testing.TB, s *Store) *Proxy {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := new(Proxy)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		r.Out.Host = r.In.Host // which is signed
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }, FlushInterval: -1}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests = append(p.requests, describe(r))
		meddle := p.meddle
		p.mu.Unlock()
		if meddle == nil || !meddle(w, r) {
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.server.Close)
	p.URL = p.server.URL
	return p
}

// describe returns a request in a few words.
func describe(r *http.Request) string {
	query := r.URL.Query()
	if query.Has("list-type") {
		return "LIST " + query.Get("prefix")
	}
	line := r.Method + " " + r.URL.Path
	if part := r.Header.Get("Range"); part != "" {
		line += " " + part
	}
	return line
}

// Meddle has f see every request before the store does. If it returns true, it
// has answered. Nil ends that.
func (p *Proxy) Meddle(f func(http.ResponseWriter, *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meddle = f
}

// Taken returns the requests since it was called last.
func (p *Proxy) Taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.requests
	p.requests = nil
	return taken
}

// Drop ends all connections to the proxy, which a client then has to open anew.
func (p *Proxy) Drop() { p.server.CloseClientConnections() }
