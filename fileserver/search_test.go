package fileserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// listed is the JSON form of a directory.
type listed struct {
	Name, Path         string
	Entries            []listedEntry
	Files, Directories int
	Size               *int64
	Offset, Hidden     int
	Stopped            string
}

type listedEntry struct {
	Dir, Name, URL, Type, MTime string
	Size                        *int64
}

func getListed(t *testing.T, s *fileserver.Server, target string) listed {
	t.Helper()
	status, content := get(t, s, target)
	var l listed
	if err := json.Unmarshal([]byte(content), &l); status != 200 || err != nil {
		t.Fatalf("GET %s: %d, %v: %q", target, status, err, content)
	}
	return l
}

// paths returns where the entries lie, that of folders with a slash.
func (l listed) paths() []string {
	var paths []string
	for _, e := range l.Entries {
		p := e.Dir + e.Name
		if e.Type == "directory" {
			p += "/"
		}
		paths = append(paths, p)
	}
	return paths
}

func TestSearchIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{
		"needle.txt", "a/needle-2.txt", "a/b/NEEDLE", "a/b/needles/x.txt", "a/b/needles/needle", "other", ".hidden/needle", "a/.needle", "z/hay needle stack",
	} {
		write(t, filepath.Join(dir, name), "x")
	}
	s := fileserver.New(openDir(t, dir))
	got := getListed(t, s, "/?format=json&deep=1&q=needle").paths()
	want := []string{"a/b/NEEDLE", "a/b/needles/", "a/b/needles/needle", "a/needle-2.txt", "needle.txt", "z/hay needle stack"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := getListed(t, s, "/a/?format=json&deep=1&q=needle+2").paths(); !slices.Equal(got, []string{"needle-2.txt"}) {
		t.Errorf("below a: %q", got)
	}
	for _, e := range getListed(t, s, "/?format=json&deep=1&q=needle").Entries {
		if e.Type == "file" {
			if status, content := get(t, s, "/"+strings.TrimPrefix(e.URL, "./")); status != 200 || content != "x" {
				t.Errorf("%s: %d %q", e.URL, status, content)
			}
		}
	}
}

func TestSearchSaysThatItStopped(t *testing.T) {
	t.Parallel()
	site := fstest.MapFS{}
	for i := range 1500 {
		site[fmt.Sprintf("d%d/hit%d", i%7, i)] = &fstest.MapFile{}
	}
	s := fileserver.New(site)
	if l := getListed(t, s, "/?format=json&deep=1&q=hit"); len(l.Entries) != 1000 || !strings.Contains(l.Stopped, "1000 hits") {
		t.Errorf("%d hits, stopped: %q", len(l.Entries), l.Stopped)
	}
	if l := getListed(t, s, "/?format=json&deep=1&q=hit&offset=1000"); len(l.Entries) != 500 || l.Stopped != "" {
		t.Errorf("the next page: %d hits, stopped: %q", len(l.Entries), l.Stopped)
	}
	if l := getListed(t, s, "/?format=json&deep=1&q=hit&limit=5"); len(l.Entries) != 5 {
		t.Errorf("%d hits, want 5", len(l.Entries))
	}
	if _, text := get(t, s, "/?format=text&deep=1&q=hit"); !strings.HasSuffix(text, "there may be more)\n") {
		t.Errorf("the text ends with %q", text[max(0, len(text)-80):])
	}
	if _, page := get(t, s, "/?format=html&deep=1&q=hit"); !strings.Contains(page, "1,000 hits") && !strings.Contains(page, "1000 hits") {
		t.Error("the page does not say that it stopped")
	}

	slow := fileserver.New(slowFS{site, 20 * time.Millisecond}, fileserver.WithSearchTime(30*time.Millisecond))
	if l := getListed(t, slow, "/?format=json&deep=1&q=hit"); len(l.Entries) > 20 || !strings.Contains(l.Stopped, "30ms") {
		t.Errorf("in time: %d hits, stopped: %q", len(l.Entries), l.Stopped)
	}
}

// slowFS takes its time to look at something.
type slowFS struct {
	fstest.MapFS
	delay time.Duration
}

func (s slowFS) Stat(name string) (fs.FileInfo, error) {
	time.Sleep(s.delay)
	return s.MapFS.Stat(name)
}

