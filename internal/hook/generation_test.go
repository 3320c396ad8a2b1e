//go:build unix

package hook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// writeApp puts a file into an application's folder as an editor does, whole.
func writeApp(t testing.TB, dir, name, code string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+"~", []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+"~", file); err != nil {
		t.Fatal(err)
	}
	// What Python has compiled counts by its second and its size.
	os.RemoveAll(filepath.Join(filepath.Dir(file), "__pycache__"))
}

// version is an application that answers with a number, and streams when asked.
func version(n int) string {
	return fmt.Sprintf(`import time
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/sleep":
        time.sleep(0.3)
    if environ["PATH_INFO"] == "/events":
        return events()
    return [b"%d"]
def events():
    while True:
        yield b"data: %d\n\n"
        time.sleep(0.05)
`, n, n)
}

// TestReload saves again and again while many ask: nobody gets an error, nor an
// answer of code that was replaced before the request.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(0))
	s := startSite(t, WSGIConfig{App: "live", Dir: dir, Workers: 2, Threads: 4, Watch: true})
	var saved, asked atomic.Int64
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for i := range 32 {
		path := "/"
		if i == 0 {
			path = "/sleep"
		}
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := saved.Load()
				got := s.get(path)
				asked.Add(1)
				var n int64
				if _, err := fmt.Sscan(got.content, &n); err != nil || got.status != 200 || n < least {
					t.Errorf("%s: %d %.300q %v, want at least %d", path, got.status, got.content, got.err, least)
					return
				}
			}
		})
	}
	switches := 200
	if testing.Short() {
		switches = 50
	}
	for n := 1; n <= switches; n++ {
		writeApp(t, dir, "live.py", version(n))
		s.app.Reload()
		saved.Store(int64(n)) // what is asked from now on is answered by this
		if n%2 == 0 {         // half of them come while the one before still loads
			waitFor(t, "the switch", func() bool { return s.get("/").content == fmt.Sprint(n) })
		}
	}
	close(stop)
	clients.Wait()
	if got := s.get("/"); got.content != fmt.Sprint(switches) {
		t.Errorf("at the end: %q", got.content)
	}
	waitFor(t, "the older workers are gone", func() bool {
		s.app.pool.mu.Lock()
		defer s.app.pool.mu.Unlock()
		return len(s.app.processes) == 2
	})
	t.Logf("%d requests, %d switches", asked.Load(), switches)
}

// TestReloadBroken saves what cannot be imported, in several ways, and mends it.
func TestReloadBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(0))
	s := startSite(t, WSGIConfig{App: "live.py", Dir: dir, Watch: true})
	for i, test := range []struct{ code, want string }{
		{"def app(:\n", "SyntaxError"},
		{"x = 1\nprint(<b>)\n", "live.py:2"},
		{"import nowhere_to_be_found\n", "nowhere_to_be_found"},
		{"x = '<script>alert(1)</script>'\nraise ValueError(x)\n", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"import sys\nsys.exit('left')\n", "left"},
		{"import os\nos._exit(9)\n", "exit status 9"},
		{"async def app(scope, receive, send): pass\n", "uvicorn"},
		{"class A:\n    async def __call__(self, scope, receive, send): pass\napp = A()\n", "uvicorn"},
		{"nothing = 1\n", "has no application, app, create_app() or make_app()"},
	} {
		writeApp(t, dir, "live.py", test.code)
		s.app.Reload()
		got := s.get("/")
		if got.status != 500 || !strings.Contains(got.content, test.want) || strings.Contains(got.content, "<script>") {
			t.Errorf("%q: %d %q, want %q", test.code, got.status, got.content, test.want)
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%q: no page", test.code)
		}
		if got := s.get("/", "X-Forwarded-For", "192.0.2.1"); got.content != "500 Internal Server Error\n" {
			t.Errorf("strangers see %q", got.content)
		}
		writeApp(t, dir, "live.py", version(i))
		s.app.Reload()
		if got := s.get("/"); got.content != fmt.Sprint(i) {
			t.Errorf("mended: %d %q", got.status, got.content)
		}
	}
}

