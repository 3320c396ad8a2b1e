//go:build amd64 || arm64

package lane

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
)

// What changes shows in the very next answer, whatever it is that changes.
func TestNeverStale(t *testing.T) {
	t.Parallel()
	const old = "the old content"
	outside := t.TempDir()
	put(t, outside, map[string]string{"a.txt": "outside", "b/a.txt": "outside", "c/b/a.txt": "outside"})
	tests := []struct {
		name   string
		path   string // "/a/b/a.txt" if empty
		fields string
		opts   []fileserver.Option
		change func(dir string) error
	}{
		{name: "written in place", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte("THE OLD CONTENT"), 0)
		}},
		{name: "written in place, its time set back", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			info, err := os.Stat(name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(name, []byte("THE OLD CONTENT"), 0); err != nil {
				return err
			}
			return os.Chtimes(name, info.ModTime(), info.ModTime())
		}},
		{name: "grown", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte(old+old), 0)
		}},
		{name: "replaced by a file of the same size and time", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			info, err := os.Stat(name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(name+"2", []byte("THE OLD CONTENT"), 0o644); err != nil {
				return err
			}
			os.Chtimes(name+"2", info.ModTime(), info.ModTime())
			return os.Rename(name+"2", name)
		}},
		{name: "removed", change: func(dir string) error { return os.Remove(filepath.Join(dir, "a/b/a.txt")) }},
		{name: "forbidden", change: func(dir string) error { return os.Chmod(filepath.Join(dir, "a/b/a.txt"), 0) }},
		{name: "folder forbidden", change: func(dir string) error { return os.Chmod(filepath.Join(dir, "a/b"), 0) }},
		{name: "upper folder forbidden", change: func(dir string) error { return os.Chmod(filepath.Join(dir, "a"), 0) }},
		{name: "replaced by a FIFO", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			os.Remove(name)
			return syscall.Mkfifo(name, 0o644)
		}},
		{name: "replaced by a folder", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			os.Remove(name)
			return os.Mkdir(name, 0o755)
		}},
		{name: "replaced by a link to a file outside", change: func(dir string) error {
			return relink(filepath.Join(dir, "a/b/a.txt"), filepath.Join(outside, "a.txt"))
		}},
		{name: "replaced by a link to a hidden file", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			if err := os.Rename(name, filepath.Join(dir, ".a.txt")); err != nil {
				return err
			}
			return os.Symlink("../../.a.txt", name)
		}},
		{name: "moved out, and a link in its place", change: func(dir string) error {
			name := filepath.Join(dir, "a/b/a.txt")
			if err := os.Rename(name, filepath.Join(outside, "moved.txt")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "moved.txt"), name)
		}},
		{name: "folder moved", change: func(dir string) error {
			return os.Rename(filepath.Join(dir, "a/b"), filepath.Join(dir, "a/c"))
		}},
		{name: "upper folder moved", change: func(dir string) error {
			return os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "c"))
		}},
		{name: "folder moved out, and a link in its place", change: func(dir string) error {
			if err := os.Rename(filepath.Join(dir, "a/b"), filepath.Join(outside, "moved1")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "moved1"), filepath.Join(dir, "a/b"))
		}},
		{name: "upper folder moved out, and a link in its place", change: func(dir string) error {
			if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(outside, "moved2")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(outside, "moved2"), filepath.Join(dir, "a"))
		}},
		{name: "folder replaced by another", change: func(dir string) error {
			os.Rename(filepath.Join(dir, "a/b"), filepath.Join(dir, "a/c"))
			os.Mkdir(filepath.Join(dir, "a/b"), 0o755)
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte("new"), 0o644)
		}},
		{name: "root replaced by another", change: func(dir string) error {
			os.Rename(dir, dir+"2")
			os.MkdirAll(filepath.Join(dir, "a/b"), 0o755)
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte("new"), 0o644)
		}},
		{name: "root removed and made anew", change: func(dir string) error {
			os.RemoveAll(dir)
			os.MkdirAll(filepath.Join(dir, "a/b"), 0o755)
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte("new"), 0o644)
		}},
		{name: "a sidecar comes", fields: "Accept-Encoding: br\r\n", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt.br"), []byte("coded"), 0o644)
		}},
		{name: "a sidecar changes", path: "/a/b/coded.txt", fields: "Accept-Encoding: gzip\r\n", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/coded.txt.gz"), []byte("CODED"), 0)
		}},
		{name: "a sidecar becomes too old", path: "/a/b/coded.txt", fields: "Accept-Encoding: gzip\r\n", change: func(dir string) error {
			return os.Chtimes(filepath.Join(dir, "a/b/coded.txt.gz"), time.Unix(1, 0), time.Unix(1, 0))
		}},
		{name: "the original of a sidecar changes", path: "/a/b/coded.txt", fields: "Accept-Encoding: gzip\r\n", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/coded.txt"), []byte("newer"), 0)
		}},
		{name: "a sidecar goes", path: "/a/b/coded.txt", fields: "Accept-Encoding: gzip\r\n", change: func(dir string) error {
			return os.Remove(filepath.Join(dir, "a/b/coded.txt.gz"))
		}},
		{name: "an index comes before", path: "/a/b/", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/index.html"), []byte("index.html"), 0o644)
		}},
		{name: "an index changes", path: "/a/b/", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/index.htm"), []byte("INDEX.HTM"), 0)
		}},
		{name: "an index goes", path: "/a/b/", change: func(dir string) error {
			return os.Remove(filepath.Join(dir, "a/b/index.htm"))
		}},
		{name: "a file takes the clean URL", path: "/a/b/page", opts: []fileserver.Option{fileserver.WithCleanURLs()}, change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/page"), []byte("page"), 0o644)
		}},
		{name: "a folder takes the clean URL", path: "/a/b/page", opts: []fileserver.Option{fileserver.WithCleanURLs()}, change: func(dir string) error {
			os.Mkdir(filepath.Join(dir, "a/b/page"), 0o755)
			return os.WriteFile(filepath.Join(dir, "a/b/page/index.html"), []byte("page"), 0o644)
		}},
		{name: "a private folder becomes a name of it", path: "/top.txt", opts: []fileserver.Option{fileserver.WithPrivateFolders("_private")}, change: func(dir string) error {
			return os.Symlink("top.txt", filepath.Join(dir, "_private"))
		}},
		{name: "a private folder becomes a name of its folder", opts: []fileserver.Option{fileserver.WithPrivateFolders("_private")}, change: func(dir string) error {
			return os.Symlink("a", filepath.Join(dir, "_private"))
		}},
		{name: "a path that is private leads to it", opts: []fileserver.Option{fileserver.WithPrivate(filepath.Join(outside, "key"))}, change: func(dir string) error {
			return os.Symlink(filepath.Join(dir, "a/b/a.txt"), filepath.Join(outside, "key"))
		}},
		{name: "it becomes private under another name", opts: []fileserver.Option{fileserver.WithPrivate(filepath.Join(outside, "linked"))}, change: func(dir string) error {
			return os.Link(filepath.Join(dir, "a/b/a.txt"), filepath.Join(outside, "linked"))
		}},
		{name: "a validator of before", fields: "If-Modified-Since: " + time.Now().Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") + "\r\n", change: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a/b/a.txt"), []byte("new"), 0)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "root")
			put(t, dir, map[string]string{
				"a/b/a.txt": old, "a/b/index.htm": "index.htm", "a/b/page.html": "page.html", "top.txt": "top",
				"a/b/coded.txt": "original", "a/b/coded.txt.gz": "coded",
			})
			os.Chtimes(filepath.Join(dir, "a/b/coded.txt"), time.Unix(1e9, 0), time.Unix(1e9, 0))
			time.Sleep(2 * quickly)
			t.Cleanup(func() {
				os.Chmod(filepath.Join(dir, "a"), 0o755)
				os.Chmod(filepath.Join(dir, "a/b"), 0o755)
			})
			s := serveBoth(t, dir, Options{}, tt.opts...)
			path := tt.path
			if path == "" {
				path = "/a/b/a.txt"
			}
			before := s.get(t, s.with, path, tt.fields)
			if !s.remembers(path, tt.fields) {
				t.Fatalf("not remembered: %s", before)
			}
			if again := s.get(t, s.with, path, tt.fields); again != before {
				t.Fatalf("first %s\nthen %s", before, again)
			}
			for range 2 {
				if again := s.get(t, s.recalls, path, tt.fields); again != before {
					t.Fatalf("first %s\nrecalled %s", before, again)
				}
			}
			if s.memory.memory.len() != 1 {
				t.Fatalf("net/http does not remember: %s", before)
			}
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				want := s.get(t, s.without, path, tt.fields)
				if got := s.get(t, s.with, path, tt.fields); got != want {
					t.Errorf("with the lane %s\nwithout %s", got, want)
				}
				if got := s.get(t, s.recalls, path, tt.fields); got != want {
					t.Errorf("recalled %s\ndecided %s", got, want)
				}
			}
		})
	}
}

