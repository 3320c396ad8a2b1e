//go:build unix

package fileserver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// secret must never come out.
const secret = "this lies above the root"

// hostileTree makes a folder with a root in it, and returns the root.
//
//	top/secret.txt  top/vault/key
//	top/root/...
func hostileTree(t testing.TB) string {
	t.Helper()
	top := t.TempDir()
	root := filepath.Join(top, "root")
	write(t, filepath.Join(top, "secret.txt"), secret)
	write(t, filepath.Join(top, "vault/key"), secret)
	write(t, filepath.Join(root, "inside.txt"), "inside")
	write(t, filepath.Join(root, "docs/guide.txt"), "guide")
	write(t, filepath.Join(root, "docs/deep/er.txt"), "deeper")
	write(t, filepath.Join(root, ".env"), "KEY=hidden")
	for link, to := range map[string]string{
		"up":             "..",
		"out":            "../secret.txt",
		"vault":          "../vault",
		"absolute":       filepath.Join(top, "secret.txt"),
		"passwd":         "/etc/passwd",
		"slash":          "/",
		"proc":           "/proc/self/cwd",
		"good":           "inside.txt",
		"docs/good":      "../inside.txt",
		"docs/out":       "../../secret.txt",
		"docs/deep/abs":  filepath.Join(root, "docs/guide.txt"),
		"docs/deep/back": "../../docs/deep/er.txt",
		"folder":         "docs",
		"absfolder":      filepath.Join(root, "docs"),
		"roundabout":     "../root/inside.txt",
		"chain":          "docs/good",
		"loop":           "loop",
		"ring":           "docs/ring",
		"docs/ring":      "../ring",
		"broken":         "nowhere",
		"toself":         ".",
	} {
		link = filepath.Join(root, link)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(root, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	write(t, filepath.Join(root, "closed.txt"), "unreadable")
	os.Chmod(filepath.Join(root, "closed.txt"), 0)
	os.MkdirAll(filepath.Join(root, "fifoindex/index.html"), 0o755)
	if err := syscall.Mkfifo(filepath.Join(root, "fifoindex/index.htm"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestConfinement(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	s := fileserver.New(openDir(t, dir))
	for _, c := range []struct {
		target string
		status int
		want   string // content, if the status is 200
	}{
		{"/inside.txt", 200, "inside"},
		{"/good", 200, "inside"},
		{"/chain", 200, "inside"},
		{"/docs/good", 200, "inside"},
		{"/docs/deep/back", 200, "deeper"},
		{"/docs/deep/abs", 200, "guide"},
		{"/folder/guide.txt", 200, "guide"},
		{"/folder/good", 200, "inside"},
		{"/absfolder/guide.txt", 200, "guide"},
		{"/absfolder/good", 200, "inside"},
		{"/toself/inside.txt", 200, "inside"},
		{"/folder", 301, ""},
		{"/absfolder", 301, ""},

		{"/up/secret.txt", 404, ""},
		{"/up/", 404, ""},
		{"/up", 404, ""},
		{"/out", 404, ""},
		{"/docs/out", 404, ""},
		{"/vault/key", 404, ""},
		{"/vault/", 404, ""},
		{"/absolute", 404, ""},
		{"/passwd", 404, ""},
		{"/slash/etc/passwd", 404, ""},
		{"/proc/secret.txt", 404, ""},
		{"/roundabout", 404, ""}, // it leaves, though it comes back
		{"/../secret.txt", 404, ""},
		{"/%2e%2e/secret.txt", 404, ""},
		{"/docs/..%2f..%2fsecret.txt", 404, ""},
		{"/docs%2f..%2f..%2fsecret.txt", 404, ""},
		{"/..%5csecret.txt", 404, ""},

		{"/.env", 404, ""},
		{"/docs/%2e%2e/.env", 404, ""},
		{"/loop", 404, ""},
		{"/loop/x", 404, ""},
		{"/ring", 404, ""},
		{"/broken", 404, ""},
		{"/fifo", 404, ""},
		{"/fifo/", 404, ""},
		{"/fifo/x", 404, ""},
		{"/socket", 404, ""},
		{"/socket/x", 404, ""},
		{"/inside.txt/", 404, ""},
		{"/inside.txt/x", 404, ""},
		{"/" + strings.Repeat("n", 300), 404, ""},
		{"/" + strings.Repeat("d/", 4000), 404, ""},
		{"/fifoindex/", 200, ""}, // listed: neither index is a file
	} {
		status, content := get(t, s, c.target)
		if status != c.status || c.want != "" && content != c.want {
			t.Errorf("GET %s: %d %q, want %d %q", c.target, status, content, c.status, c.want)
		}
		if strings.Contains(content, secret) {
			t.Errorf("GET %s: the secret is out", c.target)
		}
	}
}

// TestListingShowsWhatIsServed opens every link of every listing, and looks
// for names that lead nowhere.
func TestListingShowsWhatIsServed(t *testing.T) {
	t.Parallel()
	s := fileserver.New(openDir(t, hostileTree(t)))
	_, page := get(t, s, "/")
	for _, absent := range []string{".env", "fifo\"", "socket", "passwd", "slash", "vault", "out", "loop", "ring", "broken", "up\""} {
		if strings.Contains(page, "href=\""+absent) {
			t.Errorf("the listing shows %q", absent)
		}
	}
	for _, present := range []string{"inside.txt", "docs/", "good", "folder/", "absfolder/", "chain"} {
		if !strings.Contains(page, "href=\""+present+"\"") {
			t.Errorf("the listing lacks %q", present)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := hostileTree(t)
	var record fileserver.Record
	s := fileserver.New(openDir(t, dir), fileserver.WithObserver(func(r *fileserver.Record) { record = *r }))
	if status, _ := get(t, s, "/closed.txt"); status != 404 {
		t.Errorf("status %d, want 404", status)
	}
	if !errors.Is(record.Err, os.ErrPermission) {
		t.Errorf("the cause is %v, want a permission error", record.Err)
	}
	for _, kind := range archiveKinds {
		if status, _ := get(t, s, "/?archive="+kind+"&name=closed.txt"); status != 404 {
			t.Errorf("%s of it: %d, want 404", kind, status)
		}
		_, archive := get(t, s, "/?archive="+kind)
		if members := unpack(t, kind, archive); members["Files/inside.txt"] != "inside" || slices.Contains(sortedNames(members), "Files/closed.txt") {
			t.Errorf("%s has %q", kind, sortedNames(members))
		}
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	var record fileserver.Record
	s := fileserver.New(openDir(t, hostileTree(t)), fileserver.WithObserver(func(r *fileserver.Record) { record = *r }))
	for target, want := range map[string]error{
		"/.env":        fileserver.ErrHidden,
		"/out":         fileserver.ErrOutside,
		"/docs/out":    fileserver.ErrOutside,
		"/passwd":      fileserver.ErrOutside,
		"/vault/key":   fileserver.ErrOutside,
		"/missing.txt": os.ErrNotExist,
		"/inside.txt":  nil,
	} {
		get(t, s, target)
		if !errors.Is(record.Err, want) {
			t.Errorf("GET %s: the cause is %v, want %v", target, record.Err, want)
		}
	}
}

func TestUnconfined(t *testing.T) {
	t.Parallel()
	s := fileserver.New(fileserver.Unconfined(hostileTree(t)))
	for target, want := range map[string]int{
		"/out": 200, "/vault/key": 200, "/docs/out": 200, "/good": 200,
		"/../secret.txt": 404, "/fifo": 404, "/fifo/x": 404, "/.env": 404, "/loop": 404,
	} {
		if status, _ := get(t, s, target); status != want {
			t.Errorf("GET %s: %d, want %d", target, status, want)
		}
	}
}

// TestPrivate reaches a private file by its name, by a link and by a hard link.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key.pem"), "private")
	write(t, filepath.Join(dir, "sub/index.html"), "")
	os.Symlink("key.pem", filepath.Join(dir, "link"))
	os.Link(filepath.Join(dir, "key.pem"), filepath.Join(dir, "hard"))
	s := fileserver.New(openDir(t, dir), fileserver.WithPrivate(filepath.Join(dir, "key.pem")))
	refused := func() {
		t.Helper()
		for _, target := range []string{"/key.pem", "/link", "/hard"} {
			if status, _ := get(t, s, target); status != 404 {
				t.Errorf("GET %s: %d, want 404", target, status)
			}
		}
		if _, page := get(t, s, "/"); strings.Contains(page, "key.pem") || strings.Contains(page, "hard") {
			t.Error("the listing shows a private file")
		}
	}
	refused()
	// Renewed, as certificates are. The old key has its other name still.
	os.Chtimes(filepath.Join(dir, "key.pem"), time.Now(), time.Unix(1, 0))
	write(t, filepath.Join(dir, "new"), "private, too")
	os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "key.pem"))
	refused()
	// Gone: what the system gives the old identity to is no secret.
	os.Remove(filepath.Join(dir, "key.pem"))
	os.Remove(filepath.Join(dir, "hard"))
	for i := range 50 {
		name := fmt.Sprintf("public%d.txt", i)
		write(t, filepath.Join(dir, name), "public")
		if status, _ := get(t, s, "/"+name); status != 200 {
			t.Errorf("GET /%s: %d, want 200", name, status)
		}
	}
}

// TestLongNamesBehindLinks asks for what an attacker would: a long path through
// a link that os.Root does not follow by itself.
func TestLongNamesBehindLinks(t *testing.T) {
	t.Parallel()
	s := fileserver.New(openDir(t, hostileTree(t)))
	for _, target := range []string{
		"/absfolder" + strings.Repeat("/a", 30000), "/docs/deep/abs" + strings.Repeat("/a", 30000), "/folder" + strings.Repeat("/a", 30000),
	} {
		if status, _ := get(t, s, target); status != 404 {
			t.Errorf("%d, want 404", status)
		}
	}
}

// TestRootMadeAnew removes the folder and makes it again, as builds do.
func TestRootMadeAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dist")
	write(t, filepath.Join(dir, "index.html"), "first")
	write(t, filepath.Join(dir, "assets/app.js"), "first")
	s := fileserver.New(openDir(t, dir))
	check := func(want string) {
		t.Helper()
		for _, target := range []string{"/", "/assets/app.js", "/index.html"} {
			if status, content := get(t, s, target); status != 200 || content != want {
				t.Errorf("GET %s: %d %q, want %q", target, status, content, want)
			}
		}
	}
	check("first")
	os.RemoveAll(dir)
	if status, _ := get(t, s, "/"); status == 200 {
		status, page := get(t, s, "/")
		if strings.Contains(page, "first") {
			t.Errorf("removed: %d %q", status, page)
		}
	}
	if status, _ := get(t, s, "/assets/app.js"); status != 404 {
		t.Errorf("removed: %d", status)
	}
	write(t, filepath.Join(dir, "index.html"), "second")
	write(t, filepath.Join(dir, "assets/app.js"), "second")
	check("second")
	os.RemoveAll(dir)
	os.MkdirAll(dir, 0o755)
	write(t, filepath.Join(dir, "only.txt"), "third")
	if _, page := get(t, s, "/"); !strings.Contains(page, "only.txt") {
		t.Errorf("the listing of the new folder: %q", page)
	}
}

// TestSwappedLinks has a link point in and out by turns while it is asked for.
func TestSwappedLinks(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	s := fileserver.New(openDir(t, dir))
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; !stop.Load(); i++ {
			to := []string{"inside.txt", "../secret.txt", "docs", "../vault", filepath.Join(dir, "docs"), "/etc"}[i%6]
			os.Symlink(to, filepath.Join(dir, "next"))
			os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "swapped"))
		}
	}()
	for range 3000 {
		for _, target := range []string{"/swapped", "/swapped/key", "/swapped/passwd", "/swapped/guide.txt"} {
			if status, content := get(t, s, target); status == 200 && content != "inside" && content != "guide" {
				t.Fatalf("GET %s: %q", target, content)
			}
		}
	}
	stop.Store(true)
	<-done
}

// TestOddNames serves names that are not UTF-8, and others that need care, by
// the links of their own listing.
func TestOddNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := []string{
		"\xff\xfe.txt", "caf\xe9", "new\nline", "tab\t", "%41", "100%", "a?b", "a#b", "a&b", "a;b", `quo"te`, `back\slash`,
		"javascript:alert(1)", "c:", "<script>alert(1)", "\u202egnp.exe", " lead", "trail ", "...", "~", "+", strings.Repeat("x", 255),
	}
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte{byte(i)}, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "d"+name[1:], "in"+name[1:]), 0o755); err != nil && !errors.Is(err, syscall.ENAMETOOLONG) {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(fileserver.New(openDir(t, dir), fileserver.WithHidden()))
	defer server.Close()
	found := map[byte]bool{}
	walk(t, server.URL+"/", func(content []byte) { found[content[0]] = true })
	for i, name := range names {
		if !found[byte(i)] {
			t.Errorf("%q was not found", name)
		}
	}
}