// TestReloadKeeps has the old code go on when the new one is broken, for those
// who do not watch.
func TestReloadKeeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(1))
	s := startSite(t, WSGIConfig{App: "live", Dir: dir})
	writeApp(t, dir, "live.py", "raise ValueError('broken')")
	s.app.Reload()
	if got := s.get("/"); got.content != "1" {
		t.Errorf("%d %q", got.status, got.content)
	}
	if !strings.Contains(s.log.String(), "ValueError: broken") {
		t.Errorf("log: %q", s.log)
	}
}

// TestReloadNewest saves while an import hangs.
func TestReloadNewest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(0))
	s := startSite(t, WSGIConfig{App: "live", Dir: dir, Watch: true})
	writeApp(t, dir, "live.py", "open('hangs', 'w').close()\nwhile True: pass\n")
	s.app.Reload()
	waitFor(t, "it hangs", func() bool { _, err := os.Stat(filepath.Join(dir, "hangs")); return err == nil })
	writeApp(t, dir, "live.py", version(2))
	s.app.Reload()
	if got := s.get("/"); got.content != "2" {
		t.Errorf("%d %q", got.status, got.content)
	}
	waitFor(t, "the import that hangs is gone", func() bool {
		s.app.pool.mu.Lock()
		defer s.app.pool.mu.Unlock()
		return len(s.app.processes) == 1
	})
}

// TestReloadStream has an event stream open while the code changes: it is cut
// after a while, and holds up nothing.
func TestReloadStream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(0))
	s := startSite(t, WSGIConfig{App: "live", Dir: dir, Watch: true})
	res, err := s.srv.Client().Get(s.srv.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewReader(res.Body)
	if line, err := events.ReadString('\n'); err != nil || line != "data: 0\n" {
		t.Fatalf("%q %v", line, err)
	}
	writeApp(t, dir, "live.py", version(1))
	s.app.Reload()
	if got := s.get("/"); got.content != "1" {
		t.Fatalf("%d %q", got.status, got.content)
	}
	start := time.Now()
	n, err := io.Copy(io.Discard, events)
	if took := time.Since(start); err == nil || n == 0 || took < time.Second || took > long {
		t.Errorf("the stream went on for %v, %d bytes, %v", took, n, err)
	}
}

// TestReloadHold has requests wait for code that is yet to be loaded.
func TestReloadHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "live.py", version(0))
	s := startSite(t, WSGIConfig{App: "live", Dir: dir, Watch: true})
	s.app.Hold()
	answer := make(chan reply)
	go func() { answer <- s.get("/") }()
	waitFor(t, "it waits", func() bool { return s.waiting() == 1 })
	writeApp(t, dir, "live.py", version(1))
	s.app.Reload()
	if got := <-answer; got.content != "1" {
		t.Errorf("%d %q", got.status, got.content)
	}
	// If no reload comes, the old code answers after a while.
	s.app.Hold()
	if got := s.get("/"); got.content != "1" {
		t.Errorf("%d %q", got.status, got.content)
	}
}

// TestFolders has the folders of what is imported, also later, be told.
func TestFolders(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	writeApp(t, dir, "shop/__init__.py", "")
	writeApp(t, dir, "shop/views/__init__.py", "")
	writeApp(t, elsewhere, "models.py", "")
	writeApp(t, dir, "shop/wsgi.py", fmt.Sprintf(`import sys, json
sys.path.append(%q)
def app(environ, start_response):
    import shop.views
    start_response("200 OK", [])
    return [b""]
import models
`, elsewhere))
	told := make(chan struct{}, 10)
	s := startSite(t, WSGIConfig{App: "shop.wsgi", Dir: dir, FoldersChanged: func() { told <- struct{}{} }})
	if got, want := s.app.Folders(), []string{dir, dir + "/shop", elsewhere}; !sameFolders(got, want) {
		t.Errorf("after the import: %q, want %q", got, want)
	}
	<-told
	s.get("/")
	<-told
	if got := s.app.Folders(); !slices.Contains(got, dir+"/shop/views") {
		t.Errorf("after a later import: %q", got)
	}
}