// relink has a name be a link to another place.
func relink(name, to string) error {
	if err := os.Remove(name); err != nil {
		return err
	}
	return os.Symlink(to, name)
}

// What has just changed is answered, and not remembered.
func TestUnsettledIsNotRemembered(t *testing.T) {
	t.Parallel()
	for _, late := range []string{"file", "folder"} {
		dir := t.TempDir()
		s := serveBoth(t, dir, Options{})
		s.lane.settling, s.memory.settling = time.Hour, time.Hour
		put(t, dir, map[string]string{"a.txt": "a"})
		if late == "folder" {
			s.lane.settling = quickly
			os.WriteFile(filepath.Join(dir, "other"), nil, 0o644)
			if err := os.Chtimes(dir, time.Now().Add(time.Hour), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		s.get(t, s.with, "/a.txt", "")
		s.get(t, s.recalls, "/a.txt", "")
		if s.remembers("/a.txt", "") || late == "file" && s.memory.memory.len() > 0 {
			t.Errorf("%s: remembered", late)
		}
		if s.passed.Load() > 0 && late == "folder" {
			t.Errorf("%s: passed on", late)
		}
	}
}

// What is reached by a link is not remembered: nothing tells of the change of
// where it leads.
func TestLinksAreNotRemembered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a/a.txt": "a", "b/b.txt": "b"})
	os.Symlink("a", filepath.Join(dir, "link"))
	os.Symlink("a/a.txt", filepath.Join(dir, "link.txt"))
	os.Symlink("../a/a.txt", filepath.Join(dir, "b/b.txt.gz"))
	time.Sleep(2 * quickly)
	s := serveBoth(t, dir, Options{})
	for _, path := range []string{"/link/a.txt", "/link.txt", "/b/b.txt"} {
		if got, want := s.get(t, s.with, path, ""), s.get(t, s.without, path, ""); got != want {
			t.Errorf("%s: with the lane %s\nwithout %s", path, got, want)
		}
		if s.remembers(path, "") {
			t.Errorf("%s: remembered", path)
		}
	}
}

// A new generation has everything decided anew.
func TestGeneration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a.txt": "a"})
	var generation atomic.Uint64
	s := serveBoth(t, dir, Options{Generation: generation.Load}, fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) {
		p.Extra = append(p.Extra, fileserver.Field{Name: "X-Generation", Value: strings.Repeat("i", int(generation.Load()))})
	}))
	for range 3 {
		for _, addr := range []string{s.with, s.recalls} {
			s.get(t, addr, "/a.txt", "")
			if got := s.get(t, addr, "/a.txt", ""); !strings.Contains(got, "X-Generation: "+strings.Repeat("i", int(generation.Load()))+"\r\n") {
				t.Errorf("generation %d: %s", generation.Load(), got)
			}
		}
		generation.Add(1)
	}
}

