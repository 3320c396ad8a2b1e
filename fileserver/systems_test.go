package fileserver_test

import (
	"archive/zip"
	"bytes"
	"embed"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

//go:embed systems_test.go
var embedded embed.FS

// TestFileSystems asks the same of every kind of file system.
func TestFileSystems(t *testing.T) {
	t.Parallel()
	const content = "package, 0123456789 and so on"
	dir := t.TempDir()
	write(t, filepath.Join(dir, "docs/file.txt"), content)
	own, err := embedded.ReadFile("systems_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		fsys    fs.FS
		target  string
		content string
		ranges  bool
	}{
		{"Dir", openDir(t, dir), "/docs/file.txt", content, true},
		{"Unconfined", fileserver.Unconfined(dir), "/docs/file.txt", content, true},
		{"os.DirFS", os.DirFS(dir), "/docs/file.txt", content, true},
		{"fstest.MapFS", fstest.MapFS{"docs/file.txt": {Data: []byte(content)}}, "/docs/file.txt", content, true},
		{"embed.FS", embedded, "/systems_test.go", string(own), true},
		{"zip deflated", zipped(t, zip.Deflate, content), "/docs/file.txt", content, false},
		{"zip stored", zipped(t, zip.Store, content), "/docs/file.txt", content, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := fileserver.New(c.fsys)
			if status, got := get(t, s, c.target); status != 200 || got != c.content {
				t.Errorf("GET %s: %d %q", c.target, status, got)
			}
			for target, want := range map[string]int{"/": 200, "/missing": 404, c.target + "/": 404, c.target + "/x": 404, "/docs/missing/": 404} {
				if status, _ := get(t, s, target); status != want {
					t.Errorf("GET %s: %d, want %d", target, status, want)
				}
			}
			r := httptest.NewRequest("GET", c.target, nil)
			r.Header.Set("Range", "bytes=9-18")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if want := c.content[9:19]; c.ranges && (w.Code != 206 || w.Body.String() != want) {
				t.Errorf("range: %d %q, want %q", w.Code, w.Body, want)
			}
			if !c.ranges && (w.Code != 200 || w.Body.String() != c.content || w.Header().Get("Accept-Ranges") != "") {
				t.Errorf("range of what cannot seek: %d %q %v", w.Code, w.Body, w.Header())
			}
		})
	}
}

func zipped(t *testing.T, method uint16, content string) fs.FS {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "docs/file.txt", Method: method, Modified: time.Unix(1e9, 0)})
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, content)
	w.Close()
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
