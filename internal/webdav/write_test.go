package webdav

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.want(201, "MKCOL", "/dir", "")
	s.want(405, "MKCOL", "/dir/", "")
	s.want(201, "PUT", "/dir/f", "one")
	s.want(204, "PUT", "/dir/f", "two")
	s.want(412, "PUT", "/dir/f", "three", "If-None-Match: *")
	s.want(412, "PUT", "/dir/f", "three", `If-Match: "other"`)
	s.want(409, "PUT", "/absent/f", "x")
	s.want(409, "PUT", "/dir", "x")
	s.want(405, "PUT", "/g/", "x")
	if s.read("dir/f") != "two" {
		t.Error(s.read("dir/f"))
	}
	s.want(400, "DELETE", "/dir", "", "Depth: 0")
	s.want(404, "DELETE", "/dir/f/", "")
	s.want(204, "DELETE", "/dir", "") // without the slash that the Writer wants
	s.want(404, "DELETE", "/dir", "")
	s.want(403, "DELETE", "/", "")
	if got := s.names(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestNoOverwrite(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.write("f", "old")
	s.write("g", "new")
	s.write("d/f", "in it")
	s.write("empty", "")
	s.want(409, "PUT", "/f", "x")
	s.want(409, "PUT", "/empty", "x") // which somebody else has made
	for _, overwrite := range []string{"T", "F", ""} {
		for _, method := range []string{"COPY", "MOVE"} {
			s.want(412, method, "/g", "", "Destination: /f", "Overwrite: "+overwrite)
			s.want(412, method, "/g", "", "Destination: /d", "Overwrite: "+overwrite)
			s.want(412, method, "/d", "", "Destination: /f", "Overwrite: "+overwrite)
		}
	}
	s.want(400, "MOVE", "/g", "", "Destination: /h", "Overwrite: maybe")
	if s.read("f") != "old" || s.read("g") != "new" || s.read("d/f") != "in it" || s.read("empty") != "" {
		t.Errorf("%q", s.names())
	}
}

// TestFinder does as the file manager of macOS does to store a file.
func TestFinder(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.want(404, "PROPFIND", "/a.txt", "", "Depth: 0")
	s.want(201, "PUT", "/a.txt", "")
	token := s.lock(200, "/a.txt", "Depth: 0", "Timeout: Second-600")
	s.want(404, "PROPFIND", "/._a.txt", "", "Depth: 0")
	s.want(201, "PUT", "/._a.txt", "")
	s.want(207, "PROPFIND", "/._a.txt", "", "Depth: 0")
	double := s.lock(200, "/._a.txt", "Depth: 0")
	s.want(423, "PUT", "/._a.txt", "resource fork")
	s.want(204, "PUT", "/._a.txt", "resource fork", "If: ("+double+")")
	if got := s.property("/._a.txt", davSpace, "getcontentlength"); got != "200 13" {
		t.Error(got)
	}
	s.want(204, "UNLOCK", "/._a.txt", "", "Lock-Token: "+double)
	s.want(423, "PUT", "/a.txt", "content")
	s.want(201, "PUT", "/a.txt", "content", "If: ("+token+")")
	s.want(204, "UNLOCK", "/a.txt", "", "Lock-Token: "+token)
	s.want(409, "PUT", "/a.txt", "again") // which is no longer empty
	s.want(201, "PUT", "/.DS_Store", "x")
	s.want(201, "MOVE", "/._a.txt", "", "Destination: /._b.txt")
	s.want(404, "PROPFIND", "/._a.txt", "", "Depth: 0")
	s.want(403, "MOVE", "/._b.txt", "", "Destination: /b.txt")
	s.want(404, "COPY", "/._b.txt", "", "Destination: /b.txt")
	s.want(204, "DELETE", "/._b.txt", "")
	s.want(404, "DELETE", "/._b.txt", "")
	s.want(403, "PUT", "/absent/._a.txt", "x")
	s.want(403, "PUT", "/.other", "x")
	s.want(403, "MKCOL", "/.DS_Store/", "")
	if got := s.names(); !slices.Equal(got, []string{"a.txt"}) || s.read("a.txt") != "content" {
		t.Errorf("%q %s", got, s.read("a.txt"))
	}
	if got := s.hrefs("/"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// TestHiddenDoubles says that they are stored where hidden names are allowed.
func TestHiddenDoubles(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{hidden: true})
	s.want(201, "PUT", "/._a.txt", "resource fork")
	s.want(201, "PUT", "/.DS_Store", "x")
	s.want(400, "PUT", "/.gserve-x", "x")
	if got := s.names(); !slices.Equal(got, []string{".DS_Store", "._a.txt"}) {
		t.Errorf("%q", got)
	}
}

// TestExplorer does as the file manager of Windows does to store a file.
func TestExplorer(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	token := s.lock(201, "/a.txt", "Depth: 0", "Timeout: Second-3600")
	s.want(201, "PUT", "/a.txt", "", "If: ("+token+")")
	s.want(201, "PUT", "/a.txt", "content", "If: ("+token+")")
	attributes := `<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>` +
		`<Z:Win32CreationTime>Fri, 20 Nov 2026 10:00:00 GMT</Z:Win32CreationTime><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>`
	s.want(423, "PROPPATCH", "/a.txt", attributes)
	if got := s.want(207, "PROPPATCH", "/a.txt", attributes, "If: ("+token+")"); !strings.Contains(got.content, "200 OK") || strings.Contains(got.content, "40") {
		t.Error(got.content)
	}
	s.want(204, "UNLOCK", "/a.txt", "", "Lock-Token: "+token)
	if got := s.property("/a.txt", "urn:schemas-microsoft-com:", "Win32FileAttributes"); got != "200 00000020" {
		t.Error(got)
	}
	if got := s.names(); !slices.Equal(got, []string{"a.txt"}) || s.read("a.txt") != "content" {
		t.Errorf("%q %s", got, s.read("a.txt"))
	}
}

// TestBlank says who may fill an empty file, and when.
func TestBlank(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{max: 10})
	var now atomic.Int64
	s.dav.blanks.now = func() time.Time { return time.Unix(now.Load(), 0) }
	s.want(201, "PUT", "/late", "")
	now.Add(int64(blankTime/time.Second) + 1)
	s.want(409, "PUT", "/late", "x")

	s.want(201, "PUT", "/other", "")
	if s.dav.blanks.take("other", "192.0.2.1", must(s.dav.stat("other"))) {
		t.Error("another client may fill it")
	}

	s.want(201, "PUT", "/changed", "")
	s.write("changed", "by others")
	s.want(409, "PUT", "/changed", "x")

	s.want(201, "PUT", "/large", "")
	s.want(413, "PUT", "/large", "more than ten bytes")
	if s.read("large") != "" {
		t.Error("a file that could not be filled is gone")
	}
	s.want(201, "PUT", "/large", "less")

	for i := range maxBlanks + 10 {
		s.dav.blanks.add(fmt.Sprint(i), "", must(s.dav.stat("late")))
	}
	if len(s.dav.blanks.byName) > maxBlanks {
		t.Error("too many are remembered")
	}
	for i := range maxDoubles + 10 {
		s.dav.doubles.add(fmt.Sprint(i), 1)
	}
	if len(s.dav.doubles.byName) > maxDoubles {
		t.Error("too many are remembered")
	}
}

// TestShort says that content which does not arrive leaves nothing.
func TestShort(t *testing.T) {
	t.Parallel()
	for _, blank := range []bool{false, true} {
		s := newSite(t, settings{})
		if blank {
			s.want(201, "PUT", "/f", "")
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf")
		conn.(*net.TCPConn).CloseWrite()
		if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && response.StatusCode < 400 {
			t.Errorf("%d", response.StatusCode)
		}
		conn.Close()
		want := []string(nil)
		if blank {
			want = []string{"f"}
		}
		var got []string
		for range 500 {
			if got = s.names(); slices.Equal(got, want) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !slices.Equal(got, want) || blank && s.read("f") != "" {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestManyWriters has one name be written, moved, removed and locked by many.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.want(201, "MKCOL", "/d", "")
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			content := strings.Repeat(fmt.Sprint(i), 1000)
			for range 10 {
				s.do("PUT", "/d/f", content)
				s.do("MOVE", "/d/f", "", "Destination: /d/g", "Overwrite: T")
				s.do("COPY", "/d", "", "Destination: /e", "Overwrite: T")
				if got := s.do("LOCK", "/d/f", lockInfo); got.status < 300 {
					s.do("PUT", "/d/f", content, "If: ("+got.header.Get("Lock-Token")+")")
					s.do("UNLOCK", "/d/f", "", "Lock-Token: "+got.header.Get("Lock-Token"))
				}
				s.do("PROPFIND", "/d", "", "Depth: 1")
				s.do("DELETE", "/d/g", "")
			}
		})
	}
	wait.Wait()
	for _, name := range s.names() {
		info := must(os.Stat(filepath.Join(s.dir, name)))
		if content := s.read(name); !info.IsDir() && content != "" && content != strings.Repeat(content[:1], 1000) {
			t.Errorf("%s: %q", name, content)
		}
		if strings.Contains(name, ".gserve-") || strings.Contains(name, "replaced-") {
			t.Errorf("%s is left", name)
		}
	}
	if n := len(s.dav.locks.claims); n > 0 {
		t.Errorf("%d claims are left", n)
	}
}