// walk follows all links of a listing downwards.
func walk(t *testing.T, address string, file func([]byte)) {
	isFolder := strings.HasSuffix(address, "/")
	ask := address
	if isFolder {
		ask += "?format=json"
	}
	response, err := http.Get(ask)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	if response.StatusCode != 200 {
		t.Fatalf("GET %s: %s", address, response.Status)
	}
	if !isFolder {
		file(content)
		return
	}
	var l listed
	if err := json.Unmarshal(content, &l); err != nil {
		t.Fatal(err)
	}
	for _, e := range l.Entries {
		next, err := response.Request.URL.Parse(e.URL)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, next.String(), file)
	}
}

// TestArchiveHoldsWhatIsServed asks for every file of an archive by its name,
// and looks for what must not be in there.
func TestArchiveHoldsWhatIsServed(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	os.MkdirAll(filepath.Join(dir, "private"), 0o755)
	write(t, filepath.Join(dir, "private/key.pem"), secret)
	os.Link(filepath.Join(dir, "private/key.pem"), filepath.Join(dir, "private/hard"))
	s := fileserver.New(openDir(t, dir), fileserver.WithPrivate(filepath.Join(dir, "private/key.pem")))
	for _, kind := range archiveKinds {
		status, archive := get(t, s, "/?archive="+kind)
		if status != 200 || strings.Contains(archive, secret) {
			t.Fatalf("%s: status %d, or the secret is out", kind, status)
		}
		members := unpack(t, kind, archive)
		for name, content := range members {
			if strings.Contains(content, secret) {
				t.Fatalf("%s: %s has the secret", kind, name)
			}
			path := strings.TrimPrefix(name, "Files")
			status, served := get(t, s, path)
			if strings.HasSuffix(name, "/") {
				if status != 200 {
					t.Errorf("%s: %s is %d", kind, name, status)
				}
			} else if status != 200 || served != content {
				t.Errorf("%s: %s is %d %q, want %q", kind, name, status, served, content)
			}
		}
		for _, want := range []string{
			"inside.txt", "good", "chain", "docs/guide.txt", "docs/good", "docs/deep/er.txt", "docs/deep/abs", "docs/deep/back",
			"absfolder/guide.txt", "absfolder/deep/er.txt", "fifoindex/index.html/",
		} {
			if _, ok := members["Files/"+want]; !ok {
				t.Errorf("%s lacks %s", kind, want)
			}
		}
	}
}

