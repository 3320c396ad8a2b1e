package webdav

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestPropfind(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.write("notes/a b.txt", "hello")
	s.write("notes/sub/deep.txt", "deep")
	old := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	if err := os.Chtimes(filepath.Join(s.dir, "notes/a b.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, local, want string }{
		{"/notes/a%20b.txt", "getcontentlength", "200 5"},
		{"/notes/a%20b.txt", "getcontenttype", "200 text/plain"},
		{"/notes/a%20b.txt", "getlastmodified", "200 Fri, 02 Jan 2026 03:04:05 GMT"},
		{"/notes/a%20b.txt", "displayname", "200 a b.txt"},
		{"/notes/a%20b.txt", "resourcetype", "200 "},
		{"/notes/a%20b.txt", "lockdiscovery", "200 "},
		{"/notes/a%20b.txt", "creationdate", "404 "},
		{"/notes/a%20b.txt", "quota-available-bytes", "404 "},
		{"/notes", "resourcetype", "200 <D:collection/>"},
		{"/notes/", "getcontentlength", "404 "},
		{"/notes/", "getetag", "404 "},
		{"/", "displayname", "200 "},
	} {
		if got := s.property(test.path, davSpace, test.local); got != test.want {
			t.Errorf("%s of %s: %q, want %q", test.local, test.path, got, test.want)
		}
	}
	tag := strings.ReplaceAll(s.property("/notes/a%20b.txt", davSpace, "getetag"), "&#34;", `"`)
	if got := s.do("HEAD", "/notes/a%20b.txt", "").header.Get("ETag"); tag != "200 "+got {
		t.Errorf("the tag is %q, and %q for PROPFIND", got, tag)
	}
	late := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(s.dir, "notes/sub/deep.txt"), late, late); err != nil {
		t.Fatal(err)
	}
	modified, err := http.ParseTime(strings.TrimPrefix(s.property("/notes/sub/deep.txt", davSpace, "getlastmodified"), "200 "))
	if err != nil || modified.After(time.Now()) {
		t.Errorf("%v, %v", modified, err)
	}
	if got := s.property("/notes", davSpace, "quota-available-bytes"); !strings.HasPrefix(got, "200 ") || len(got) < 6 {
		t.Errorf("quota: %q", got)
	}
	got := s.hrefs("/notes")
	slices.Sort(got)
	if want := []string{"/notes/", "/notes/a%20b.txt", "/notes/sub/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPropfindQuestions(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.write("f", "x")
	names := `<propfind xmlns="DAV:"><propname/></propfind>`
	if got := s.want(207, "PROPFIND", "/", names, "Depth: 0"); strings.Contains(got.content, "<D:collection") ||
		!strings.Contains(got.content, "<D:quota-available-bytes/>") {
		t.Error(got.content)
	}
	include := `<propfind xmlns="DAV:"><allprop/><include><quota-available-bytes/><unknown/></include></propfind>`
	if got := s.want(207, "PROPFIND", "/", include, "Depth: 0"); !strings.Contains(got.content, "<D:quota-available-bytes>") ||
		!strings.Contains(got.content, "<D:resourcetype>") {
		t.Error(got.content)
	}
	if got := s.want(207, "PROPFIND", "/", "", "Depth: 0"); strings.Contains(got.content, "quota") {
		t.Error(got.content)
	}
	if got := s.want(207, "PROPFIND", "/", "", "Depth: 1,noroot"); strings.Contains(got.content, "<D:href>/</D:href>") {
		t.Error(got.content)
	}
	empty := `<propfind xmlns="DAV:"><prop/></propfind>`
	if got := s.want(207, "PROPFIND", "/f", empty, "Depth: 0"); !strings.Contains(got.content, "200 OK") {
		t.Error(got.content)
	}
	for name, content := range map[string]string{
		"cut off":               `<propfind xmlns="DAV:"><prop>`,
		"not one element":       `<propfind xmlns="DAV:"><allprop/></propfind><more/>`,
		"text besides":          `<propfind xmlns="DAV:"><allprop/></propfind>more`,
		"two questions":         `<propfind xmlns="DAV:"><allprop/><propname/></propfind>`,
		"no question":           `<propfind xmlns="DAV:"/>`,
		"another element":       `<other xmlns="DAV:"><allprop/></other>`,
		"no namespace":          `<propfind><allprop/></propfind>`,
		"an entity":             `<!DOCTYPE a [<!ENTITY b "c">]><propfind xmlns="DAV:"><allprop/>&b;</propfind>`,
		"another encoding":      `<?xml version="1.0" encoding="utf-16"?><propfind xmlns="DAV:"><allprop/></propfind>`,
		"a colon":               `<propfind xmlns="DAV:"><prop><a:b:c xmlns:a="x"/></prop></propfind>`,
		"too much in each":      `<propfind xmlns="DAV:"><allprop/>` + strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40) + `</propfind>`,
		"too much":              `<propfind xmlns="DAV:"><allprop/>` + strings.Repeat("<a/>", maxElements) + `</propfind>`,
		"a namespace of a page": `<propfind xmlns="DAV:"><prop><a xmlns="` + strings.Repeat("x", 300) + `"/></prop></propfind>`,
	} {
		if got := s.do("PROPFIND", "/", content, "Depth: 0"); got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.content)
		}
	}
	many := `<propfind xmlns="DAV:"><prop>` + strings.Repeat("<a/>", 101) + `</prop></propfind>`
	s.want(413, "PROPFIND", "/", many, "Depth: 0")
	s.want(413, "PROPFIND", "/", `<propfind xmlns="DAV:">`+strings.Repeat(" ", maxPropfind), "Depth: 0")
	for _, depth := range []string{"2", "-1", "Infinite", "1,0", "noroot"} {
		s.want(400, "PROPFIND", "/", "", "Depth: "+depth)
	}
}

