package upload

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/store"
)

// site is a Handler over a folder of its own, and what it needs to be asked.
type site struct {
	t   *testing.T
	dir string
	url string
}

// all allows everything.
var all = Config{Upload: true, Mkdir: true, Delete: true, Move: true}

func sized(info fs.FileInfo) string { return fmt.Sprintf(`"%d"`, info.Size()) }

func serve(t *testing.T, options store.Options, config Config) site {
	t.Helper()
	return serveDir(t, t.TempDir(), options, config)
}

func serveDir(t *testing.T, dir string, options store.Options, config Config) site {
	t.Helper()
	server := httptest.NewServer(newHandler(t, dir, options, config))
	t.Cleanup(server.Close)
	return site{t, dir, server.URL}
}

func newHandler(t *testing.T, dir string, options store.Options, config Config) *Handler {
	t.Helper()
	options.ETag = sized
	s, err := store.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	config.Store = s
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// answer is what a request got.
type answer struct {
	status  int
	header  http.Header
	content string
}

// ask sends a request. Fields are "Name: value".
func (s site) ask(method, path, content string, fields ...string) answer {
	s.t.Helper()
	return s.send(method, path, strings.NewReader(content), fields...)
}

func (s site) send(method, path string, content io.Reader, fields ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, field := range fields {
		if name, value, ok := strings.Cut(field, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (a answer) want(t *testing.T, what string, status int) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: %d %q, want %d", what, a.status, a.content, status)
	}
	return a
}

// files returns what is in the folder, by name; folders end with a slash.
func (s site) files() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == s.dir {
			return err
		}
		name, _ := filepath.Rel(s.dir, path)
		if d.IsDir() {
			found[filepath.ToSlash(name)+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(path)
		found[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	return found
}

func (s site) wantFiles(what string, want map[string]string) {
	s.t.Helper()
	if got := s.files(); !maps.Equal(got, want) {
		s.t.Errorf("%s: there is %.500q, want %.500q", what, got, want)
	}
}

// visible returns the names of files that are no drafts.
func (s site) visible() (names []string) {
	s.t.Helper()
	for name := range s.files() {
		if !strings.Contains(name, store.Prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// makeForm makes the content of a multipart form: names with "=" are text fields,
// others files with their content after the last ":".
func makeForm(t *testing.T, parts ...string) (content, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range parts {
		if name, value, ok := strings.Cut(part, "="); ok {
			w.WriteField(name, value)
			continue
		}
		colon := strings.LastIndexByte(part, ':')
		name, value := part[:colon], part[colon+1:]
		p, err := w.CreatePart(map[string][]string{
			"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`},
			"Content-Type":        {"application/octet-stream"},
		})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(p, value)
	}
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}