func sameFolders(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// TestImport names applications in all the ways there are, and wrong ones.
func TestImport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ app, want, err string }{
		{"specs:one", "one", ""},
		{"specs:Inner.app", "one", ""},
		{"specs.py:one", "one", ""},
		{"./specs.py:create_app('a:b', twice=True)", "a:ba:b", ""},
		{"specs:create_app", "default", ""},
		{"specs", "default", ""},
		{"specs.py", "default", ""},
		{"specs:missing", "", "specs has no 'missing'; it has one, Inner, create_app"},
		{"specs:number", "", "number is a int, which cannot be called; it has one"},
		{"specs:create_app(number)", "", "are not all literals"},
		{"specs:create_app(1, 2)", "", "TypeError"},
		{"nowhere.at.all", "", "No module named 'nowhere' (looked in "},
		{"valid:", "", "nothing after the colon"},
		{"valid:a-b", "", "neither a name nor a call"},
		{"not a module", "", "neither a module like"},
		{"missing.py", "", "no such file"},
	} {
		t.Run(test.app, func(t *testing.T) {
			t.Parallel()
			w, err := NewWSGI(WSGIConfig{App: test.app, Dir: apps(t), Python: pythonForTests(t)})
			if err == nil {
				defer w.Close(context.Background())
				err = w.Start(context.Background())
			}
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s := startSite(t, WSGIConfig{App: test.app})
			if got := s.get("/"); got.content != test.want {
				t.Errorf("%d %q, want %q", got.status, got.content, test.want)
			}
			if d := s.app.Describe(); !strings.Contains(d, "wsgi:"+test.app+", Python 3.") || !strings.Contains(d, "1 worker with 16 threads") {
				t.Errorf("described as %q", d)
			}
		})
	}
}

// TestImportError has Start tell the traceback, without frames of gserve's own.
func TestImportError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "broken.py", "def f():\n    return undefined\nf()\n")
	s := newSite(t, WSGIConfig{App: "broken", Dir: dir})
	err := s.app.Start(context.Background())
	var broken *ImportError
	if !errors.As(err, &broken) {
		t.Fatal(err)
	}
	if broken.Reason != "NameError: name 'undefined' is not defined" || !strings.HasSuffix(broken.Place, "broken.py:2 in f") ||
		!strings.HasPrefix(err.Error(), `cannot import "broken": NameError`) || strings.Contains(broken.Traceback, "gserve") {
		t.Errorf("%q\n%v", broken.Place, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	writeApp(t, dir, "hangs.py", "while True: pass\n")
	hangs := newSite(t, WSGIConfig{App: "hangs", Dir: dir})
	if err := hangs.app.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an import that hangs: %v", err)
	}
}

// TestPage shows an exception to who is on this machine, and nobody else.
func TestPage(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Watch: true})
	got := s.get("/raises")
	if got.status != 500 || !strings.Contains(got.content, "clauses.py") || !strings.Contains(got.content, " in raises") ||
		!strings.Contains(got.content, "&lt;script&gt;before") || strings.Contains(got.content, "<script>before") {
		t.Errorf("%d %q", got.status, got.content)
	}
	if got := s.get("/raises", "X-Forwarded-For", "192.0.2.1"); got.content != "500 Internal Server Error\n" {
		t.Errorf("strangers see %q", got.content)
	}
	if got := s.do("HEAD", "/raises", ""); got.status != 500 || got.content != "" {
		t.Errorf("HEAD: %d %q", got.status, got.content)
	}
}
