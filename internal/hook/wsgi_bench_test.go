//go:build unix

package hook

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// silent is where an answer goes that nobody looks at.
type silent struct{ header http.Header }

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(int)             {}

// BenchmarkWSGI is one request after the other, to the application and back,
// without HTTP.
func BenchmarkWSGI(b *testing.B) {
	s := startSite(b, WSGIConfig{App: "specs:one"})
	r := httptest.NewRequest("GET", "/path?query", nil)
	for _, name := range []string{"Accept", "Accept-Encoding", "User-Agent", "Cookie"} {
		r.Header.Set(name, "some value of a usual length, or so")
	}
	w := &silent{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		s.app.ServeHTTP(w, r)
	}
}

// BenchmarkReload is from a save to the first answer of the new code.
func BenchmarkReload(b *testing.B) {
	for name, code := range map[string]string{
		"bare":  version(0),
		"flask": "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef hello(): return 'hello'\n",
	} {
		b.Run(name, func(b *testing.B) {
			if name == "flask" {
				needs(b, "flask")
			}
			dir := b.TempDir()
			writeApp(b, dir, "live.py", code)
			s := startSite(b, WSGIConfig{App: "live", Dir: dir, Watch: true})
			for b.Loop() {
				writeApp(b, dir, "live.py", code)
				s.app.Reload()
				if got := s.get("/"); got.status != http.StatusOK {
					b.Fatal(got.status, got.content)
				}
			}
		})
	}
}