// TestPrivateFolders looks for the source of a program by every way there is.
func TestPrivateFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cgi-bin/run.sh"), secret)
	write(t, filepath.Join(dir, "cgi-bin/sub/run.sh"), secret)
	write(t, filepath.Join(dir, "cgi-binary/a.txt"), "a")
	write(t, filepath.Join(dir, "docs/a.txt"), "a")
	for link, to := range map[string]string{
		"alias": "cgi-bin", "docs/alias": "../cgi-bin/sub", "file": "cgi-bin/run.sh", "absolute": filepath.Join(dir, "cgi-bin"), "here": ".",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, root := range map[string]fs.FS{"confined": openDir(t, dir), "not": fileserver.Unconfined(dir)} {
		s := fileserver.New(root, fileserver.WithPrivateFolders("/cgi-bin"))
		for _, target := range []string{
			"/cgi-bin/run.sh", "/cgi-bin/", "/cgi-bin", "/CGI-BIN/run.sh", "/cgi%2dbin/run.sh", "//cgi-bin//run.sh", "/docs/../cgi-bin/run.sh",
			"/alias/run.sh", "/alias/", "/alias/sub/run.sh", "/docs/alias/run.sh", "/docs/alias/", "/file", "/absolute/run.sh", "/here/cgi-bin/run.sh", "/here/here/alias/sub/run.sh",
			"/?archive=tar&name=cgi-bin", "/?archive=tar&name=alias", "/?archive=tar&name=file", "/docs/?archive=zip&name=alias",
		} {
			if status, content := get(t, s, target); status != 404 || strings.Contains(content, secret) {
				t.Errorf("%s: GET %s: %d", name, target, status)
			}
		}
		if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, []string{"cgi-binary/", "docs/", "here/"}) {
			t.Errorf("%s: listed are %q", name, got)
		}
		if got := getListed(t, s, "/?format=json&deep=1&q=run").paths(); len(got) > 0 {
			t.Errorf("%s: found %q", name, got)
		}
		for _, kind := range archiveKinds {
			if _, archive := get(t, s, "/?archive="+kind); strings.Contains(fmt.Sprint(unpack(t, kind, archive)), secret) {
				t.Errorf("%s: the source is in the %s", name, kind)
			}
		}
		if status, _ := get(t, s, "/cgi-binary/a.txt"); status != 200 {
			t.Errorf("%s: a name that begins the same is %d", name, status)
		}
	}
}

