package fileserver_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// openFS counts the files that are open.
type openFS struct {
	fs.FS
	open *atomic.Int64
}

func (o openFS) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if err == nil {
		o.open.Add(1)
		f = &openFile{f, o.open}
	}
	return f, err
}

type openFile struct {
	fs.File
	open *atomic.Int64
}

func (f *openFile) Close() error {
	f.open.Add(-1)
	return f.File.Close()
}

// TestFilterReplacesContent has filters do to an answer what they may.
func TestFilterReplacesContent(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]func(*fileserver.Request, *fileserver.Response){
		"by its method": func(_ *fileserver.Request, p *fileserver.Response) {
			p.SetContent("text/html", []byte("<h1>injected and longer</h1>"))
		},
		"by hand": func(_ *fileserver.Request, p *fileserver.Response) { p.Content = fileserver.Content{} },
		"panic":   func(*fileserver.Request, *fileserver.Response) { panic("filter") },
	} {
		var open atomic.Int64
		s := fileserver.New(openFS{fstest.MapFS{"ten.txt": {Data: []byte("0123456789"), ModTime: time.Unix(1e9, 0)}}, &open}, fileserver.WithFilter(filter))
		for _, ranges := range []string{"", "bytes=0-1", "bytes=0-1,4-5", "bytes=99-"} {
			r := httptest.NewRequest("GET", "/ten.txt", nil)
			r.Header.Set("Range", ranges)
			w := httptest.NewRecorder()
			func() {
				defer func() { recover() }()
				s.ServeHTTP(w, r)
			}()
			if name == "by its method" && (w.Header().Get("Content-Range") != "" && w.Code == 206 || w.Header().Get("Etag") != "" || w.Body.String() != "<h1>injected and longer</h1>") {
				t.Errorf("%s, %q: %d %v %q", name, ranges, w.Code, w.Header(), w.Body)
			}
		}
		if n := open.Load(); n != 0 {
			t.Errorf("%s: %d files are open", name, n)
		}
	}
}

// TestListingOfBrokenEntries shows what cannot be looked at, and fails only
// where nothing can.
func TestListingOfBrokenEntries(t *testing.T) {
	t.Parallel()
	site := fstest.MapFS{"good.txt": {Data: []byte("x")}, "bad.txt": {Data: []byte("x")}}
	for _, c := range []struct {
		err    error
		status int
		shown  bool
	}{
		{syscall.ENOTCONN, 200, true}, {fs.ErrNotExist, 200, false}, {fs.ErrPermission, 200, false}, {syscall.EMFILE, 503, false}, {errors.New("odd"), 200, true},
	} {
		status, page := get(t, fileserver.New(failingFS{site, "bad.txt", c.err}), "/")
		if status != c.status || strings.Contains(page, "bad.txt") != c.shown {
			t.Errorf("%v: %d %q", c.err, status, page)
		}
	}
}

// failingFS fails to describe one file.
type failingFS struct {
	fstest.MapFS
	name string
	err  error
}

func (f failingFS) Stat(name string) (fs.FileInfo, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: f.err}
	}
	return f.MapFS.Stat(name)
}

// countingStatFS counts the entries that are looked at.
type countingStatFS struct {
	fstest.MapFS
	looks *atomic.Int64
}

func (c countingStatFS) Stat(name string) (fs.FileInfo, error) {
	c.looks.Add(1)
	return c.MapFS.Stat(name)
}

// TestHeadOfListing looks at no entry of a directory that is rendered while it
// is sent.
func TestHeadOfListing(t *testing.T) {
	t.Parallel()
	site := fstest.MapFS{}
	for i := range 2000 {
		site[fmt.Sprintf("folder/%d", i)] = &fstest.MapFile{}
	}
	for method, most := range map[string]int64{"HEAD": 20, "GET": 2020} {
		var looks atomic.Int64
		w := httptest.NewRecorder()
		fileserver.New(countingStatFS{site, &looks}).ServeHTTP(w, httptest.NewRequest(method, "/folder/", nil))
		if w.Code != 200 || looks.Load() > most {
			t.Errorf("%s: %d, %d looks, want at most %d", method, w.Code, looks.Load(), most)
		}
	}
}
