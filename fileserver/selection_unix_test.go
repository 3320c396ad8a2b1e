//go:build unix

package fileserver_test

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gserve/gserve/fileserver"
)

// link makes a link in dir, in the place of whatever is there.
func link(t testing.TB, dir, to, name string) {
	t.Helper()
	next := filepath.Join(dir, "next")
	if err := os.Symlink(to, next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// TestSelectionConfinement selects some of a hostile tree, and reaches for the
// rest.
func TestSelectionConfinement(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	link(t, dir, "../inside.txt", "docs/beside")
	link(t, dir, filepath.Join(dir, "fifoindex"), "docs/chosen")
	link(t, dir, "../fifoindex", "docs/chosentoo")
	s := fileserver.New(choose(t, dir, "docs", "inside.txt", "fifoindex"))
	for _, c := range []struct {
		target string
		status int
		want   string // content, if the status is 200
	}{
		{"/inside.txt", 200, "inside"},
		{"/docs/guide.txt", 200, "guide"},
		{"/docs/deep/er.txt", 200, "deeper"},
		{"/docs/deep/abs", 200, "guide"},
		{"/fifoindex/", 200, ""},

		{"/docs/good", 404, ""}, // leads to inside.txt, which is chosen, out of docs
		{"/docs/beside", 404, ""},
		{"/docs/chosen/", 404, ""},
		{"/docs/chosentoo/", 404, ""},
		{"/docs/deep/back", 404, ""}, // leaves, though it comes back
		{"/docs/out", 404, ""},
		{"/docs/ring", 404, ""},
		{"/docs/../.env", 404, ""},
		{"/docs/../closed.txt", 404, ""},
		{"/docs/../../secret.txt", 404, ""},
		{"/docs/..%2f..%2fsecret.txt", 404, ""},
		{"/..%5csecret.txt", 404, ""},
		{"/%2e%2e/secret.txt", 404, ""},
		{"/up/secret.txt", 404, ""},
		{"/out", 404, ""},
		{"/good", 404, ""},
		{"/vault/key", 404, ""},
		{"/folder/guide.txt", 404, ""},
		{"/toself/inside.txt", 404, ""},
		{"/slash/etc/passwd", 404, ""},
		{"/.env", 404, ""},
		{"/fifo", 404, ""},
		{"/socket", 404, ""},
		{"/inside.txt/", 404, ""},
		{"/inside.txt/../.env", 404, ""},
		{"/docs" + strings.Repeat("/a", 30000), 404, ""},
	} {
		status, content := get(t, s, c.target)
		if status != c.status || c.want != "" && content != c.want {
			t.Errorf("GET %.80s: %d %q, want %d %q", c.target, status, content, c.status, c.want)
		}
		if strings.Contains(content, secret) {
			t.Errorf("GET %.80s: the secret is out", c.target)
		}
	}
	for _, kind := range archiveKinds {
		_, archive := get(t, s, "/?archive="+kind)
		names := sortedNames(unpack(t, kind, archive))
		if want := []string{
			"Files/", "Files/docs/", "Files/docs/deep/", "Files/docs/deep/abs", "Files/docs/deep/er.txt", "Files/docs/guide.txt",
			"Files/fifoindex/", "Files/fifoindex/index.html/", "Files/inside.txt",
		}; !slices.Equal(names, want) {
			t.Errorf("%s holds %q, want %q", kind, names, want)
		}
	}
	if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, []string{"docs/", "fifoindex/", "inside.txt"}) {
		t.Errorf("listed are %q", got)
	}
}

// TestSelectionCauses tells the log what a flag would allow.
func TestSelectionCauses(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	var record fileserver.Record
	selection := choose(t, dir, "docs", "inside.txt")
	s := fileserver.New(selection, fileserver.WithObserver(func(r *fileserver.Record) { record = *r }))
	link(t, dir, "docs/guide.txt", "inside.txt")
	for target, want := range map[string]error{
		"/docs/out": fileserver.ErrOutside, "/docs/good": fileserver.ErrOutside, "/inside.txt": fileserver.ErrOutside,
		"/closed.txt": os.ErrNotExist, "/docs/guide.txt": nil,
	} {
		get(t, s, target)
		if !errors.Is(record.Err, want) {
			t.Errorf("GET %s: the cause is %v, want %v", target, record.Err, want)
		}
	}
	if f, err := selection.Open("inside.txt"); !errors.Is(err, fileserver.ErrOutside) {
		t.Errorf("opened %v, %v", f, err)
	}
}

// TestSelectedLinks selects links, and changes them.
func TestSelectedLinks(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	write(t, filepath.Join(dir, "app-2.log"), "second")
	write(t, filepath.Join(dir, "docs/later.txt"), "later")
	s := fileserver.New(choose(t, dir, "good", "chain", "out", "vault", "absfolder", "docs/deep/abs"))
	check := func(want map[string]string) {
		t.Helper()
		for target, content := range want {
			status, got := get(t, s, target)
			if got != content && content != "" || content == "" && status != 404 {
				t.Errorf("GET %s: %d %q, want %q", target, status, got, content)
			}
		}
	}
	check(map[string]string{
		"/good": "inside", "/chain": "inside", "/out": secret, "/vault/key": secret, "/absfolder/guide.txt": "guide", "/abs": "guide",
		"/secret.txt": "", "/guide.txt": "", "/inside.txt": "", "/key": "",
	})
	// A link within its folder is followed, as far as it stays there. Others
	// are not looked at again.
	link(t, dir, "app-2.log", "good")
	link(t, dir, "../vault/key", "out")
	link(t, dir, "docs/deep", "absfolder")
	check(map[string]string{"/good": "second", "/out": secret, "/absfolder/guide.txt": "guide"})
	link(t, dir, "../secret.txt", "good")
	link(t, dir, "/etc", "vault")
	link(t, dir, "../../../secret.txt", "docs/deep/abs")
	check(map[string]string{"/good": "", "/vault/key": secret, "/vault/passwd": "", "/abs": "guide"})
	// The file that a link led to is replaced by one.
	link(t, dir, "deep/er.txt", "docs/guide.txt")
	check(map[string]string{"/abs": ""})
	os.Remove(filepath.Join(dir, "docs/guide.txt"))
	write(t, filepath.Join(dir, "docs/guide.txt"), "a file once more")
	check(map[string]string{"/abs": "a file once more"})
}

// TestSelectUnconfinedLinks follows all of them.
func TestSelectUnconfinedLinks(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	selection, err := fileserver.SelectUnconfined(below(dir, []string{"good", "out", "docs", "inside.txt"})...)
	if err != nil {
		t.Fatal(err)
	}
	defer selection.Close()
	s := fileserver.New(selection)
	link(t, dir, "docs/guide.txt", "good")
	link(t, dir, "../vault/key", "inside.txt")
	for target, want := range map[string]string{
		"/good": "guide", "/out": secret, "/docs/out": secret, "/docs/deep/back": "deeper", "/inside.txt": secret,
		"/vault/key": "", "/docs/../../secret.txt": "", "/docs/ring": "", "/secret.txt": "",
	} {
		status, content := get(t, s, target)
		if content != want && want != "" || want == "" && status != 404 {
			t.Errorf("GET %s: %d %q, want %q", target, status, content, want)
		}
	}
}

func TestSelectWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	for name, want := range map[string]string{
		"fifo": "neither a file nor a folder", "socket": "neither a file nor a folder", "broken": "no such file or directory",
		"loop": "too many levels", "inside.txt/x": "not a directory", "closed.txt": "permission denied",
	} {
		if name == "closed.txt" && os.Getuid() == 0 {
			continue // root reads everything
		}
		if _, err := fileserver.Select(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := fileserver.Select("/dev/null"); err == nil || !strings.Contains(err.Error(), "neither") {
		t.Errorf("a device: %v", err)
	}
}

// TestSelectedFileBecomesAFIFO must not wait for whoever writes to it.
func TestSelectedFileBecomesAFIFO(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	s := fileserver.New(choose(t, dir, "inside.txt"))
	os.Remove(filepath.Join(dir, "inside.txt"))
	if err := syscall.Mkfifo(filepath.Join(dir, "inside.txt"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/inside.txt", "/inside.txt/", "/?archive=tar&name=inside.txt"} {
		if status, _ := get(t, s, target); status != 404 {
			t.Errorf("GET %s: %d", target, status)
		}
	}
	if got := getListed(t, s, "/?format=json").paths(); len(got) > 0 {
		t.Errorf("listed are %q", got)
	}
}

// TestSelectionSwappedLinks has links take the place of a file, and of a folder in
// a folder, while both are asked for.
func TestSelectionSwappedLinks(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	write(t, filepath.Join(dir, "sibling.txt"), secret)
	write(t, filepath.Join(dir, "docs/sub/key"), "in docs")
	selection := choose(t, dir, "inside.txt", "docs")
	s := fileserver.New(selection)
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		next, file, folder := filepath.Join(dir, "next"), filepath.Join(dir, "inside.txt"), filepath.Join(dir, "docs/sub")
		for i := 0; !stop.Load(); i++ {
			if i%2 == 0 {
				os.WriteFile(next, []byte("inside"), 0o644)
				os.Rename(folder, filepath.Join(dir, "away"))
				os.Symlink("../../vault", folder)
			} else {
				os.Symlink([]string{"sibling.txt", "../secret.txt", "docs/../sibling.txt"}[i%3], next)
				os.Remove(folder)
				os.Rename(filepath.Join(dir, "away"), folder)
			}
			os.Rename(next, file)
		}
	}()
	served := map[string]bool{}
	for range 3000 {
		for range 20 { // without a look before
			if f, err := selection.Open("inside.txt"); err == nil {
				content, _ := io.ReadAll(f)
				if f.Close(); string(content) != "inside" {
					t.Fatalf("opened %q", content)
				}
			}
		}
		for _, target := range []string{"/inside.txt", "/docs/sub/key"} {
			status, content := get(t, s, target)
			if strings.Contains(content, secret) {
				t.Fatalf("GET %s: the secret is out", target)
			}
			if status == 200 {
				served[target] = true
			}
		}
	}
	stop.Store(true)
	<-done
	if len(served) < 2 {
		t.Errorf("of both, only %v was ever served", served)
	}
}

// TestSelectionOddNames selects names that are not UTF-8, and others that need
// care, and goes to them by the links of the listing.
func TestSelectionOddNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names []string
	for i, name := range []string{
		"\xff\xfe.txt", "caf\xe9", "new\nline", "%41", "100%", "a?b", "a#b", "a;b", `quo"te`, `back\slash`, "javascript:alert(1)", "c:",
		"<script>alert(1)", " lead", "trail ", "~", "-", "-rf", strings.Repeat("x", 255),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte{byte(i)}, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	write(t, filepath.Join(dir, "d\xff/in\xfe"), string([]byte{byte(len(names))}))
	server := httptest.NewServer(fileserver.New(choose(t, dir, append(names, "d\xff")...)))
	defer server.Close()
	found := map[byte]bool{}
	walk(t, server.URL+"/", func(content []byte) { found[content[0]] = true })
	for i := range len(names) + 1 {
		if !found[byte(i)] {
			t.Errorf("number %d was not found", i)
		}
	}
}

// TestSelectionPrivate reaches for a private file, and for a private folder, by
// other ways than their names.
func TestSelectionPrivate(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	write(t, filepath.Join(dir, "cgi-bin/run.sh"), secret)
	write(t, filepath.Join(dir, "docs/key.pem"), secret)
	os.Link(filepath.Join(dir, "docs/key.pem"), filepath.Join(dir, "hard"))
	link(t, dir, "cgi-bin/run.sh", "run")
	link(t, dir, "../cgi-bin", "docs/programs")
	link(t, dir, "../cgi-bin/run.sh", "docs/program")
	selections := map[string]func(...string) (*fileserver.Selection, error){"confined": fileserver.Select, "not": fileserver.SelectUnconfined}
	for name, choose := range selections {
		selection, err := choose(below(dir, []string{"cgi-bin", "run", "docs", "hard", "inside.txt"})...)
		if err != nil {
			t.Fatal(err)
		}
		defer selection.Close()
		s := fileserver.New(selection, fileserver.WithPrivateFolders("cgi-bin"), fileserver.WithPrivate(filepath.Join(dir, "docs/key.pem")))
		for _, target := range []string{
			"/cgi-bin/", "/cgi-bin/run.sh", "/run", "/docs/programs/run.sh", "/docs/program", "/hard", "/docs/key.pem",
			"/?archive=tar&name=run", "/?archive=tar&name=hard", "/?archive=tar&name=cgi-bin",
		} {
			if status, content := get(t, s, target); status != 404 || strings.Contains(content, secret) {
				t.Errorf("%s: GET %s: %d", name, target, status)
			}
		}
		if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, []string{"docs/", "inside.txt"}) {
			t.Errorf("%s: listed are %q", name, got)
		}
	}
}

// TestSelectByDotDot selects by a path that the system finds by way of a link.
func TestSelectByDotDot(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	link(t, dir, "docs/deep", "shortcut")
	s := fileserver.New(choose(t, dir, "shortcut/../guide.txt", "shortcut/.."))
	for _, target := range []string{"/guide.txt", "/docs/guide.txt"} {
		for _, missing := range []string{"/docs/missing", "/missing"} {
			get(t, s, missing) // after which a folder is looked for again
		}
		if status, content := get(t, s, target); status != 200 || content != "guide" {
			t.Errorf("GET %s: %d %q", target, status, content)
		}
	}
}