// TestDropBox reaches for what lies in a folder that is for writing only.
func TestDropBox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "inbox/sub"), 0o755)
	write(t, filepath.Join(dir, "inbox/a.txt"), "in the box")
	write(t, filepath.Join(dir, "inbox/index.html"), "in the box")
	write(t, filepath.Join(dir, "inbox/sub/b.txt"), "in the box")
	write(t, filepath.Join(dir, "beside.txt"), "beside")
	os.Symlink("inbox", filepath.Join(dir, "link"))
	os.Symlink("inbox/a.txt", filepath.Join(dir, "link.txt"))
	os.Symlink(filepath.Join(dir, "inbox"), filepath.Join(dir, "absolute"))
	s := fileserver.New(openDir(t, dir), fileserver.WithDropBox("inbox"))
	for _, target := range []string{
		"/inbox/a.txt", "/inbox/index.html", "/inbox/sub/", "/inbox/sub/b.txt", "/link/a.txt", "/link/", "/link.txt", "/absolute/a.txt",
		"/link/sub/b.txt", "/link/sub/?archive=tar", "/?archive=tar&name=inbox", "/?archive=tar&name=link",
	} {
		if status, content := get(t, s, target); status != 404 || strings.Contains(content, "in the box") {
			t.Errorf("GET %s: %d %q", target, status, content)
		}
	}
	for _, target := range []string{"/inbox/", "/inbox/?archive=tar", "/?archive=tar", "/?q=a&deep=1", "/", "/inbox/?q=a&deep=1&format=json"} {
		status, content := get(t, s, target)
		if status != 200 || strings.Contains(content, "a.txt") || strings.Contains(content, "in the box") {
			t.Errorf("GET %s: %d %q", target, status, content)
		}
	}
}