// TestPropfindInfinity says that nobody gets a whole tree at once.
func TestPropfindInfinity(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.write("f", "x")
	for _, fields := range [][]string{nil, {"Depth: infinity"}, {"Depth: Infinity"}} {
		if got := s.want(403, "PROPFIND", "/", "", fields...); !strings.Contains(got.content, "<D:propfind-finite-depth/>") {
			t.Error(got.content)
		}
		s.want(207, "PROPFIND", "/f", "", fields...) // of which there is no more
	}
}

func TestPropfindAbsent(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	private := filepath.Join(outside, "key.pem")
	s := newSite(t, settings{private: private})
	s.write("f", "x")
	s.write(".hidden/f", "x")
	s.write("sub/.f", "x")
	s.write(".gserve-0123", "x")
	s.write("key.pem", "key")
	if err := os.Link(filepath.Join(s.dir, "key.pem"), private); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"out": outside, "secret": filepath.Join(outside, "secret"), "up": "../..", "nowhere": "absent", "self": "self",
	} {
		if err := os.Symlink(to, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("f", filepath.Join(s.dir, "inside")); err != nil {
		t.Fatal(err)
	}
	makePipe(t, filepath.Join(s.dir, "pipe"))
	got := s.hrefs("/")
	slices.Sort(got)
	if want := []string{"/", "/f", "/inside", "/sub/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := s.hrefs("/sub"); len(got) != 1 {
		t.Errorf("%q", got)
	}
	for _, path := range []string{
		"/absent", "/f/", "/f/g", "/out/", "/out/secret", "/secret", "/up", "/nowhere", "/self", "/pipe", "/key.pem",
		"/.hidden", "/.hidden/f", "/sub/.f", "/.gserve-0123", "/.GSERVE-0123", "/" + strings.Repeat("x", 300),
	} {
		for _, depth := range []string{"0", "1"} {
			if got := s.want(404, "PROPFIND", path, "", "Depth: "+depth); got.content != "404 Not Found: there is no such file or folder\n" {
				t.Errorf("%s: %q", path, got.content) // the same for all
			}
		}
	}
	for _, path := range []string{"/../f", "/%2e%2e/f", "/a%2ff", "/f%00"} {
		s.want(400, "PROPFIND", path, "", "Depth: 0")
	}
}

// TestPropfindNames says that a name survives the way to a client and back.
func TestPropfindNames(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	names := []string{
		"a\nb", "<i>&amp;\"'", "100%", "%41", "a?b#c", "caf\u00e9", "cafe\u0301", "latin\xe9\xff", "\x01\x7f", "]]>", "a;b,c=d+e@f:g",
		" space ", "\u202egpj", "a\\b", "~", strings.Repeat("\u4e16", 80),
	}
	want := map[string]bool{}
	for _, name := range names {
		s.write(name, name)
		want[name] = true
	}
	for _, href := range s.hrefs("/") {
		if href == "/" {
			continue
		}
		got := s.want(200, "GET", href, "")
		if !want[got.content] {
			t.Errorf("%s: %q", href, got.content)
		}
		delete(want, got.content)
		s.want(207, "PROPFIND", href, "", "Depth: 0")
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

// TestPropfindWhileRenamed has files come and go while a folder is listed.
func TestPropfindWhileRenamed(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for i := range 300 {
		s.write(fmt.Sprintf("stays-%d", i), "x")
	}
	s.write("moves-0", "x")
	ctx, cancel := context.WithCancel(t.Context())
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		for i := 0; ctx.Err() == nil; i++ {
			os.Rename(filepath.Join(s.dir, fmt.Sprintf("moves-%d", i)), filepath.Join(s.dir, fmt.Sprintf("moves-%d", i+1)))
		}
	}()
	for range 30 {
		if got := s.hrefs("/"); len(got) < 301 {
			t.Errorf("%d entries", len(got))
		}
	}
	cancel()
	<-moved
}

// faulty fails when a folder has been read in part.
type faulty struct{ fs.FS }

func (f faulty) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if name == "." && err == nil {
		return &faultyFolder{file.(fs.ReadDirFile), 0}, nil
	}
	return file, err
}

type faultyFolder struct {
	fs.ReadDirFile
	reads int
}

func (f *faultyFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if f.reads++; f.reads > 1 {
		return nil, fs.ErrPermission
	}
	return f.ReadDirFile.ReadDir(1)
}

// TestPropfindCut says that half a listing is never taken for a whole one.
func TestPropfindCut(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{root: func(root fs.FS) fs.FS { return faulty{root} }})
	s.write("a", "x")
	s.write("b", "x")
	r, err := http.NewRequest("PROPFIND", s.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Depth", "1")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return // cut off before anything was sent
	}
	defer response.Body.Close()
	if content, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("it ended as if it were whole: %s", content)
	}
}