// When the folder that is served has become another one, nothing of the former is
// remembered, though it is still there under another name.
func TestRootIsRenewed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "root")
	put(t, dir, map[string]string{"b/a.txt": "old"})
	s := serveBoth(t, dir, Options{})
	s.get(t, s.with, "/b/a.txt", "")
	if !s.remembers("/b/a.txt", "") {
		t.Fatal("not remembered")
	}
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	put(t, dir, map[string]string{"b/a.txt": "new"})
	for range 2 {
		if got := s.get(t, s.with, "/b/a.txt", ""); !strings.HasSuffix(got, "\r\n\r\nnew") {
			t.Errorf("got %s", got)
		}
	}
}

// The date of an answer from memory is that of the answer.
func TestDate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a.txt": "a"})
	s := serveBoth(t, dir, Options{})
	c := dial(t, s.with)
	for range 3 {
		before := time.Now().Truncate(time.Second)
		if _, err := c.ask("GET", "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(c.raw.String(), "\r\nDate: ")
		value, _, _ := strings.Cut(rest, "\r\n")
		date, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", value)
		if err != nil || date.Before(before) || date.After(time.Now()) {
			t.Errorf("%q: %v", value, err)
		}
		time.Sleep(600 * time.Millisecond)
	}
}

// Folders that nobody asks for are let go of, so that disks can be unmounted.
func TestUnusedFoldersAreLetGoOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a/b/a.txt": "a", "c/c.txt": "c"})
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l := New(fileserver.New(root), Options{})
	l.settling, l.unused = quickly, 100*time.Millisecond
	s := &served{dir: dir, lane: l, with: run(t, &httpd.Server{Handler: l.files, Lane: l})}
	for round := range 2 {
		for _, path := range []string{"/a/b/a.txt", "/c/c.txt"} {
			if s.get(t, s.with, path, ""); !s.remembers(path, "") {
				t.Fatalf("round %d: %s is not remembered", round, path)
			}
		}
		for end := time.Now().Add(patient); ; time.Sleep(quickly) {
			l.memory.folders.mu.Lock()
			n := len(l.memory.folders.known)
			l.memory.folders.mu.Unlock()
			if n == 0 && l.memory.len() == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("round %d: %d folders are open, and %d answers remembered", round, n, l.memory.len())
			}
		}
	}
}

