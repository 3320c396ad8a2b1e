package webdav

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCopyAndMove(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("d/a.txt", "a")
	s.write("d/sub/b.txt", "b")
	s.write("d/.hidden", "hidden")
	s.want(201, "COPY", "/d", "", "Destination: "+s.url+"/e/")
	s.want(201, "COPY", "/d/", "", "Destination: /shallow", "Depth: 0")
	s.want(201, "COPY", "/d/a.txt", "", "Destination: /e/c%20d.txt")
	s.want(204, "COPY", "/d/a.txt", "", "Destination: /e/sub/b.txt")
	s.want(201, "MOVE", "/e/sub", "", "Destination: /sub")
	s.want(204, "MOVE", "/sub/b.txt", "", "Destination: /e/a.txt")
	want := []string{"d", "d/.hidden", "d/a.txt", "d/sub", "d/sub/b.txt", "e", "e/a.txt", "e/c d.txt", "shallow", "sub"}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.read("e/a.txt") != "a" || s.read("d/a.txt") != "a" || s.read("d/sub/b.txt") != "b" {
		t.Error("something is not what it was copied from")
	}
	s.want(400, "COPY", "/d", "", "Destination: /x", "Depth: 1")
	s.want(400, "MOVE", "/d", "", "Destination: /x", "Depth: 0")
	s.want(409, "COPY", "/d", "", "Destination: /absent/x")
	s.want(409, "COPY", "/d/a.txt", "", "Destination: /absent/x")
	s.want(409, "MOVE", "/d", "", "Destination: /absent/x")
	s.want(404, "MOVE", "/d/a.txt/", "", "Destination: /x")
	for _, method := range []string{"COPY", "MOVE"} {
		for destination, status := range map[string]int{
			"": 400, "x": 400, "http://other.example/x": 502, "http://[/x": 400, "/x?y": 400, "/x#y": 400, "/../x": 400, "/%2e%2e/x": 400,
			"/d": 403, "/d/": 403, "/d/x": 403, "/d/sub/x": 403, "/": 403, "//other.example/x": 502, "/.x": 403, "/.gserve-x": 403,
			"/d%2fx": 400, "/x%00": 400, "%2fx": 400,
		} {
			s.want(status, method, "/d", "", "Destination: "+destination)
		}
		s.want(404, method, "/absent", "", "Destination: /d", "Overwrite: T")
		s.want(403, method, "/d/sub/b.txt", "", "Destination: /d", "Overwrite: T")
	}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReplaceFolder says that what is replaced is there until the new is, and
// is there again if that fails.
func TestReplaceFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("old/f", "old")
	s.write("new/g", "new")
	s.write("file", "file")
	s.want(412, "COPY", "/new", "", "Destination: /old", "Overwrite: F")
	s.want(204, "COPY", "/new", "", "Destination: /old")
	if got := s.names(); !slices.Equal(got, []string{"file", "new", "new/g", "old", "old/g"}) {
		t.Errorf("%q", got)
	}
	s.want(204, "MOVE", "/file", "", "Destination: /old")
	s.want(204, "MOVE", "/new", "", "Destination: /old")
	if got := s.names(); !slices.Equal(got, []string{"old", "old/g"}) {
		t.Errorf("%q", got)
	}
	s.write("src/f", "f")
	s.want(204, "COPY", "/src/f", "", "Destination: /old")
	if s.read("old") != "f" {
		t.Error(s.read("old"))
	}
	s = newSite(t, settings{overwrite: true, noDel: true})
	s.write("old/f", "old")
	s.write("new/g", "new")
	for _, method := range []string{"COPY", "MOVE"} {
		s.want(412, method, "/new", "", "Destination: /old")
	}
	if got := s.names(); len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// broken fails to open some files.
type broken struct{ fs.FS }

func (b broken) Stat(name string) (fs.FileInfo, error) { return fs.Stat(b.FS, name) }

func (b broken) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "broken") {
		return nil, fs.ErrPermission
	}
	return b.FS.Open(name)
}

func TestCopyFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{overwrite: true, root: func(root fs.FS) fs.FS { return broken{root} }})
	s.write("old/f", "old")
	s.write("new/broken", "new")
	s.want(404, "COPY", "/new", "", "Destination: /old")
	s.want(404, "COPY", "/new/broken", "", "Destination: /x")
	if got := s.names(); !slices.Equal(got, []string{"new", "new/broken", "old", "old/f"}) || s.read("old/f") != "old" {
		t.Errorf("%q", got)
	}
	got := s.want(207, "COPY", "/new", "", "Destination: /x")
	m := parseMulti(t, got.content)
	if len(m.Responses) != 1 || m.Responses[0].Href != "/x/broken" || m.Responses[0].Status != "HTTP/1.1 404 Not Found" {
		t.Error(got.content)
	}
	if n := len(s.dav.locks.claims) + len(s.dav.copies); n > 0 {
		t.Errorf("%d are left", n)
	}
}

// swapped has a file be another one as soon as it is opened, as a link that is
// replaced meanwhile.
type swapped struct{ fs.FS }

func (s swapped) Stat(name string) (fs.FileInfo, error) { return fs.Stat(s.FS, name) }
func (s swapped) Open(name string) (fs.File, error) {
	if name == "f" {
		name = "key"
	}
	return s.FS.Open(name)
}

