package fileserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// benchmarkCase is an answer that both the server and http.FileServer give.
type benchmarkCase struct {
	name   string
	path   string
	field  string // of the request
	value  string
	status int
}

var benchmarkCases = []benchmarkCase{
	{name: "hit", path: "/page.html", status: 200},
	{name: "deep", path: "/a/b/c/page.html", status: 200},
	{name: "304", path: "/page.html", field: "If-Modified-Since", value: "Fri, 02 Jan 2026 03:04:05 GMT", status: 304},
	{name: "range", path: "/page.html", field: "Range", value: "bytes=10-19", status: 206},
	{name: "404", path: "/missing.html", status: 404},
}

// benchmarkSite makes a folder with pages of 1 KiB.
func benchmarkSite(b *testing.B) string {
	dir := b.TempDir()
	for _, name := range []string{"page.html", "a/b/c/page.html"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, make([]byte, 1024), 0o644); err != nil {
			b.Fatal(err)
		}
		modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		for ; len(name) >= len(dir); name = filepath.Dir(name) {
			if err := os.Chtimes(name, modified, modified); err != nil {
				b.Fatal(err)
			}
		}
	}
	return dir
}

// discarder is a ResponseWriter that costs as little as can be.
type discarder struct {
	header http.Header
	status int
}

func (d *discarder) Header() http.Header         { return d.header }
func (d *discarder) WriteHeader(status int)      { d.status = status }
func (d *discarder) Write(b []byte) (int, error) { return len(b), nil }

func benchmarkHandler(b *testing.B, h http.Handler, c benchmarkCase) {
	r := httptest.NewRequest("GET", c.path, nil)
	if c.field != "" {
		r.Header.Set(c.field, c.value)
	}
	b.ReportAllocs()
	for b.Loop() {
		w := &discarder{header: http.Header{}}
		h.ServeHTTP(w, r)
		if w.status != c.status {
			b.Fatalf("status %d, want %d", w.status, c.status)
		}
	}
}

// sameAnswer has a handler send the fields that the server sends and
// http.FileServer alone does not; their values are for free.
func sameAnswer(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Etag"] = []string{`"dc1evxx9xb7k-sg"`}
		w.Header()["Vary"] = []string{"Accept-Encoding"}
		w.Header()["X-Content-Type-Options"] = []string{"nosniff"}
		h.ServeHTTP(w, r)
	})
}

// BenchmarkServe sets the server beside http.FileServer, answer by answer.
func BenchmarkServe(b *testing.B) {
	dir := benchmarkSite(b)
	root, err := fileserver.Dir(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	for _, c := range benchmarkCases {
		b.Run(c.name+"/gserve", func(b *testing.B) { benchmarkHandler(b, fileserver.New(root), c) })
		b.Run(c.name+"/FileServer", func(b *testing.B) { benchmarkHandler(b, sameAnswer(http.FileServer(http.Dir(dir))), c) })
	}
}

// BenchmarkRespond measures the deciding alone.
func BenchmarkRespond(b *testing.B) {
	root, err := fileserver.Dir(benchmarkSite(b))
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	s := fileserver.New(root)
	for _, c := range benchmarkCases {
		q := fileserver.Request{Method: "GET", Path: c.path}
		switch c.field {
		case "Range":
			q.Range = c.value
		case "If-Modified-Since":
			q.IfModifiedSince = c.value
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var p fileserver.Response
				s.Respond(b.Context(), &q, &p)
				if p.Status != c.status {
					b.Fatalf("status %d, want %d", p.Status, c.status)
				}
				p.Close()
			}
		})
	}
}

// BenchmarkEncoded measures a script of 350 KB that is sent in a coding: kept
// from an earlier answer, and encoded for this one.
func BenchmarkEncoded(b *testing.B) {
	dir := b.TempDir()
	settledFile(b, filepath.Join(dir, "app.js"), script(350_000))
	root, err := fileserver.Dir(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	for _, c := range compress.Codings {
		for name, size := range map[string]int64{"hit": 64 << 20, "miss": 0} {
			b.Run(c.Token()+"/"+name, func(b *testing.B) {
				s := fileserver.New(root, fileserver.WithCacheSize(size))
				r := httptest.NewRequest("GET", "/app.js", nil)
				r.Header.Set("Accept-Encoding", c.Token())
				s.ServeHTTP(&discarder{header: http.Header{}}, r)
				b.SetBytes(350_000)
				b.ReportAllocs()
				for b.Loop() {
					w := &discarder{header: http.Header{}}
					s.ServeHTTP(w, r)
					if w.header.Get("Content-Encoding") != c.Token() {
						b.Fatal("not encoded")
					}
				}
			})
		}
	}
}

// BenchmarkFolder measures a folder of 10,000 files in every form: until its
// first byte could be sent, and whole.
func BenchmarkFolder(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		settledFile(b, filepath.Join(dir, fmt.Sprintf("file-%d.txt", i)), "small")
	}
	root, err := fileserver.Dir(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	s := fileserver.New(root)
	for _, form := range []string{"format=html", "format=json", "format=text", "archive=tar", "archive=zip"} {
		for name, method := range map[string]string{"first": "HEAD", "whole": "GET"} {
			b.Run(form+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var p fileserver.Response
					s.Respond(b.Context(), &fileserver.Request{Method: method, Path: "/", Query: form}, &p)
					if method == "GET" {
						if _, err := p.WriteContent(io.Discard); err != nil {
							b.Fatal(err)
						}
					}
					p.Close()
				}
			})
		}
	}
}