func (m *memory) len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.entries[0]) + len(m.entries[1])
}

// When all loops are stuck, another one takes their place, and nothing is answered
// from memory in the folder that they are stuck at, until it is looked at anew.
func TestStuckLoopsAreRelieved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a/a.txt": "a"})
	s := serveBoth(t, dir, Options{})
	want := s.get(t, s.with, "/a/a.txt", "")
	e := s.lane.memory.recall([]byte("GET /a/a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"), 1)
	if e == nil {
		t.Fatal("not remembered")
	}
	loops := &s.lane.loops
	loops.mu.Lock()
	stuck := loops.all[0]
	for _, o := range loops.all {
		o.since.Store(1)
		o.worker.looking.Store(e.basis.folder)
	}
	loops.mu.Unlock()
	if !loops.relieve(s.lane, s.lane.now()+2*stuckAfter) || loops.relieve(s.lane, s.lane.now()+4*stuckAfter) {
		t.Error("not told once that loops are stuck")
	}
	loops.mu.Lock()
	n := len(loops.all)
	loops.mu.Unlock()
	if n != loops.number()+1 { // which is not stuck
		t.Errorf("%d loops", n)
	}
	if s.remembers("/a/a.txt", "") {
		t.Error("what is in a slow folder is answered from memory")
	}
	if got := s.get(t, s.with, "/a/a.txt", ""); got != want {
		t.Errorf("got %s", got)
	}
	if !loops.leaves(stuck) || loops.leaves(stuck) {
		t.Error("the loops are not as many as before")
	}
}
