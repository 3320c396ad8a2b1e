package fileserver_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
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

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// unpackTar returns the content of every member by its name; that of a folder
// has a slash at its end, and no content.
func unpackTar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	members := map[string]string{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := members[h.Name]; twice {
			t.Errorf("%q is there twice", h.Name)
		}
		members[h.Name] = string(content)
	}
}

func unpackZip(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]string{}
	for _, f := range r.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		members[f.Name] = string(b)
	}
	return members
}

// unpack returns the members of an archive of any kind.
func unpack(t *testing.T, kind, archive string) map[string]string {
	t.Helper()
	var coding compress.Coding
	switch kind {
	case "zip":
		return unpackZip(t, []byte(archive))
	case "tar.gz":
		coding = compress.Gzip
	case "tar.zst":
		coding = compress.Zstd
	default:
		return unpackTar(t, strings.NewReader(archive))
	}
	r, err := compress.NewReader(strings.NewReader(archive), coding)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return unpackTar(t, r)
}

var archiveKinds = []string{"zip", "tar", "tar.gz", "tar.zst"}

func sortedNames(members map[string]string) []string {
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// archiveTree makes a folder of a few files, which have been left alone long
// enough to have strong validators.
func archiveTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.txt": "a", "empty": "", "sub/deep/er.txt": "deeper", "sub/b.bin": strings.Repeat("binary\x00", 20_000),
		"naïve.txt": "umlaut", "two words": "line", ".hidden": "hidden", "sub/.git/config": "hidden",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	os.Mkdir(filepath.Join(dir, "void"), 0o755)
	os.Chmod(filepath.Join(dir, "a.txt"), 0o755)
	age(t, dir)
	return dir
}

