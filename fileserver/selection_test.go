package fileserver_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// choose selects paths below dir.
func choose(t testing.TB, dir string, names ...string) *fileserver.Selection {
	t.Helper()
	s, err := fileserver.Select(below(dir, names)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// below puts dir before names, and leaves their spelling alone.
func below(dir string, names []string) []string {
	var paths []string
	for _, name := range names {
		paths = append(paths, dir+string(filepath.Separator)+filepath.FromSlash(name))
	}
	return paths
}

// selectionTree makes files to select from, an hour old.
func selectionTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"report.pdf": "%PDF", "report.pdf.br": "not chosen", "notes.txt": "not chosen", "index.html": "not chosen",
		"photos/a.txt": "a", "photos/2024/b.txt": "b", "photos/2024/index.html": "page", "photosets/c.txt": "not chosen",
		"music/d.txt": "d", "other/report.pdf": "another", "other/photos/e.txt": "e",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	age(t, dir)
	return dir
}

func TestSelection(t *testing.T) {
	t.Parallel()
	s := fileserver.New(choose(t, selectionTree(t), "photos", "report.pdf", "music/"))
	for _, c := range []struct {
		target string
		status int
		want   string // content, if the status is 200
	}{
		{"/report.pdf", 200, "%PDF"},
		{"/photos/a.txt", 200, "a"},
		{"/photos/2024/b.txt", 200, "b"},
		{"/photos/2024/", 200, "page"},
		{"/music/d.txt", 200, "d"},
		{"/music/../report.pdf", 200, "%PDF"},
		{"/photos", 301, ""},
		{"/photos/2024", 301, ""},

		{"/notes.txt", 404, ""},
		{"/index.html", 404, ""},
		{"/report.pdf.br", 404, ""},
		{"/report.pdf/", 404, ""},
		{"/report.pdf/x", 404, ""},
		{"/report.pdf/../notes.txt", 404, ""},
		{"/report.pdf%2f..%2fnotes.txt", 404, ""},
		{"/photos/../notes.txt", 404, ""},
		{"/photos/%2e%2e/notes.txt", 404, ""},
		{"/photos/..%2fnotes.txt", 404, ""},
		{"/photos%2f..%2fnotes.txt", 404, ""},
		{"/../notes.txt", 404, ""},
		{"/./notes.txt", 404, ""},
		{"/photosets/c.txt", 404, ""},
		{"/REPORT.PDF", 404, ""},
		{"/other/report.pdf", 404, ""},
		{"/photos/missing", 404, ""},
		{"/photos/a.txt/x", 404, ""},
		{"/" + strings.Repeat("n", 300), 404, ""},
	} {
		status, content := get(t, s, c.target)
		if status != c.status || c.want != "" && content != c.want {
			t.Errorf("GET %s: %d %q, want %d %q", c.target, status, content, c.status, c.want)
		}
		if strings.Contains(content, "not chosen") {
			t.Errorf("GET %s: %q", c.target, content)
		}
	}
	if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, []string{"music/", "photos/", "report.pdf"}) {
		t.Errorf("listed are %q", got)
	}
	if got := getListed(t, s, "/photos/?format=json").paths(); !slices.Equal(got, []string{"2024/", "a.txt"}) {
		t.Errorf("listed in photos are %q", got)
	}
}

