package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, options Options) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	return openIn(t, dir, options), dir
}

func openIn(t *testing.T, dir string, options Options) *Store {
	t.Helper()
	if options.ETag == nil {
		options.ETag = func(info fs.FileInfo) string { return fmt.Sprintf(`"%d"`, info.Size()) }
	}
	s, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// put writes a file.
func put(s *Store, dir, name, content string, c Conditions) (File, error) {
	d, err := s.Create(dir, Meta{Length: int64(len(content))})
	if err != nil {
		return File{}, err
	}
	defer d.Close()
	if _, err := d.Write([]byte(content)); err != nil {
		return File{}, err
	}
	return d.Commit(name, c)
}

// names returns what is in a folder, drafts too.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", filepath.Base(dir), got, want)
	}
}

func wantContent(t *testing.T, dir, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
		t.Errorf("%s: %q, %v, want %q", name, got, err, want)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestCommit(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	f, err := put(s, ".", "a.txt", "one", Conditions{})
	if err != nil || f.Name != "a.txt" || f.Base != "a.txt" || f.Size != 3 || f.Replaced || f.ETag != `"3"` {
		t.Fatalf("%+v, %v", f, err)
	}
	info, err := os.Stat(filepath.Join(dir, "a.txt"))
	plain, perr := os.OpenFile(filepath.Join(dir, "plain"), os.O_CREATE|os.O_WRONLY, 0o666)
	if perr != nil {
		t.Fatal(perr)
	}
	usual, _ := plain.Stat()
	plain.Close()
	os.Remove(plain.Name())
	if err != nil || info.Mode() != usual.Mode() {
		t.Errorf("mode is %v, %v, want %v", info.Mode(), err, usual.Mode())
	}
	_, err = put(s, ".", "a.txt", "two", Conditions{})
	wantErr(t, "again", err, ErrExists)
	wantContent(t, dir, "a.txt", "one")

	for i, want := range []string{"a (1).txt", "a (2).txt", "a (3).txt"} {
		f, err = put(s, ".", "a.txt", fmt.Sprint(i), Conditions{Free: true})
		if err != nil || f.Base != want {
			t.Errorf("free name: %+v, %v, want %q", f, err, want)
		}
	}
	wantNames(t, dir, "a (1).txt", "a (2).txt", "a (3).txt", "a.txt")
}

func TestOverwrite(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{Overwrite: true})
	os.Mkdir(filepath.Join(dir, "folder"), 0o777)
	os.WriteFile(filepath.Join(dir, "behind"), []byte("behind"), 0o666)
	os.Symlink("behind", filepath.Join(dir, "link"))
	for _, content := range []string{"one", "other"} {
		f, err := put(s, ".", "a.txt", content, Conditions{})
		if err != nil || f.Replaced != (content == "other") {
			t.Errorf("%+v, %v", f, err)
		}
		wantContent(t, dir, "a.txt", content)
	}
	if f, err := put(s, ".", "link", "new", Conditions{}); err != nil || !f.Replaced {
		t.Errorf("%+v, %v", f, err)
	}
	wantContent(t, dir, "link", "new")
	wantContent(t, dir, "behind", "behind")
	_, err := put(s, ".", "folder", "new", Conditions{})
	wantErr(t, "a folder", err, ErrExists)
	wantNames(t, dir, "a.txt", "behind", "folder", "link")
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		overwrite  bool
		exists     bool
		conditions Conditions
		want       error
	}{
		{true, true, Conditions{IfMatch: `"3"`}, nil},
		{true, true, Conditions{IfMatch: `"x", "3"`}, nil},
		{true, true, Conditions{IfMatch: `*`}, nil},
		{true, true, Conditions{IfMatch: `"4"`}, ErrCondition},
		{true, true, Conditions{IfMatch: `W/"3"`}, ErrCondition},
		{true, true, Conditions{IfMatch: `junk`}, ErrCondition},
		{true, false, Conditions{IfMatch: `*`}, ErrCondition},
		{true, false, Conditions{IfNoneMatch: `*`}, nil},
		{true, true, Conditions{IfNoneMatch: `*`}, ErrCondition},
		{true, true, Conditions{IfNoneMatch: `W/"3"`}, ErrCondition},
		{true, true, Conditions{IfNoneMatch: `"4"`}, nil},
		{false, true, Conditions{IfMatch: `"3"`}, ErrExists},
		{false, true, Conditions{IfNoneMatch: `*`}, ErrCondition},
		{false, false, Conditions{IfNoneMatch: `*`}, nil},
		{false, true, Conditions{IfMatch: `"4"`}, ErrCondition},
	} {
		s, dir := open(t, Options{Overwrite: c.overwrite})
		if c.exists {
			os.WriteFile(filepath.Join(dir, "a"), []byte("old"), 0o666)
		}
		_, err := put(s, ".", "a", "new", c.conditions)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c, err, c.want)
		}
		if err == nil {
			os.WriteFile(filepath.Join(dir, "a"), []byte("old"), 0o666)
		}
		if !c.exists {
			os.Remove(filepath.Join(dir, "a"))
		}
		if err := s.Check("a", 3, c.conditions); !errors.Is(err, c.want) {
			t.Errorf("beforehand: %+v: %v, want %v", c, err, c.want)
		}
		for _, name := range names(t, dir) {
			if name != "a" {
				t.Errorf("%+v leaves %q", c, name)
			}
		}
	}
}