// age has everything in dir be modified in the past.
func age(t testing.TB, dir string) {
	t.Helper()
	var names []string
	filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	slices.Reverse(names) // folders after what is in them
	for i, name := range names {
		when := time.Date(2026, 1, 2, 3, 4, i, 500, time.UTC)
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchiveHoldsTheTree(t *testing.T) {
	t.Parallel()
	s := fileserver.New(openDir(t, archiveTree(t)), fileserver.WithTitle("My files"))
	want := map[string]string{
		"My files/": "", "My files/a.txt": "a", "My files/empty": "", "My files/naïve.txt": "umlaut", "My files/two words": "line",
		"My files/sub/": "", "My files/sub/b.bin": strings.Repeat("binary\x00", 20_000), "My files/sub/deep/": "",
		"My files/sub/deep/er.txt": "deeper", "My files/void/": "",
	}
	for _, kind := range archiveKinds {
		status, archive := get(t, s, "/?archive="+kind)
		got := unpack(t, kind, archive)
		if status != 200 || !slices.Equal(sortedNames(got), sortedNames(want)) {
			t.Errorf("%s: %d, %q", kind, status, sortedNames(got))
		}
		for name, content := range want {
			if got[name] != content {
				t.Errorf("%s: %q has %d bytes, want %d", kind, name, len(got[name]), len(content))
			}
		}
		_, archive = get(t, s, "/sub/?archive="+kind+"&name=deep")
		if got := sortedNames(unpack(t, kind, archive)); !slices.Equal(got, []string{"sub/", "sub/deep/", "sub/deep/er.txt"}) {
			t.Errorf("%s of an entry that was chosen: %q", kind, got)
		}
	}
}

// TestArchiveResumes fetches archives in pieces, each by another request, and
// compares what they make up with the whole.
func TestArchiveResumes(t *testing.T) {
	t.Parallel()
	dir := archiveTree(t)
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	for _, kind := range []string{"zip", "tar"} {
		// Ask a server that has sent nothing yet for the last part first.
		fresh := httptest.NewServer(fileserver.New(openDir(t, dir)))
		defer fresh.Close()
		whole := fetchPart(t, server.URL+"/?archive="+kind, "", "")
		if whole.status != 200 || strings.HasPrefix(whole.etag, "W/") || whole.etag == "" || whole.length != int64(len(whole.content)) {
			t.Fatalf("%s: %d, tag %s, length %d of %d", kind, whole.status, whole.etag, whole.length, len(whole.content))
		}
		var pieces string
		for _, cut := range [][2]int{{0, 1000}, {1000, 100_000}, {100_000, len(whole.content)}} {
			r := fmt.Sprintf("bytes=%d-%d", cut[0], cut[1]-1)
			piece := fetchPart(t, server.URL+"/?archive="+kind, r, whole.etag)
			if cold := fetchPart(t, fresh.URL+"/?archive="+kind, r, whole.etag); cold.content != piece.content || cold.status != 206 {
				t.Errorf("%s, %s: another server sends something else", kind, r)
			}
			if piece.status != 206 {
				t.Errorf("%s, %s: %d", kind, r, piece.status)
			}
			pieces += piece.content
		}
		if pieces != whole.content {
			t.Errorf("%s: the pieces are not the whole", kind)
		}
		parts := fetchPart(t, server.URL+"/?archive="+kind, "bytes=0-9,-10", "")
		if parts.status != 200 || parts.content != whole.content {
			t.Errorf("%s: several parts, each of which would cost as much as the whole: %d", kind, parts.status)
		}
		if again := fetchPart(t, server.URL+"/?archive="+kind, "bytes=5-", `"another"`); again.status != 200 || again.content != whole.content {
			t.Errorf("%s: If-Range of another: %d", kind, again.status)
		}
	}
}

type fetched struct {
	status  int
	etag    string
	length  int64
	content string
}

func fetchPart(t *testing.T, url, ranges, ifRange string) fetched {
	t.Helper()
	q, _ := http.NewRequest("GET", url, nil)
	if ranges != "" {
		q.Header.Set("Range", ranges)
	}
	if ifRange != "" {
		q.Header.Set("If-Range", ifRange)
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fetched{response.StatusCode, response.Header.Get("Etag"), response.ContentLength, string(content)}
}

// TestArchiveTagFollowsTheTree changes the tree in every way, and looks
// whether the tag changes with it.
func TestArchiveTagFollowsTheTree(t *testing.T) {
	t.Parallel()
	dir := archiveTree(t)
	s := fileserver.New(openDir(t, dir))
	tag := func() string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("HEAD", "/?archive=tar", nil))
		return w.Header().Get("Etag")
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	when := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	seen := map[string]string{tag(): "the tree"}
	for _, change := range []struct {
		name string
		do   func() error
	}{
		{"another time", func() error { return os.Chtimes(at("a.txt"), when, when.Add(time.Nanosecond)) }},
		{"another mode", func() error { return os.Chmod(at("a.txt"), 0o600) }},
		{"another name", func() error { return os.Rename(at("sub/b.bin"), at("sub/c.bin")) }},
		{"a folder more", func() error { return os.Mkdir(at("sub/new"), 0o755) }},
		{"a file less", func() error { return os.Remove(at("empty")) }},
		{"another size", func() error {
			defer age(t, dir)
			return os.WriteFile(at("a.txt"), []byte("longer"), 0)
		}},
	} {
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(at("sub"), when, when)
		os.Chtimes(dir, when, when)
		now := tag()
		if before, known := seen[now]; known {
			t.Errorf("%s: the tag is that of %s", change.name, before)
		}
		seen[now] = change.name
	}
	write(t, at("fresh"), "x")
	if now := tag(); !strings.HasPrefix(now, "W/") {
		t.Errorf("a tree with a file that may still change has the strong tag %s", now)
	}
}

// TestArchiveTagTellsTreesApart that have names, sizes and times in common, as
// those of builds do that set all times to the same.
func TestArchiveTagTellsTreesApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, version := range []string{"1", "2"} {
		write(t, filepath.Join(dir, version, "top/a"), version)
	}
	age(t, dir)
	for _, version := range []string{"1", "2"} {
		for _, name := range []string{"top/a", "top"} {
			when := time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC)
			os.Chtimes(filepath.Join(dir, version, name), when, when)
		}
	}
	s := fileserver.New(openDir(t, dir))
	tag := func(target string) string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("HEAD", target, nil))
		return w.Header().Get("Etag")
	}
	if a, b := tag("/1/top/?archive=tar"), tag("/2/top/?archive=tar"); a == b || a == "" {
		t.Errorf("both have the tag %s", a)
	}
}

