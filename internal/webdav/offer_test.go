package webdav

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/internal/store"
)

var writing = []string{"PUT", "DELETE", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PROPPATCH"}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{readOnly: true})
	s.write("f", "x")
	got := s.want(200, "OPTIONS", "/", "")
	if got.header.Get("DAV") != "1" || got.header.Get("MS-Author-Via") != "DAV" || got.header.Get("Allow") != "GET, HEAD, OPTIONS, PROPFIND" {
		t.Errorf("%v", got.header)
	}
	for _, method := range writing {
		got := s.want(405, method, "/f", "", "Destination: /g", "Depth: 0")
		if allow := got.header.Get("Allow"); strings.Contains(allow, method) || !strings.Contains(allow, "PROPFIND") {
			t.Errorf("%s: Allow: %s", method, allow)
		}
		if got := ask(s.dav, method, "/f"); got.Code != 405 || got.Header().Get("Allow") != "GET, HEAD, OPTIONS, PROPFIND" {
			t.Errorf("%s: %d %v", method, got.Code, got.Header())
		}
	}
	if got := s.hrefs("/"); !slices.Equal(got, []string{"/", "/f"}) {
		t.Errorf("%q", got)
	}
	for _, local := range []string{"supportedlock", "lockdiscovery", "quota-available-bytes"} {
		if got := s.property("/", davSpace, local); got != "404 " {
			t.Errorf("%s: %s", local, got)
		}
	}
	if got := s.names(); !slices.Equal(got, []string{"f"}) {
		t.Errorf("%q", got)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	for _, path := range []string{"/", "/absent"} {
		got := s.want(200, "OPTIONS", path, "")
		allow := strings.Split(got.header.Get("Allow"), ", ")
		for _, method := range append(slices.Clone(writing), "GET", "HEAD", "OPTIONS", "POST", "PROPFIND") {
			if n := len(slices.DeleteFunc(slices.Clone(allow), func(m string) bool { return m != method })); n != 1 {
				t.Errorf("%s is %d times in %q", method, n, allow)
			}
		}
		if got.header.Get("DAV") != "1, 2" || got.header.Get("Accept-Patch") == "" || got.content != "" {
			t.Errorf("%v %q", got.header, got.content)
		}
	}
}

// TestFlags says that each method needs what allows it.
func TestFlags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		settings settings
		refused  []string
	}{
		{settings{noUpload: true}, []string{"PUT", "COPY", "PROPPATCH"}},
		{settings{noMkdir: true}, []string{"MKCOL"}},
		{settings{noDel: true}, []string{"DELETE"}},
		{settings{noMove: true}, []string{"MOVE"}},
	} {
		s := newSite(t, test.settings)
		s.write("f", "x")
		s.write("dir/f", "x")
		for _, method := range test.refused {
			s.want(405, method, "/f", "", "Destination: /g")
			if slices.Contains(s.dav.Methods(), method) {
				t.Errorf("%q", s.dav.Methods())
			}
		}
		if test.settings.noUpload {
			s.lock(403, "/new")
			s.lock(200, "/f", "Depth: 0")
		}
		if test.settings.noMkdir {
			s.want(403, "COPY", "/dir", "", "Destination: /dir2")
			s.want(201, "COPY", "/f", "", "Destination: /g")
		}
		if got := s.names(); len(got) != 3 && !test.settings.noMkdir {
			t.Errorf("%+v: %q", test.settings, got)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("f", "x")
	for _, fields := range [][]string{
		{"Origin: http://evil.example"}, {"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: null"},
	} {
		for _, method := range append(slices.Clone(writing), "PROPFIND") {
			s.want(403, method, "/f", "", append([]string{"Destination: /g", "Depth: 0"}, fields...)...)
		}
	}
	if got := s.names(); !slices.Equal(got, []string{"f"}) || s.read("f") != "x" {
		t.Errorf("%q", got)
	}
	s.want(207, "PROPFIND", "/f", "", "Origin: "+s.url)
	r := httptest.NewRequest("UNLOCK", "http://example.com/f", nil)
	r.Host = "" // as HTTP/1.0 allows
	r.Header.Set("Origin", "null")
	w := httptest.NewRecorder()
	if s.dav.ServeHTTP(w, r); w.Code != 403 {
		t.Errorf("%d", w.Code)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	opened, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, config := range []Config{{}, {Root: fstest.MapFS{}, Prefix: "files"}, {Root: fstest.MapFS{}, Store: opened}} {
		if _, err := New(config); err == nil {
			t.Errorf("%+v", config)
		}
	}
	h, err := New(Config{Root: os.DirFS("."), Prefix: "/"})
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(h, "PROPFIND", "/", "Depth", "0"); got.Code != http.StatusMultiStatus {
		t.Errorf("%d", got.Code)
	}
}

// TestHiddenIsAbsent says that what cannot be seen cannot be copied, moved,
// removed, locked or described, either, and nothing can get such a name.
func TestHiddenIsAbsent(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, all)
	s.write("f", "x")
	s.write(".hidden", "hidden")
	s.write("sub/.env", "env")
	s.write(".gserve-x", "draft")
	makePipe(t, filepath.Join(s.dir, "pipe"))
	for link, to := range map[string]string{"out": outside, "secret": filepath.Join(outside, "secret")} {
		if err := os.Symlink(to, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	was := s.names()
	paths := []string{"/.hidden", "/sub/.env", "/.gserve-x", "/pipe", "/out/secret", "/secret", "/out"}
	for _, path := range paths {
		for _, method := range []string{"DELETE", "PROPPATCH"} {
			s.want(404, method, path, `<propertyupdate xmlns="DAV:"><set><prop><a>b</a></prop></set></propertyupdate>`)
		}
		for _, method := range []string{"COPY", "MOVE"} {
			s.want(404, method, path, "", "Destination: /stolen")
			if got := s.do(method, "/f", "", "Destination: "+path); got.status < 400 {
				t.Errorf("%s to %s: %d", method, path, got.status)
			}
		}
		if got := s.do("LOCK", path, lockInfo); got.status < 400 {
			t.Errorf("LOCK %s: %d", path, got.status)
		}
		s.want(412, "PUT", "/g", "x", `If: <`+path+`> (["0"])`)
	}
	if len(s.dav.locks.byToken) > 0 {
		t.Error("locks are left")
	}
	if got := s.names(); !slices.Equal(got, was) || s.read("f") != "x" || s.read(".hidden") != "hidden" {
		t.Errorf("%q, was %q", got, was)
	}
}
