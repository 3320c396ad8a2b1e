package listing_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestUploadGoesOn cuts the network in the middle of a file.
func TestUploadGoesOn(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 30<<20)
	small := outside(t, map[string]string{"small.txt": "s"})
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	stuck := s.stick("PATCH", pieceSize)
	b.choose(forFiles, path, filepath.Join(small, "small.txt"))
	b.waitUntil(stuck)
	mend := s.cut()
	b.wait("document.querySelector('#sheet .lost small')?.textContent.startsWith('No connection: tries again in')")
	mend()
	of[bool](b, "dispatchEvent(new Event('online'))")
	b.wait(uploaded + " == '2 files uploaded'")
	if s.content("large.bin") != content {
		t.Error("the file is another one")
	}
	if n := s.asked("HEAD"); n == 0 {
		t.Error("the page did not ask how far the file had come")
	}
	if n := s.asked("POST"); n != 2 {
		t.Errorf("the page began %d times, want 2", n)
	}
	if n := s.sent.Load(); n > 30<<20+pieceSize {
		t.Errorf("%d bytes were sent of %d", n, len(content))
	}
}

// TestUploadAnswerLost: the last answer does not come, and yet the file is there
// once, by the name that it got.
func TestUploadAnswerLost(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"in ä/large 1'.bin": "old"}), uploadsOnly)
	path, content := largeFile(t, "large 1'.bin", 3<<20)
	b := show(t, s.server, desktop, "/in%20%C3%A4/")
	defer b.pardon("Failed to load resource")
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != "PATCH" {
			return false
		}
		s.whenever(nil)
		s.files.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
	b.choose(forFiles, path)
	b.wait(uploaded + " == '1 file uploaded'")
	equal(b, "document.querySelector('#sheet .done small').textContent", "as large 1' (1).bin, 3.0 MiB")
	if s.content("in ä/large 1' (1).bin") != content || len(s.names()) != 2 {
		t.Errorf("there is %q", s.names())
	}
}

// TestUploadRemembers chooses a file again after the page was left.
func TestUploadRemembers(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 24<<20)
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	stuck := s.stick("PATCH", pieceSize)
	b.choose(forFiles, path)
	b.waitUntil(stuck)
	mend := s.cut()
	b.wait("document.querySelector('#sheet .lost')")
	mend()
	// Who leaves is asked first, if anything was done on the page.
	asked := make(chan struct{}, 1)
	if err := chromedp.Listen(b.ctx, func(event any) {
		if event, ok := event.(*page.EventJavascriptDialogOpening); ok && event.Type == page.DialogTypeBeforeunload {
			asked <- struct{}{}
			go chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.click("h1")
	equal(b, "JSON.parse(localStorage['gserve uploads']).length", 1)
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool { // what goes on meanwhile does not count
		if r.Method != "GET" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return r.Method != "GET"
	})
	b.open("/")
	select {
	case <-asked:
	case <-time.After(patience):
		t.Error("the page could be left as if nothing were going on")
	}
	s.whenever(nil)
	before := s.sent.Load()
	b.choose(forFiles, path)
	b.wait(uploaded + " == '1 file uploaded'")
	if s.content("large.bin") != content {
		t.Error("the file is another one")
	}
	if n := s.asked("POST"); n != 1 {
		t.Errorf("the page began %d times, want once", n)
	}
	if n := s.sent.Load() - before; n > 16<<20 {
		t.Errorf("%d bytes were sent again of %d", n, len(content))
	}
	equal(b, "localStorage.length", 0)
}

// TestUploadForgotten begins anew where the server knows nothing of what the
// page remembers, and forgets what is older than a day.
func TestUploadForgotten(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 2<<20)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	of[bool](b, fmt.Sprintf(`(() => { const one = {folder: location.href, name: 'large.bin', size: %d, modified: %d, location: location.origin + '/.well-known/gserve/upload/0123/', time: Date.now()};
		localStorage['gserve uploads'] = JSON.stringify([{...one, time: 0, name: 'old.bin', location: one.location + 'old/'}, one]); return true })()`, info.Size(), info.ModTime().UnixMilli()))
	b.choose(forFiles, path)
	b.wait(uploaded + " == '1 file uploaded'")
	if s.content("large.bin") != content {
		t.Error("the file is another one")
	}
	if n := s.asked("HEAD"); n != 1 {
		t.Errorf("the page asked %d times for what it remembered, want once", n)
	}
	equal(b, "localStorage.length", 0)
}

// TestUploadServerKilled ends the server's process in the middle of a file, and
// starts another one.
func TestUploadServerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	path, content := largeFile(t, "large.bin", 64<<20)
	kill := startServer(t, dir, address)
	server := &httptest.Server{URL: "http://" + address}
	b := show(t, server, desktop, "/")
	defer b.pardon("Failed to load resource")
	b.choose(forFiles, path)
	b.wait("document.querySelector('#sheet progress').value > 9e6")
	kill()
	b.wait("document.querySelector('#sheet .lost')")
	startServer(t, dir, address)
	of[bool](b, "dispatchEvent(new Event('online'))")
	b.wait(uploaded + " == '1 file uploaded'")
	got, err := os.ReadFile(filepath.Join(dir, "large.bin"))
	if err != nil || string(got) != content {
		t.Errorf("the file is another one (error: %v)", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("there is %q (error: %v)", entries, err)
	}
}

// startServer starts a process of this test binary that serves a folder. It is
// ended by what is returned, or with the test.
func startServer(t *testing.T, dir, address string) (kill func()) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestServerProcess$")
	command.Env = append(os.Environ(), "SERVE_FOLDER="+dir, "SERVE_ADDRESS="+address)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		command.Process.Kill()
		command.Wait()
	}
	t.Cleanup(kill)
	if line, err := bufio.NewReader(output).ReadString('\n'); !strings.Contains(line, "serving") {
		t.Fatalf("the server says %q (error: %v)", line, err)
	}
	return kill
}

// TestServerProcess is the server that another test kills.
func TestServerProcess(t *testing.T) {
	dir := os.Getenv("SERVE_FOLDER")
	if dir == "" {
		t.Skip("is a part of TestUploadServerKilled")
	}
	s := serveChanges(t, dir, uploadsOnly)
	listener, err := net.Listen("tcp", os.Getenv("SERVE_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving")
	t.Fatal(http.Serve(listener, s.files))
}
