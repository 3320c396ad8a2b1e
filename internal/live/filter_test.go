package live

import (
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
)

func TestRevalidated(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"max-age=3600": "no-cache", "public, max-age=60": "no-cache", "": "no-cache",
		"no-cache": "no-cache", "no-store": "no-store", "private, No-Cache": "private, No-Cache",
		"public, max-age=31536000, immutable": "public, max-age=31536000, immutable",
	} {
		if got := revalidated(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// TestAnswers has pages of HTML take the script in, and nothing else.
func TestAnswers(t *testing.T) {
	t.Parallel()
	site := fstest.MapFS{
		"index.html":    {Data: []byte("<!doctype html><p>home")},
		"page.xhtml":    {Data: []byte("<html xmlns='http://www.w3.org/1999/xhtml'/>")},
		"a.txt":         {Data: []byte("<p>text")},
		"a.svg":         {Data: []byte("<svg/>")},
		"folder/a.html": {Data: []byte("<p>a")},
	}
	l := New(Options{})
	fields := []fileserver.Field{{Name: "Content-Security-Policy", Value: "script-src 'none'"}, {Name: "Content-Security-Policy-Report-Only", Value: "script-src 'none'"}, {Name: "Cache-Control", Value: "max-age=60"}}
	s := fileserver.New(site, fileserver.WithFields(fields...), fileserver.WithMount(l.Path(), l),
		fileserver.WithTransform("text/html", l.Inject), fileserver.WithFilter(l.Filter))
	for _, c := range []struct {
		method, path string
		status       int
		injected     bool
	}{
		{"GET", "/", 200, true}, {"HEAD", "/", 200, true}, {"GET", "/folder/a.html", 200, true},
		{"GET", "/missing", 404, true}, {"POST", "/", 405, true}, {"HEAD", "/missing", 404, true},
		{"GET", "/folder/", 200, false}, {"GET", "/folder", 301, false},
		{"GET", "/page.xhtml", 200, false}, {"GET", "/a.txt", 200, false}, {"GET", "/a.svg", 200, false},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		hasTag, policies := strings.Contains(w.Body.String(), l.tag()), w.Header()["Content-Security-Policy"]
		if w.Code != c.status || hasTag != (c.injected && c.method != "HEAD") || strings.Contains(policies[0], scriptHash) != c.injected {
			t.Errorf("%s %s: %d, policies %q, %q", c.method, c.path, w.Code, policies, w.Body)
		}
		if got := w.Header().Get("Content-Security-Policy-Report-Only"); got != "script-src 'none'" {
			t.Errorf("%s %s: what is only reported became %q", c.method, c.path, got)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s %s: Cache-Control: %s", c.method, c.path, got)
		}
		if got := w.Header().Get("Content-Length"); got != "" && c.status == 404 && c.method == "GET" && got != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s %s: Content-Length: %s of %d", c.method, c.path, got, w.Body.Len())
		}
	}
	w := httptest.NewRecorder()
	fileserver.New(site, fileserver.WithFilter(l.Filter)).ServeHTTP(w, httptest.NewRequest("GET", "/a.txt", nil))
	if got := w.Header()["Cache-Control"]; !slices.Equal(got, []string{"no-cache"}) {
		t.Errorf("without a field of the caller's: %q", got)
	}
	if fields[0].Value != "script-src 'none'" || fields[2].Value != "max-age=60" {
		t.Errorf("the fields of others became %q", fields)
	}
}