// TestArchiveOfAChangingTree changes a file after the answer was decided, and
// wants it to be cut short, with the name of the file for the log.
func TestArchiveOfAChangingTree(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(dir string) error{
		"vanishes": func(dir string) error { return os.Remove(filepath.Join(dir, "sub/b.bin")) },
		"shrinks":  func(dir string) error { return os.Truncate(filepath.Join(dir, "sub/b.bin"), 100) },
		"rewritten": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "sub/b.bin"), make([]byte, 140_000), 0o644)
		},
		"replaced": func(dir string) error {
			other := filepath.Join(dir, "sub/other")
			if err := os.WriteFile(other, make([]byte, 150_000), 0o644); err != nil {
				return err
			}
			return os.Rename(other, filepath.Join(dir, "sub/b.bin"))
		},
		"a link": func(dir string) error {
			os.Remove(filepath.Join(dir, "sub/b.bin"))
			return os.Symlink("/etc/passwd", filepath.Join(dir, "sub/b.bin"))
		},
		"new file": func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub/c"), []byte("new"), 0o644) },
	} {
		for _, kind := range archiveKinds {
			dir := archiveTree(t)
			var p fileserver.Response
			s := fileserver.New(openDir(t, dir))
			s.Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/", Query: "archive=" + kind}, &p)
			if err := change(dir); err != nil {
				t.Fatal(err)
			}
			var content bytes.Buffer
			n, err := p.WriteContent(&content)
			measured := p.ContentLength() >= 0
			p.Close()
			if measured && (err == nil || n >= p.ContentLength()) {
				t.Errorf("%s: a file that is %s: %d of %d bytes, %v", kind, name, n, p.ContentLength(), err)
			}
			if measured && name != "new file" && name != "a link" && (err == nil || !strings.Contains(err.Error(), "b.bin") && !strings.Contains(err.Error(), "changed")) {
				t.Errorf("%s: a file that is %s: %v", kind, name, err)
			}
			if !measured && err != nil {
				t.Errorf("%s: a file that is %s before it is looked at: %v", kind, name, err)
			}
			if strings.Contains(content.String(), "root:") {
				t.Fatalf("%s: the secret is out", kind)
			}
		}
	}
}

// TestArchiveOfAGrowingLog has it as far as it went when it was measured.
func TestArchiveOfAGrowingLog(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 100_000} {
		for _, kind := range []string{"zip", "tar"} {
			dir := t.TempDir()
			log := filepath.Join(dir, "app.log")
			write(t, log, strings.Repeat("l", size))
			var p fileserver.Response
			fileserver.New(openDir(t, dir)).Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/", Query: "archive=" + kind}, &p)
			f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.WriteString("and more")
			f.Close()
			var content bytes.Buffer
			_, err = p.WriteContent(&content)
			p.Close()
			// The walk that checks the tree at the end meets the new size: the
			// answer may be cut for that, but is never a wrong one.
			if err == nil {
				if got := unpack(t, kind, content.String())["Files/app.log"]; got != strings.Repeat("l", size) {
					t.Errorf("%s: %d bytes, want %d", kind, len(got), size)
				}
			}
		}
	}
}

// TestArchiveOfFilesThatCannotSeek reads what it has to skip.
func TestArchiveOfFilesThatCannotSeek(t *testing.T) {
	t.Parallel()
	site := forwardFS{fstest.MapFS{"a.txt": {Data: []byte("0123456789")}, "b.txt": {Data: []byte("b")}}}
	server := httptest.NewServer(fileserver.New(site))
	defer server.Close()
	whole := fetchPart(t, server.URL+"/?archive=tar", "", "").content
	for from := 0; from < len(whole); from += 37 {
		if part := fetchPart(t, server.URL+"/?archive=tar", fmt.Sprintf("bytes=%d-", from), ""); part.content != whole[from:] {
			t.Fatalf("from %d on, it is another one", from)
		}
	}
}

// forwardFS has files that can only be read from their start on.
type forwardFS struct{ fstest.MapFS }

func (f forwardFS) Open(name string) (fs.File, error) {
	file, err := f.MapFS.Open(name)
	if _, isDir := file.(fs.ReadDirFile); err != nil || isDir {
		return file, err
	}
	return struct{ fs.File }{file}, nil
}

// TestArchivesAtOnce are measured a few at a time, and all are right.
func TestArchivesAtOnce(t *testing.T) {
	t.Parallel()
	s := fileserver.New(openDir(t, archiveTree(t)))
	_, want := get(t, s, "/?archive=zip")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, got := get(t, s, "/?archive=zip"); got != want {
				t.Error("it is another one")
			}
		})
	}
	all.Wait()
}

// TestArchiveFailureIsLogged tells the observer which file was the trouble.
func TestArchiveFailureIsLogged(t *testing.T) {
	t.Parallel()
	dir := archiveTree(t)
	var cause error
	var once sync.Once
	root := openDir(t, dir)
	s := fileserver.New(root, fileserver.WithObserver(func(r *fileserver.Record) { cause = r.Err }),
		fileserver.WithFilter(func(*fileserver.Request, *fileserver.Response) {
			once.Do(func() { os.Truncate(filepath.Join(dir, "sub/b.bin"), 100) })
		}))
	func() {
		defer func() {
			if r := recover(); r != http.ErrAbortHandler {
				t.Errorf("recovered %v", r)
			}
		}()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?archive=tar", nil))
	}()
	if cause == nil || !strings.Contains(cause.Error(), "sub/b.bin") || errors.Is(cause, fileserver.ErrClientGone) {
		t.Errorf("the log has %v", cause)
	}
}
