package webdav

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/store"
	"github.com/gserve/gserve/internal/upload"
)

// settings are what a user chooses.
type settings struct {
	readOnly, overwrite, hidden      bool
	noUpload, noMkdir, noDel, noMove bool
	max                              int64
	private                          string // file that is never sent
	root                             func(fs.FS) fs.FS
}

var all = settings{overwrite: true}

// site is a folder that is served as the program does it.
type site struct {
	t   testing.TB
	dir string
	url string
	dav *Handler
}

func newSite(t testing.TB, s settings) site {
	t.Helper()
	dir := t.TempDir()
	h, dav := newHandler(t, dir, s)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return site{t, dir, server.URL, dav}
}

func newHandler(t testing.TB, dir string, s settings) (http.Handler, *Handler) {
	t.Helper()
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	var served *fileserver.Server
	config := Config{Root: root, Shows: func(name string, info fs.FileInfo) bool {
		if s.private != "" {
			if private, err := os.Stat(s.private); err == nil && os.SameFile(private, info) {
				return false
			}
		}
		return !served.Bars(name)
	}}
	if s.root != nil {
		config.Root = s.root(root)
	}
	if !s.readOnly {
		config.Upload, config.Mkdir, config.Delete, config.Move = !s.noUpload, !s.noMkdir, !s.noDel, !s.noMove
		config.Store = newStore(t, dir, s)
		config.Writer, err = upload.New(upload.Config{
			Store: config.Store, Upload: config.Upload, Mkdir: config.Mkdir, Delete: config.Delete, Move: config.Move,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	config.Log = func(r *http.Request, err error) {
		if strings.HasPrefix(meaningOf(err).Error(), "500") && !errors.Is(err, errCut) {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
	}
	dav, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	options := []fileserver.Option{fileserver.WithWriter(dav, dav.Methods()...)}
	if s.hidden {
		options = append(options, fileserver.WithHidden())
	}
	served = fileserver.New(root, options...)
	return served, dav
}

func newStore(t testing.TB, dir string, s settings) *store.Store {
	t.Helper()
	opened, err := store.Open(dir, store.Options{
		Overwrite: s.overwrite, Hidden: s.hidden, Max: s.max,
		ETag: func(info fs.FileInfo) string { return string(fileserver.TagOf(info, time.Now())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened
}

// reply is an answer that has been read.
type reply struct {
	status  int
	header  http.Header
	content string
}

// do sends a request with fields, each "Name: value".
func (s site) do(method, path, content string, fields ...string) reply {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(got)}
}

// want sends a request and looks at its status.
func (s site) want(status int, method, path, content string, fields ...string) reply {
	s.t.Helper()
	got := s.do(method, path, content, fields...)
	if got.status != status {
		s.t.Errorf("%s %s %q: %d %s, want %d", method, path, fields, got.status, got.content, status)
	}
	if got.content != "" && strings.HasPrefix(got.header.Get("Content-Type"), "application/xml") {
		wellFormed(s.t, got.content)
	}
	return got
}

func wellFormed(t testing.TB, content string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(content)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v: %s", err, content)
		}
	}
}

func (s site) write(name, content string) {
	s.t.Helper()
	full := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// read returns the content of a file, or why there is none.
func (s site) read(name string) string {
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return "absent"
	}
	return string(content)
}

// names returns all that lies in the folder, hidden or not.
func (s site) names() (names []string) {
	filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, _ error) error {
		if rel, _ := filepath.Rel(s.dir, path); rel != "." {
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	return names
}

// multi is an answer of several parts.
type multi struct {
	Responses []struct {
		Href      string `xml:"DAV: href"`
		Status    string `xml:"DAV: status"`
		Propstats []struct {
			Status string `xml:"DAV: status"`
			Prop   struct {
				Any []struct {
					XMLName xml.Name
					Inner   string `xml:",innerxml"`
				} `xml:",any"`
			} `xml:"DAV: prop"`
		} `xml:"DAV: propstat"`
	} `xml:"DAV: response"`
}

func parseMulti(t testing.TB, content string) (m multi) {
	t.Helper()
	if err := xml.Unmarshal([]byte(content), &m); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return m
}

// hrefs lists a folder.
func (s site) hrefs(path string) (hrefs []string) {
	s.t.Helper()
	got := s.want(http.StatusMultiStatus, "PROPFIND", path, "", "Depth: 1")
	for _, r := range parseMulti(s.t, got.content).Responses {
		hrefs = append(hrefs, r.Href)
	}
	return hrefs
}

// property returns what PROPFIND tells of a property, with its status.
func (s site) property(path, space, local string) string {
	s.t.Helper()
	ask := fmt.Sprintf(`<propfind xmlns="DAV:"><prop><p:%s xmlns:p="%s"/></prop></propfind>`, local, space)
	got := s.want(http.StatusMultiStatus, "PROPFIND", path, ask, "Depth: 0")
	for _, r := range parseMulti(s.t, got.content).Responses {
		for _, p := range r.Propstats {
			for _, value := range p.Prop.Any {
				if value.XMLName == (xml.Name{Space: space, Local: local}) {
					return strings.Fields(p.Status)[1] + " " + value.Inner
				}
			}
		}
	}
	return "none"
}

const lockInfo = `<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>` +
	`<D:locktype><D:write/></D:locktype><D:owner><D:href>http://example.com/me</D:href></D:owner></D:lockinfo>`

// lock takes a lock and returns its token with its brackets.
func (s site) lock(status int, path string, fields ...string) string {
	s.t.Helper()
	return s.want(status, "LOCK", path, lockInfo, fields...).header.Get("Lock-Token")
}

// ask has a handler answer without a listener.
func ask(h http.Handler, method, path string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://example.com"+path, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