// TestSearchEndsWithItsClient cuts a search short, and looks whether the next
// ones find room.
func TestSearchEndsWithItsClient(t *testing.T) {
	t.Parallel()
	site := fstest.MapFS{}
	for i := range 2000 {
		site[fmt.Sprintf("d/hit%d", i)] = &fstest.MapFile{}
	}
	s := fileserver.New(slowFS{site, 2 * time.Millisecond})
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		var p fileserver.Response
		s.Respond(ctx, &fileserver.Request{Method: "GET", Path: "/", Query: "format=text&deep=1&q=hit"}, &p)
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, err := p.WriteContent(io.Discard); err == nil {
			t.Error("the search went on")
		}
		p.Close()
		cancel()
	}
	var p fileserver.Response
	s.Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/", Query: "format=text&deep=1&q=hit"}, &p)
	defer p.Close()
	if _, err := p.WriteContent(failingWriter{}); err != errFull {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failingWriter struct{}

var errFull = fs.ErrClosed

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// TestSearchFollowsLinks once, and not in a circle.
func TestSearchFollowsLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "top/a/hit"), "x")
	write(t, filepath.Join(dir, "top/b/hit"), "x")
	write(t, filepath.Join(dir, "outside/hit"), "x")
	for link, to := range map[string]string{
		"top/self": ".", "top/a/up": "..", "top/a/b": "../b", "top/b/a": "../a", "top/out": "../outside", "top/a/linked-hit": "hit",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip("links cannot be made here: ", err)
		}
	}
	got := getListed(t, fileserver.New(openDir(t, filepath.Join(dir, "top"))), "/?format=json&deep=1&q=hit").paths()
	want := []string{"a/b/hit", "a/hit", "a/linked-hit", "b/a/hit", "b/a/linked-hit", "b/hit"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestLargeFolder has more entries than are rendered in advance: they are all
// there, in every form, by every order, and those that are gone are not.
func TestLargeFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const n = 2500
	var want []string
	for i := range n {
		name := fmt.Sprintf("f%d", i)
		write(t, filepath.Join(dir, name), strings.Repeat("x", i%10))
		want = append(want, name)
	}
	s := fileserver.New(openDir(t, dir))
	l := getListed(t, s, "/?format=json")
	if !slices.Equal(l.paths(), want) || l.Files != n || l.Size == nil || *l.Size != n/10*45 {
		t.Errorf("%d entries, %d files, size %v", len(l.Entries), l.Files, l.Size)
	}
	if l := getListed(t, s, "/?format=json&sort=size&order=desc&limit=300"); len(l.Entries) != 300 || *l.Entries[0].Size != 9 || *l.Entries[299].Size != 8 || l.Files != n || *l.Size != n/10*45 {
		t.Errorf("by size: %d entries, %d files, size %v", len(l.Entries), l.Files, l.Size)
	}
	if l := getListed(t, s, "/?format=json&offset=2498"); !slices.Equal(l.paths(), want[2498:]) || l.Files != n {
		t.Errorf("the last page: %q, %d files", l.paths(), l.Files)
	}
	if _, text := get(t, s, "/?format=text"); text != strings.Join(want, "\n")+"\n" {
		t.Errorf("the text has %d lines", strings.Count(text, "\n"))
	}
	if _, page := get(t, s, "/?format=html"); strings.Count(page, `href="f`) < n {
		t.Errorf("the page has %d links", strings.Count(page, `href="f`))
	}

	var p fileserver.Response
	s.Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/", Query: "format=text"}, &p)
	defer p.Close()
	os.Remove(filepath.Join(dir, "f7"))
	w := httptest.NewRecorder()
	if _, err := p.WriteContent(w); err != nil || strings.Contains(w.Body.String(), "f7\n") || strings.Count(w.Body.String(), "\n") != n-1 {
		t.Errorf("after one is gone: %v, %d lines", err, strings.Count(w.Body.String(), "\n"))
	}
}

// TestSearchShowsHitsAtOnce has the search wait, behind its first hit, until
// the client has that.
func TestSearchShowsHitsAtOnce(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"html", "json", "text"} {
		gate := make(chan struct{})
		server := httptest.NewServer(fileserver.New(gatedFS{fstest.MapFS{"a/early-hit": {}, "b/late": {}}, gate}))
		response, err := http.Get(server.URL + "/?deep=1&q=hit&format=" + form)
		if err != nil {
			t.Fatal(err)
		}
		seen := ""
		for buf := make([]byte, 4<<10); !strings.Contains(seen, "early-hit"); {
			n, err := response.Body.Read(buf)
			if seen += string(buf[:n]); err != nil {
				t.Errorf("%s: the answer ended: %v", form, err)
				break
			}
		}
		close(gate)
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		response.Body.Close()
		server.Close()
	}
}

// gatedFS lets nobody look at b before its gate is open.
type gatedFS struct {
	fstest.MapFS
	gate chan struct{}
}

func (g gatedFS) Stat(name string) (fs.FileInfo, error) {
	if name == "b" {
		select {
		case <-g.gate:
		case <-time.After(10 * time.Second):
		}
	}
	return g.MapFS.Stat(name)
}

// TestDeepChain has folders in each other as deep as nobody means it. They keep
// nobody from the others.
func TestDeepChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chain := filepath.Join(dir, "m", strings.Repeat("d/", 300))
	write(t, filepath.Join(chain, "needle"), "x")
	write(t, filepath.Join(dir, "a/needle"), "x")
	write(t, filepath.Join(dir, "z/needle"), "x")
	s := fileserver.New(openDir(t, dir))
	l := getListed(t, s, "/?format=json&deep=1&q=needle")
	if !slices.Equal(l.paths(), []string{"a/needle", "z/needle"}) || !strings.Contains(l.Stopped, "256 folders") {
		t.Errorf("found %q, stopped: %q", l.paths(), l.Stopped)
	}
	if _, page := get(t, s, "/?format=html&deep=1&q=needle"); !strings.Contains(page, "256 folders") {
		t.Error("the page does not say so")
	}
	if status, _ := get(t, s, "/?archive=tar"); status != 500 {
		t.Errorf("an archive of it: %d", status)
	}
	if status, _ := get(t, s, "/?archive=tar&name=a&name=z"); status != 200 {
		t.Errorf("an archive of the others: %d", status)
	}
}

// TestTurns runs more searches at once than there is room for.
func TestTurns(t *testing.T) {
	t.Parallel()
	s := fileserver.New(fstest.MapFS{"a/hit": {}})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if got := getListed(t, s, "/?format=json&deep=1&q=hit").paths(); !slices.Equal(got, []string{"a/hit"}) {
				t.Errorf("found %q", got)
			}
		})
	}
	all.Wait()
}