// TestRootReplacedByALink has a link take the place of a folder that is served,
// after which something is missing in it.
func TestRootReplacedByALink(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	for name, root := range map[string]fs.FS{"/": openDir(t, filepath.Join(dir, "docs")), "/docs/": choose(t, dir, "docs"), "/docs/deep/": choose(t, dir, "docs")} {
		s := fileserver.New(root)
		os.Rename(filepath.Join(dir, "docs"), filepath.Join(dir, "away"))
		link(t, dir, "../vault", "docs")
		for range 3 {
			for _, target := range []string{"key", "", "missing", "guide.txt", "?archive=tar", "?format=json"} {
				if status, content := get(t, s, name+target); strings.Contains(content, secret) || strings.Contains(content, "key\"") {
					t.Errorf("GET %s: %d %q", name+target, status, content)
				}
			}
		}
		os.Remove(filepath.Join(dir, "docs"))
		os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "docs"))
	}
}

// TestRootFollowsItsName has a folder be exchanged for another one, as when a
// release is put in the place of the last: the next request is for the new one,
// though nothing is missing in the old one.
func TestRootFollowsItsName(t *testing.T) {
	t.Parallel()
	for name, exchange := range map[string]func(t *testing.T, dir string){
		"a link": func(t *testing.T, dir string) { link(t, dir, "two", "current") },
		"a folder": func(t *testing.T, dir string) {
			os.Rename(filepath.Join(dir, "served"), filepath.Join(dir, "old"))
			os.Rename(filepath.Join(dir, "two"), filepath.Join(dir, "served"))
		},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "one/a.txt"), "one")
		write(t, filepath.Join(dir, "two/a.txt"), "two")
		served := filepath.Join(dir, "current")
		if link(t, dir, "one", "current"); name == "a folder" {
			served = filepath.Join(dir, "served")
			os.Rename(filepath.Join(dir, "one"), served)
		}
		s := fileserver.New(openDir(t, served))
		if _, content := get(t, s, "/a.txt"); content != "one" {
			t.Errorf("%s: %q", name, content)
		}
		exchange(t, dir)
		if _, content := get(t, s, "/a.txt"); content != "two" {
			t.Errorf("%s, exchanged: %q", name, content)
		}
	}
}