func TestConfined(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := t.TempDir()
	for _, sub := range []string{"inbox/sub", "other", "private", ".git"} {
		os.MkdirAll(filepath.Join(dir, sub), 0o777)
	}
	for link, to := range map[string]string{
		"inbox/in": "sub", "inbox/side": "../other", "inbox/out": outside, "inbox/up": "../..",
		"inbox/loop": "loop", "inbox/secret": "../private", "way": "inbox",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := openIn(t, dir, Options{
		Below:   "inbox",
		Refused: func(name string) bool { return name == "private" || name == "inbox/index.html" },
	})
	for _, c := range []struct {
		dir, name string
		want      error
	}{
		{"inbox", "a", nil},
		{"inbox/in", "a", nil},
		{"way", "b", nil},
		{".", "a", ErrForbidden},
		{"other", "a", ErrForbidden},
		{"inbox/side", "a", ErrForbidden},
		{"inbox/secret", "a", ErrForbidden},
		{"inbox/out", "a", ErrForbidden},
		{"inbox/up", "a", ErrForbidden},
		{"inbox/loop", "a", ErrForbidden},
		{"inbox/..", "a", ErrName},
		{"../x", "a", ErrName},
		{"/etc", "a", ErrName},
		{"", "a", ErrName},
		{".git", "a", ErrForbidden},
		{"inbox/none", "a", ErrNotFound},
		{"inbox/a", "b", ErrNotFound},
		{"inbox", "index.html", ErrForbidden},
		{"way", "index.html", ErrForbidden},
		{"inbox", ".hidden", ErrForbidden},
		{"inbox", ".gserve-" + strings.Repeat("0", 32), ErrForbidden},
		{"inbox", "../b", ErrName},
		{"inbox", "sub/b", ErrName},
		{"inbox", "con", ErrName},
		{"inbox", "", ErrName},
	} {
		_, err := put(s, c.dir, c.name, "x", Conditions{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s, %s: %v, want %v", c.dir, c.name, err, c.want)
		}
	}
	wantNames(t, filepath.Join(dir, "inbox"), "a", "b", "in", "loop", "out", "secret", "side", "sub", "up")
	wantNames(t, filepath.Join(dir, "inbox/sub"), "a")
	wantNames(t, filepath.Join(dir, "other"))
	wantNames(t, outside)
	f, err := put(s, "inbox", "index.html", "x", Conditions{Free: true})
	if err != nil || f.Name != "inbox/index (1).html" {
		t.Errorf("a free name for one that is refused: %+v, %v", f, err)
	}
	for _, err := range []error{
		s.Mkdir("new"), s.Mkdir("inbox/out/x"), s.Mkdir("inbox/.x"), s.MkdirAll("inbox/secret/x"),
		s.RemoveAll("inbox"), s.RemoveAll("other"), s.RemoveAll("inbox/index.html"),
		s.Remove("inbox/secret/x", Conditions{}),
	} {
		wantErr(t, "outside", err, ErrForbidden)
	}
}

// TestHidden is of a store in which names may begin with a dot.
func TestHidden(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{Hidden: true, Refused: func(name string) bool { return name == "private" }})
	for _, name := range []string{".gserve-x", ".Gserve-y", "private"} {
		os.Mkdir(filepath.Join(dir, name), 0o777)
	}
	os.Symlink("private", filepath.Join(dir, "link"))
	for dir, want := range map[string]error{".": nil, ".gserve-x": ErrForbidden, ".Gserve-y": ErrForbidden, "private": ErrForbidden, "link": ErrForbidden} {
		_, err := put(s, dir, ".profile", "x", Conditions{})
		wantErr(t, dir, err, want)
		d, err := s.Create(dir, Meta{Length: -1})
		wantErr(t, dir+", beforehand", err, want)
		if err == nil {
			d.Close()
		}
	}
	for _, name := range []string{".gserve-x", "link/sub", "private"} {
		wantErr(t, name, s.Mkdir(name), ErrForbidden)
		wantErr(t, name, s.RemoveAll(name), ErrForbidden)
		_, err := s.Stat(name)
		if name != "link/sub" {
			wantErr(t, name, err, ErrForbidden)
		}
	}
	_, err := put(s, ".", ".gserve-new", "x", Conditions{})
	wantErr(t, "the name of a draft", err, ErrForbidden)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{Max: 4})
	_, err := s.Create(".", Meta{Length: 5})
	wantErr(t, "announced", err, ErrTooLarge)
	d, err := s.Create(".", Meta{Length: -1})
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte("1234"))
	n, err := d.Write([]byte("5"))
	wantErr(t, "written", err, ErrTooLarge)
	if n != 0 || d.Offset() != 4 {
		t.Errorf("wrote %d, at %d", n, d.Offset())
	}
	d.Close()
	if free, ok := s.FreeSpace("."); ok {
		_, err = openIn(t, dir, Options{}).Create(".", Meta{Length: free * 2})
		wantErr(t, "more than is free", err, ErrNoSpace)
	}
	d, err = s.Create(".", Meta{Length: 3})
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte("12"))
	_, err = d.Commit("short", Conditions{})
	wantErr(t, "short", err, ErrLength)
	_, err = d.Write([]byte("34"))
	wantErr(t, "long", err, ErrLength)
	d.Close()
	wantNames(t, dir)
}