// TestFileSystems has what is no folder on disk be mounted to be read.
func TestFileSystems(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Root: fstest.MapFS{"a/b.txt": {Data: []byte("hello")}, "c": {}}, Prefix: "/files"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/files": "/files/ /files/a/ /files/c", "/files/a/": "/files/a/ /files/a/b.txt"} {
		got := ask(h, "PROPFIND", path, "Depth", "1")
		var hrefs []string
		for _, r := range parseMulti(t, got.Body.String()).Responses {
			hrefs = append(hrefs, r.Href)
		}
		slices.Sort(hrefs)
		if strings.Join(hrefs, " ") != want {
			t.Errorf("%s: %d %q, want %s", path, got.Code, hrefs, want)
		}
	}
	for _, path := range []string{"/", "/file", "/filesa", "/files/../c"} {
		if got := ask(h, "PROPFIND", path, "Depth", "0"); got.Code == 207 {
			t.Errorf("%s: %s", path, got.Body)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func BenchmarkPropfind(b *testing.B) {
	s := settings{}
	dir := b.TempDir()
	const files = 100_000
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%06d.jpg", i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	h, _ := newHandler(b, dir, s)
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: http.Header{}}
		r := httptest.NewRequest("PROPFIND", "/", nil)
		r.Header.Set("Depth", "1")
		h.ServeHTTP(w, r)
		b.ReportMetric(float64(w.size)/files, "B/entry")
	}
}

// sink drops what is written.
type sink struct {
	header http.Header
	size   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { s.size += len(b); return len(b), nil }