func TestSelectionIsSearched(t *testing.T) {
	t.Parallel()
	s := fileserver.New(choose(t, selectionTree(t), "photos", "report.pdf", "music"))
	got := getListed(t, s, "/?format=json&deep=1&q=.").paths()
	slices.Sort(got)
	if want := []string{"music/d.txt", "photos/2024/b.txt", "photos/2024/index.html", "photos/a.txt", "report.pdf"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestSelectionAsArchive(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	for _, kind := range archiveKinds {
		var tags []string
		for range 2 { // also after a restart, which a download may outlive
			s := fileserver.New(choose(t, dir, "photos", "report.pdf"))
			var p fileserver.Response
			s.Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/", Query: "archive=" + kind}, &p)
			var archive strings.Builder
			if _, err := p.WriteContent(&archive); p.Status != 200 || err != nil {
				t.Fatalf("%s: %d, %v", kind, p.Status, err)
			}
			p.Close()
			tags = append(tags, string(p.Meta.ETag))
			members := unpack(t, kind, archive.String())
			want := []string{"Files/", "Files/photos/", "Files/photos/2024/", "Files/photos/2024/b.txt", "Files/photos/2024/index.html", "Files/photos/a.txt", "Files/report.pdf"}
			if got := sortedNames(members); !slices.Equal(got, want) {
				t.Errorf("%s holds %q, want %q", kind, got, want)
			}
			if members["Files/report.pdf"] != "%PDF" || members["Files/photos/2024/b.txt"] != "b" {
				t.Errorf("%s holds %q", kind, members)
			}
		}
		if tags[0] != tags[1] {
			t.Errorf("%s has the tags %q", kind, tags)
		}
		s := fileserver.New(choose(t, dir, "photos", "report.pdf"))
		if status, _ := get(t, s, "/?archive="+kind+"&name=notes.txt"); status != 404 {
			t.Errorf("%s of what was not chosen: %d", kind, status)
		}
	}
}

func TestSelectionOfNothing(t *testing.T) {
	t.Parallel()
	s := fileserver.New(choose(t, t.TempDir()))
	if got := getListed(t, s, "/?format=json"); len(got.Entries) > 0 {
		t.Errorf("listed are %q", got.paths())
	}
	if status, _ := get(t, s, "/?archive=zip"); status != 200 {
		t.Errorf("zip of it: %d", status)
	}
}

func TestSelectMistakes(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	for _, c := range []struct {
		names []string
		fault string // name that is at fault
		want  string // of what the error says
	}{
		{[]string{"report.pdf", "missing"}, "missing", fs.ErrNotExist.Error()},
		{[]string{"report.pdf/"}, "report.pdf/", "directory"},
		{[]string{"report.pdf", "other/report.pdf"}, "other/report.pdf", `has the same name; rename one`},
		{[]string{"photos", "other/photos"}, "other/photos", "has the same name"},
	} {
		for _, choose := range []func(...string) (*fileserver.Selection, error){fileserver.Select, fileserver.SelectUnconfined} {
			_, err := choose(below(dir, c.names)...)
			fault, ok := errors.AsType[*fs.PathError](err)
			if !ok || fault.Path != below(dir, []string{c.fault})[0] || !strings.Contains(strings.ToLower(fault.Err.Error()), c.want) && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Select(%q): %v", c.names, err)
			}
		}
	}
	if _, err := fileserver.Select(filepath.VolumeName(dir)+string(filepath.Separator), dir); err == nil || !strings.Contains(err.Error(), "no name") {
		t.Errorf("the root of all: %v", err)
	}
	if _, err := fileserver.Select(""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no name: %v", err)
	}
}

// TestSelectSpellings spells names in ways that a shell or a user does.
func TestSelectSpellings(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	for _, c := range []struct {
		names []string
		want  []string
	}{
		{[]string{"photos/", "photos//2024", "./report.pdf"}, []string{"2024/", "photos/", "report.pdf"}},
		{[]string{"photos/2024/..", "music/../report.pdf", "music/."}, []string{"music/", "photos/", "report.pdf"}},
		{[]string{"report.pdf", "./report.pdf", "photos/../report.pdf"}, []string{"report.pdf"}},
		{[]string{"photos", "photos/2024", "photos/2024/b.txt"}, []string{"2024/", "photos/", "b.txt"}},
	} {
		s := fileserver.New(choose(t, dir, c.names...))
		if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, c.want) {
			t.Errorf("%q: listed are %q, want %q", c.names, got, c.want)
		}
	}
}

// TestSelectHere selects by paths that are relative to where the process is,
// which is that of the tests.
func TestSelectHere(t *testing.T) {
	t.Parallel()
	s, err := fileserver.Select(".", "..", "selection_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Base(here) + "/selection_test.go", filepath.Base(filepath.Dir(here)) + "/go.mod", "selection_test.go"} {
		if _, err := fs.Stat(s, name); err != nil {
			t.Error(err)
		}
	}
}

// TestSelectionFollowsTheFile replaces the file, as an editor saves it, and
// removes it for a while.
func TestSelectionFollowsTheFile(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	s := fileserver.New(choose(t, dir, "report.pdf", "music"))
	name := filepath.Join(dir, "report.pdf")
	check := func(status int, want string) {
		t.Helper()
		if got, content := get(t, s, "/report.pdf"); got != status || status == 200 && content != want {
			t.Errorf("%d %q, want %d %q", got, content, status, want)
		}
		listed := slices.Contains(getListed(t, s, "/?format=json").paths(), "report.pdf")
		if _, archive := get(t, s, "/?archive=tar"); listed != (status == 200) || strings.Contains(archive, "report.pdf") != listed {
			t.Errorf("listed or archived: %v", listed)
		}
	}
	check(200, "%PDF")
	write(t, filepath.Join(dir, "saved"), "saved anew")
	os.Rename(filepath.Join(dir, "saved"), name)
	check(200, "saved anew")
	os.Remove(name)
	check(404, "")
	os.Mkdir(name, 0o755)
	write(t, filepath.Join(name, "x"), "not chosen")
	check(404, "")
	if status, _ := get(t, s, "/report.pdf/x"); status != 404 {
		t.Errorf("a folder took its place: %d", status)
	}
	os.RemoveAll(name)
	write(t, name, "back again")
	check(200, "back again")
}