func TestTree(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{Refused: func(name string) bool { return strings.HasSuffix(name, "key.pem") }})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	must(s.Mkdir("a"))
	wantErr(t, "again", s.Mkdir("a"), ErrExists)
	wantErr(t, "without parent", s.Mkdir("x/y"), ErrNotFound)
	must(s.MkdirAll("b/c/d"))
	must(s.MkdirAll("b/c/d"))
	put(s, "a", "f", "file", Conditions{})
	wantErr(t, "in a file", s.MkdirAll("a/f/g"), ErrExists)
	wantErr(t, "a folder", s.Remove("a", Conditions{}), ErrExists)
	wantErr(t, "nothing", s.Remove("none", Conditions{}), ErrNotFound)
	wantErr(t, "condition", s.Remove("a/f", Conditions{IfMatch: `"9"`}), ErrCondition)

	put(s, ".", "f", "other", Conditions{})
	_, err := s.Rename("f", "a/f", true)
	wantErr(t, "taken", err, ErrExists)
	_, err = s.Rename("a", "b", true)
	wantErr(t, "taken by a folder", err, ErrExists)
	_, err = s.Rename("b", "b/c/b", false)
	wantErr(t, "into itself", err, ErrForbidden)
	_, err = s.Rename("f", "con", false)
	wantErr(t, "name", err, ErrName)
	_, err = s.Rename("f", "none/f", false)
	wantErr(t, "no folder", err, ErrNotFound)
	_, err = s.Rename("f", "a/g", false)
	must(err)
	_, err = s.Rename("a", "b/a", false)
	must(err)
	wantContent(t, dir, "b/a/g", "other")
	must(s.Remove("b/a/f", Conditions{IfMatch: `"4"`}))

	os.WriteFile(filepath.Join(dir, "b/c/key.pem"), nil, 0o600)
	wantErr(t, "what is refused", s.RemoveAll("b"), ErrForbidden)
	_, err = s.Rename("b", "z", false)
	wantErr(t, "what is refused", err, ErrForbidden)
	os.Remove(filepath.Join(dir, "b/c/key.pem"))
	os.WriteFile(filepath.Join(dir, "b/c/odd\xffname"), nil, 0o600)
	must(s.RemoveAll("b"))
	wantErr(t, "gone", s.RemoveAll("b"), ErrNotFound)
	wantNames(t, dir)

	over := openIn(t, dir, Options{Overwrite: true})
	put(over, ".", "one", "1", Conditions{})
	put(over, ".", "two", "2", Conditions{})
	_, err = over.Rename("one", "two", false)
	wantErr(t, "not to be replaced", err, ErrExists)
	replaced, err := over.Rename("one", "two", true)
	if must(err); !replaced {
		t.Error("nothing was replaced")
	}
	wantContent(t, dir, "two", "1")
	wantNames(t, dir, "two")
}