// TestRootByDotDot serves a folder by a path that the system finds by way of a
// link.
func TestRootByDotDot(t *testing.T) {
	t.Parallel()
	dir := hostileTree(t)
	link(t, dir, "docs/deep", "shortcut")
	s := fileserver.New(openDir(t, dir+"/shortcut/.."))
	for range 2 {
		if status, content := get(t, s, "/guide.txt"); status != 200 || content != "guide" {
			t.Errorf("%d %q", status, content)
		}
		get(t, s, "/missing") // after which it is looked for again
	}
}

// TestSelectedHiddenFile serves a hidden name to whom it was typed for.
func TestSelectedHiddenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{".profile", ".config/app", ".config/.key", ".bashrc"} {
		write(t, filepath.Join(dir, name), "content")
	}
	s := fileserver.New(choose(t, dir, ".profile", ".config"))
	for target, want := range map[string]int{
		"/.profile": 200, "/.config/app": 200, "/.config/": 200, "/?archive=tar&name=.profile": 200, "/.config/.key": 404, "/.bashrc": 404,
	} {
		if status, _ := get(t, s, target); status != want {
			t.Errorf("GET %s: %d, want %d", target, status, want)
		}
	}
	if got := getListed(t, s, "/?format=json").paths(); !slices.Equal(got, []string{".config/", ".profile"}) {
		t.Errorf("listed are %q", got)
	}
	if got := getListed(t, s, "/?format=json&deep=1&q=.").paths(); !slices.Equal(got, []string{".config/", ".profile"}) {
		t.Errorf("found are %q", got)
	}
	if _, archive := get(t, s, "/?archive=tar"); !slices.Equal(sortedNames(unpack(t, "tar", archive)), []string{"Files/", "Files/.config/", "Files/.config/app", "Files/.profile"}) {
		t.Errorf("archived are %q", sortedNames(unpack(t, "tar", archive)))
	}
}

// TestFixedTimes serves a file whose time of modification is the same whatever it
// holds, as that of all files of a reproducible build.
func TestFixedTimes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a.txt")
	put := func(content string) {
		write(t, name, content)
		os.Chtimes(name, time.Unix(1, 0), time.Unix(1, 0))
	}
	put("first")
	s := fileserver.New(openDir(t, dir))
	ask := func(field, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/a.txt", nil)
		if field != "" {
			r.Header.Set(field, value)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	first := ask("", "")
	if w := ask("If-None-Match", first.Header().Get("ETag")); w.Code != 304 {
		t.Errorf("as it was: %d", w.Code)
	}
	time.Sleep(10 * time.Millisecond) // longer than the system's clock takes for a step
	put("other")
	if w := ask("If-None-Match", first.Header().Get("ETag")); w.Code != 200 || w.Body.String() != "other" {
		t.Errorf("changed: %d, %q", w.Code, w.Body.String())
	}
}