// TestSelectionFolderMadeAnew removes a folder and makes it again, as builds do.
func TestSelectionFolderMadeAnew(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	s := fileserver.New(choose(t, dir, "photos", "music/d.txt"))
	for i := range 3 {
		want := fmt.Sprint("build ", i)
		if err := os.RemoveAll(filepath.Join(dir, "photos")); err != nil {
			t.Skip(err) // Windows does not, since it is open
		}
		os.RemoveAll(filepath.Join(dir, "music"))
		write(t, filepath.Join(dir, "photos/a.txt"), want)
		write(t, filepath.Join(dir, "photos/2024/b.txt"), want)
		write(t, filepath.Join(dir, "music/d.txt"), want)
		for _, target := range []string{"/photos/a.txt", "/photos/2024/b.txt", "/d.txt"} {
			if status, content := get(t, s, target); status != 200 || content != want {
				t.Errorf("GET %s: %d %q, want %q", target, status, content, want)
			}
		}
	}
}

// TestSelectionSidecars finds the coded files that were selected, also one that
// was not there for a while.
func TestSelectionSidecars(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settledFile(t, filepath.Join(dir, "page.html"), "plain")
	settledFile(t, filepath.Join(dir, "page.html.gz"), "coded")
	coding := func(s *fileserver.Server) string {
		var p fileserver.Response
		s.Respond(t.Context(), &fileserver.Request{Method: "GET", Path: "/page.html", AcceptEncoding: "gzip"}, &p)
		defer p.Close()
		return p.Meta.Coding.Token()
	}
	if got := coding(fileserver.New(choose(t, dir, "page.html"))); got != "identity" {
		t.Errorf("one that was not selected: %q", got)
	}
	s := fileserver.New(choose(t, dir, "page.html", "page.html.gz"))
	for range 3 {
		if got := coding(s); got != "gzip" {
			t.Errorf("one that was selected: %q", got)
		}
		os.Rename(filepath.Join(dir, "page.html.gz"), filepath.Join(dir, "away"))
		if got := coding(s); got != "identity" {
			t.Errorf("one that is gone: %q", got)
		}
		os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "page.html.gz"))
	}
}