// TestOtherMoves moves in the ways that are for other file systems.
func TestOtherMoves(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	f, err := s.folder(".")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	sub, err := s.folder("sub")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.close()
	for _, c := range []struct {
		how  string
		move func(name string, to *folder, newName string) error
	}{{"link", f.linkNew}, {"claim", f.claimNew}} {
		for _, to := range []*folder{f, sub} {
			os.WriteFile(filepath.Join(dir, "from"), []byte(c.how), 0o666)
			if err := c.move("from", to, c.how); err != nil {
				t.Errorf("%s: %v", c.how, err)
			}
			wantContent(t, dir, join(to.name, c.how), c.how)
			os.WriteFile(filepath.Join(dir, "from"), []byte("two"), 0o666)
			wantErr(t, c.how, fault(c.move("from", to, c.how)), ErrExists)
			wantContent(t, dir, join(to.name, c.how), c.how)
			os.Remove(filepath.Join(dir, "from"))
		}
	}
	os.Mkdir(filepath.Join(dir, "d"), 0o777)
	if err := f.linkNew("d", sub, "d"); err != nil {
		t.Error(err)
	}
	wantNames(t, filepath.Join(dir, "sub"), "claim", "d", "link")
}

// TestOneName has two clients write one name at the same time, by every way
// that there is.
func TestOneName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*Store{openIn(t, dir, Options{}), openIn(t, dir, Options{})} // as of two processes
	for i := range 200 {
		name := fmt.Sprint("f", i)
		var errs [2]error
		var wg sync.WaitGroup
		for who := range 2 {
			wg.Go(func() {
				_, errs[who] = put(stores[who], ".", name, fmt.Sprint("of ", who), Conditions{})
			})
		}
		wg.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil || !errors.Is(errs[1-winner], ErrExists) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		wantContent(t, dir, name, fmt.Sprint("of ", winner))
	}
	if n := len(names(t, dir)); n != 200 {
		t.Errorf("there are %d files", n)
	}
}

// TestIfMatchOnce has many clients replace the state that all of them have
// seen: one of them can.
func TestIfMatchOnce(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{Overwrite: true, ETag: func(info fs.FileInfo) string {
		time.Sleep(20 * time.Millisecond) // in which others look, too
		return fmt.Sprintf(`"%d"`, info.Size())
	}})
	os.WriteFile(filepath.Join(dir, "a"), nil, 0o666)
	var done sync.Map
	var wg sync.WaitGroup
	for who := range 16 {
		wg.Go(func() {
			content := strings.Repeat("x", who+1)
			if _, err := put(s, ".", "a", content, Conditions{IfMatch: `"0"`}); err == nil {
				done.Store(content, true)
			} else {
				wantErr(t, "later", err, ErrCondition)
			}
		})
	}
	wg.Wait()
	n := 0
	done.Range(func(content, _ any) bool { n++; wantContent(t, dir, "a", content.(string)); return true })
	if n != 1 {
		t.Errorf("%d replaced it", n)
	}
}

func TestManyFreeNames(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	var wg sync.WaitGroup
	var got sync.Map
	for i := range 300 {
		wg.Go(func() {
			f, err := put(s, ".", "a.txt", fmt.Sprint(i), Conditions{Free: true})
			if err != nil {
				t.Error(err)
			}
			if _, twice := got.LoadOrStore(f.Base, true); twice {
				t.Errorf("%q was given twice", f.Base)
			}
			wantContent(t, dir, f.Base, fmt.Sprint(i))
		})
	}
	wg.Wait()
	if n := len(names(t, dir)); n != 300 {
		t.Errorf("there are %d files", n)
	}
}

// TestRemade is of a folder that is removed and made anew, as builds do.
func TestRemade(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "site")
	os.MkdirAll(filepath.Join(dir, "inbox"), 0o777)
	s := openIn(t, dir, Options{Below: "inbox"})
	os.RemoveAll(filepath.Join(dir, "inbox"))
	_, err := put(s, "inbox", "a", "x", Conditions{})
	wantErr(t, "removed", err, ErrNotFound)
	os.Mkdir(filepath.Join(dir, "inbox"), 0o777)
	if _, err := put(s, "inbox", "a", "x", Conditions{}); err != nil {
		t.Error(err)
	}
	os.RemoveAll(dir)
	os.MkdirAll(filepath.Join(dir, "inbox"), 0o777)
	if _, err := put(s, "inbox", "b", "x", Conditions{}); err != nil {
		t.Error(err)
	}
	wantContent(t, dir, "inbox/b", "x")
}

// eventually waits for what is done in the background.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