func TestCopySwapped(t *testing.T) {
	t.Parallel()
	private := filepath.Join(t.TempDir(), "key")
	s := newSite(t, settings{private: private, root: func(root fs.FS) fs.FS { return swapped{root} }})
	s.write("f", "f")
	s.write("key", "key")
	if err := os.Link(filepath.Join(s.dir, "key"), private); err != nil {
		t.Fatal(err)
	}
	s.want(404, "COPY", "/f", "", "Destination: /copy")
	if s.read("copy") != "absent" {
		t.Error("what cannot be had was copied")
	}
}

// inflated has files seem to be large.
type inflated struct {
	fs.FS
	size int64
}

type inflatedInfo struct {
	fs.FileInfo
	size int64
}

func (i inflatedInfo) Size() int64 { return i.size }

func (i inflated) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(i.FS, name)
	if err != nil || info.IsDir() {
		return info, err
	}
	return inflatedInfo{info, i.size}, nil
}

// TestCopySpace says that nothing is made of a folder that does not fit.
func TestCopySpace(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{root: func(root fs.FS) fs.FS { return inflated{root, 1 << 61} }})
	s.write("d/f", "f")
	s.write("d/g", "g")
	s.want(507, "COPY", "/d", "", "Destination: /copy")
	if got := s.names(); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// TestCopyLinks says that a copy is of content, and never of what is outside.
func TestCopyLinks(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, settings{private: filepath.Join(outside, "key")})
	s.write("d/f", "f")
	s.write("other/g", "g")
	s.write("d/key", "key")
	if err := os.Link(filepath.Join(s.dir, "d/key"), filepath.Join(outside, "key")); err != nil {
		t.Fatal(err)
	}
	makePipe(t, filepath.Join(s.dir, "d/pipe"))
	for link, to := range map[string]string{
		"d/out": outside, "d/secret": filepath.Join(outside, "secret"), "d/link": "f", "d/folder": "../other", "d/self": ".", "d/up": "..",
		"d/into": "../copy", "d/nowhere": "absent",
	} {
		if err := os.Symlink(to, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s.write("copies/x", "x")
	s.want(201, "COPY", "/d", "", "Destination: /copies/d")
	var got []string
	for _, name := range s.names() {
		if rest, ok := strings.CutPrefix(name, "copies/d/"); ok {
			got = append(got, rest)
			if info := must(os.Lstat(filepath.Join(s.dir, name))); info.Mode().Type() == fs.ModeSymlink {
				t.Errorf("%s is a link", name)
			}
		}
	}
	if slices.ContainsFunc(got, func(name string) bool {
		return strings.Contains(name, "secret") || strings.Contains(name, "pipe") || strings.Contains(name, "key") ||
			strings.Contains(name, "self") || strings.Contains(name, "nowhere")
	}) {
		t.Errorf("%q", got)
	}
	if s.read("copies/d/link") != "f" || s.read("copies/d/folder/g") != "g" {
		t.Errorf("%q", got)
	}
	if len(got) > 20 {
		t.Errorf("it went round: %d names", len(got))
	}
}

// TestCopyIntoItself has a link lead from a folder to where its copy is made.
func TestCopyIntoItself(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.write("d/f", "f")
	if err := os.Symlink("d", filepath.Join(s.dir, "alias")); err != nil {
		t.Fatal(err)
	}
	s.want(201, "COPY", "/d", "", "Destination: /alias/copy")
	if got := s.names(); !slices.Equal(got, []string{"alias", "d", "d/copy", "d/copy/f", "d/f"}) {
		t.Errorf("%q", got)
	}
}

func TestCopyBounds(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{max: 10})
	s.write("large", "more than ten bytes")
	s.write("names/a:b", "x")
	s.write(strings.Repeat("d/", 66)+"f", "x")
	s.want(413, "COPY", "/large", "", "Destination: /copy")
	s.want(403, "COPY", "/names", "", "Destination: /copy")
	s.want(403, "COPY", "/d", "", "Destination: /copy")
	was := s.names()
	if slices.ContainsFunc(was, func(name string) bool { return strings.HasPrefix(name, "copy") }) {
		t.Errorf("%q", was)
	}
	if got := s.names(); !slices.Equal(got, was) {
		t.Errorf("%q, was %q", got, was)
	}
}

// TestPrefix says that nothing beside the prefix is a destination.
func TestPrefix(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, h := newHandler(t, dir, all)
	h.config.Prefix = "/files"
	for destination, status := range map[string]int{"/g": 404, "/filesx/g": 404, "/files/../g": 400, "/files/g": 201} {
		if got := ask(h, "COPY", "/files/f", "Destination", destination); got.Code != status {
			t.Errorf("%s: %d %s", destination, got.Code, got.Body)
		}
	}
	if got := ask(h, "COPY", "/f", "Destination", "/files/x"); got.Code != 404 {
		t.Errorf("%d", got.Code)
	}
	if got := must(os.ReadDir(dir)); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func ExampleHandler_Methods() {
	h, err := New(Config{Root: os.DirFS(".")})
	fmt.Println(h.Methods(), err)
	// Output: [OPTIONS PROPFIND] <nil>
}