// TestSelectionFS has the standard library look at a selection of files. That of
// a folder is a [fileserver.Root], whose entries are in no order.
func TestSelectionFS(t *testing.T) {
	t.Parallel()
	if err := fstest.TestFS(choose(t, selectionTree(t), "report.pdf", "photos/a.txt", "photos/2024/b.txt"), "report.pdf", "a.txt", "b.txt"); err != nil {
		t.Error(err)
	}
	s := choose(t, selectionTree(t), "report.pdf", "photos")
	for name, want := range map[string]error{
		"": fs.ErrInvalid, "/": fs.ErrInvalid, "photos/": fs.ErrInvalid, "/photos": fs.ErrInvalid, "photos/../report.pdf": fs.ErrInvalid,
		"photos//a.txt": fs.ErrInvalid, "notes.txt": fs.ErrNotExist, "photos/a.txt": nil, "photos": nil, ".": nil,
	} {
		for op, got := range map[string]error{"stat": second(s.Stat(name)), "lstat": second(s.Lstat(name)), "open": second(s.Open(name))} {
			if !errors.Is(got, want) {
				t.Errorf("%s %q: %v, want %v", op, name, got, want)
			}
		}
	}
	var found []string
	err := fs.WalkDir(s, ".", func(name string, e fs.DirEntry, err error) error {
		if e.Name() != filepath.Base(name) {
			t.Errorf("%q goes by the name %q", name, e.Name())
		}
		found = append(found, name)
		return err
	})
	if slices.Sort(found); err != nil || !slices.Equal(found, []string{".", "photos", "photos/2024", "photos/2024/b.txt", "photos/2024/index.html", "photos/a.txt", "report.pdf"}) {
		t.Errorf("walked %q, %v", found, err)
	}
	if info, err := fs.Stat(s, "photos"); err != nil || info.Name() != "photos" || !info.IsDir() {
		t.Errorf("photos is %v, %v", info, err)
	}
	for op, err := range map[string]error{"stat": second(s.Stat("report.pdf/x")), "open": second(s.Open("report.pdf/x")), "readdir": second(s.ReadDir("report.pdf"))} {
		if err == nil {
			t.Errorf("%s: a file is a directory", op)
		}
	}
	var newest time.Time
	for _, name := range []string{"report.pdf", "photos"} {
		if info, err := s.Stat(name); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if info, err := s.Stat("."); err != nil || newest.IsZero() || !info.ModTime().Equal(newest) {
		t.Errorf("it is of %v, not of %v, %v", info.ModTime(), newest, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestSelectionSub opens directories of a selection, and closes them.
func TestSelectionSub(t *testing.T) {
	t.Parallel()
	s := choose(t, selectionTree(t), "report.pdf", "photos")
	for range 3 {
		for _, c := range []struct{ name, file string }{{".", "photos/a.txt"}, {"photos", "a.txt"}, {"photos/2024", "b.txt"}} {
			sub, err := s.Sub(c.name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Stat(sub, c.file); err != nil {
				t.Errorf("%s in %s: %v", c.file, c.name, err)
			}
			sub.(io.Closer).Close()
		}
	}
	for _, name := range []string{"report.pdf", "photos/a.txt", "missing", "photos/missing", "photos/..", ""} {
		if _, err := s.Sub(name); err == nil {
			t.Errorf("%q is a directory", name)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"report.pdf", "photos/a.txt"} {
		if f, err := s.Open(name); err == nil {
			f.Close()
			t.Errorf("%s opens when it is closed", name)
		}
	}
}

// TestSelectionOpensFiles looks for what the kernel can send.
func TestSelectionOpensFiles(t *testing.T) {
	t.Parallel()
	s := choose(t, selectionTree(t), "report.pdf", "photos")
	for _, name := range []string{"report.pdf", "photos/a.txt", "photos"} {
		f, err := s.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, ok := f.(*os.File); !ok {
			t.Errorf("%s is a %T", name, f)
		}
	}
}

func TestSelectUnconfined(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	s, err := fileserver.SelectUnconfined(below(dir, []string{"photos", "report.pdf"})...)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server := fileserver.New(s)
	for target, want := range map[string]int{
		"/report.pdf": 200, "/photos/a.txt": 200, "/photos/2024/b.txt": 200, "/photos/2024/": 200, "/photos/": 200, "/photos": 301,
		"/notes.txt": 404, "/photos/../notes.txt": 404, "/photos/a.txt/": 404, "/report.pdf/x": 404, "/photos/missing/": 404,
	} {
		if status, _ := get(t, server, target); status != want {
			t.Errorf("GET %s: %d, want %d", target, status, want)
		}
	}
	if got := getListed(t, server, "/?format=json").paths(); !slices.Equal(got, []string{"photos/", "report.pdf"}) {
		t.Errorf("listed are %q", got)
	}
	_, archive := get(t, server, "/?archive=tar")
	if got := unpack(t, "tar", archive); got["Files/photos/2024/b.txt"] != "b" || got["Files/report.pdf"] != "%PDF" {
		t.Errorf("the archive has %q", got)
	}
}

// TestSelectionAtOnce asks for everything while files are replaced.
func TestSelectionAtOnce(t *testing.T) {
	t.Parallel()
	dir := selectionTree(t)
	s := fileserver.New(choose(t, dir, "report.pdf", "photos"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			for _, name := range []string{"report.pdf", "photos/a.txt"} {
				saved := filepath.Join(dir, "saved")
				os.WriteFile(saved, fmt.Append(nil, "state ", i), 0o644)
				os.Rename(saved, filepath.Join(dir, name))
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for _, target := range []string{"/report.pdf", "/photos/a.txt", "/?format=json", "/photos/?format=json"} {
			status, content := get(t, s, target)
			// A file that is replaced again and again is to be asked for later.
			if status != 200 && status != http.StatusServiceUnavailable {
				t.Errorf("GET %s: %d %q", target, status, content)
			}
		}
	}
	if _, content := get(t, s, "/report.pdf"); content != "state 299" {
		t.Errorf("the last state is %q", content)
	}
}

// BenchmarkSelection sets a selection beside a root: for a file that was selected
// itself, one that lies in a folder, and one that lies deeper.
func BenchmarkSelection(b *testing.B) {
	dir := benchmarkSite(b)
	site := choose(b, dir, "page.html", "a")
	for name, c := range map[string]struct {
		root fs.FS
		path string
	}{
		"file/Root":        {openDir(b, dir), "/page.html"},
		"file/Selection":   {site, "/page.html"},
		"folder/Root":      {openDir(b, dir), "/a/page.html"},
		"folder/Selection": {site, "/a/page.html"},
		"deep/Root":        {openDir(b, dir), "/a/b/c/page.html"},
		"deep/Selection":   {site, "/a/b/c/page.html"},
	} {
		settledFile(b, filepath.Join(dir, "a/page.html"), strings.Repeat("x", 1024))
		b.Run(name, func(b *testing.B) {
			benchmarkHandler(b, fileserver.New(c.root), benchmarkCase{path: c.path, status: 200})
		})
	}
}
