//go:build unix

package hook

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestDeath has a worker end in the middle of a request.
func TestDeath(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	before := s.get("/pid").content
	if got := s.get("/dies"); got.status != 502 {
		t.Errorf("os._exit: %d %v", got.status, got.err)
	}
	if got := s.get("/pid"); got.status != 200 || got.content == before {
		t.Errorf("no other worker: %d %q", got.status, got.content)
	}
	if got := s.get("/dies_late"); got.err == nil {
		t.Errorf("half an answer is complete: %d %q", got.status, got.content)
	}
	pid := s.pid()
	done := make(chan reply)
	go func() { done <- s.get("/sleeps?60") }()
	waitFor(t, "it runs", func() bool { return strings.Contains(s.printed(), "sleeping") })
	syscall.Kill(pid, syscall.SIGKILL)
	if got := <-done; got.status != 502 {
		t.Errorf("killed: %d %v", got.status, got.err)
	}
	if got := s.get("/instance"); got.content != "instance" {
		t.Errorf("after that: %d", got.status)
	}
	if !strings.Contains(s.log.String(), "exit status 3") {
		t.Errorf("the log does not say why: %s", s.log)
	}
}

// pid is the process that answers.
func (s *site) pid() int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.get("/pid").content)
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// busy is how many requests have a thread.
func (s *site) busy() (n int) {
	s.app.pool.mu.Lock()
	defer s.app.pool.mu.Unlock()
	for w := range s.app.processes {
		n += w.busy
	}
	return n
}

func (s *site) waiting() int {
	s.app.pool.mu.Lock()
	defer s.app.pool.mu.Unlock()
	return s.app.pool.waiting
}

// TestTimeout has more requests get stuck than there are threads.
func TestTimeout(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 2, Timeout: time.Second})
	before := s.get("/pid").content
	var stuck sync.WaitGroup
	for range 4 {
		stuck.Go(func() {
			if got := s.get("/loops"); got.status != 504 {
				t.Errorf("%d %v, want 504", got.status, got.err)
			}
		})
	}
	stuck.Wait()
	if got := s.get("/pid"); got.status != 200 || got.content == before {
		t.Errorf("the others do not go on: %d", got.status)
	}
	// The worker gets the time that the client takes from its own.
	slow, feed := io.Pipe()
	go func() {
		for range 10 {
			feed.Write(make([]byte, 20_000))
			time.Sleep(150 * time.Millisecond)
		}
		feed.Close()
	}()
	req, _ := http.NewRequest("POST", s.srv.URL+"/count", slow)
	req.ContentLength = 200_000
	res, err := s.srv.Client().Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("a slow client: %v %v", res, err)
	}
	res.Body.Close()
	// A worker that is stuck does not stay.
	pid, _ := strconv.Atoi(before)
	waitFor(t, "the stuck worker is gone", func() bool { return !processRuns(pid) })
}

// TestLeftStuck has the client of a request leave that never ends.
func TestLeftStuck(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 1, Timeout: time.Second})
	pid := s.pid()
	ctx, leave := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "GET", s.srv.URL+"/loops", nil)
	done := make(chan error)
	go func() { _, err := s.srv.Client().Do(req); done <- err }()
	waitFor(t, "it runs", func() bool { return s.busy() == 1 })
	leave()
	<-done
	if got := s.get("/instance"); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	waitFor(t, "the stuck worker is gone", func() bool { return !processRuns(pid) })
}

// TestOneThread has an application that is promised one thread never see two,
// also when clients leave.
func TestOneThread(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 1})
	ctx, leave := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "GET", s.srv.URL+"/sleeps?0.7", nil)
	done := make(chan error)
	go func() { _, err := s.srv.Client().Do(req); done <- err }()
	waitFor(t, "it runs", func() bool { return s.busy() == 1 })
	start := time.Now()
	leave()
	<-done
	if got := s.get("/instance"); got.status != 200 || time.Since(start) < 300*time.Millisecond {
		t.Errorf("%d after %v", got.status, time.Since(start))
	}
}

// TestQueue fills it.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 2, Queue: 2})
	var waits sync.WaitGroup
	hold := func(path string) {
		waits.Go(func() {
			if got := s.get(path); got.status != 200 {
				t.Errorf("%s: %d %v", path, got.status, got.err)
			}
		})
	}
	hold("/paced")
	waitFor(t, "one runs", func() bool { return s.busy() == 1 })
	hold("/sleeps?1")
	waitFor(t, "two run", func() bool { return s.busy() == 2 })
	hold("/instance")
	hold("/open_gate")
	waitFor(t, "two wait", func() bool { return s.waiting() == 2 })
	if got := s.get("/instance"); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	waits.Wait()
	// One who leaves makes room.
	ctx, leave := context.WithCancel(context.Background())
	leave()
	s.app.pool.hold(true)
	if _, err := s.app.pool.acquire(ctx); !errors.Is(err, context.Canceled) || s.waiting() != 0 {
		t.Errorf("%v, %d wait", err, s.waiting())
	}
	s.app.pool.hold(false)
}

// TestLateGrant has a request leave just when its turn comes.
func TestLateGrant(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 1})
	p := &s.app.pool
	l, err := p.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	var waits sync.WaitGroup
	waits.Go(func() {
		if _, err := p.acquire(ctx); err == nil {
			t.Error("it has not left")
		}
	})
	waitFor(t, "it waits", func() bool { return s.waiting() == 1 })
	p.mu.Lock()
	leave()
	time.Sleep(50 * time.Millisecond) // it has seen that, and wants the lock
	l.worker.busy--
	l.worker.idle = append(l.worker.idle, l)
	p.pump()
	p.mu.Unlock()
	waits.Wait()
	if n := s.busy(); n != 0 {
		t.Errorf("%d threads are busy for nobody", n)
	}
}

// TestLeaves has the client of a request leave that has not begun to answer:
// its handler ends at once.
func TestLeaves(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	ctx, leave := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "GET", s.srv.URL+"/sleeps?1000", nil)
	done := make(chan error)
	go func() { _, err := s.srv.Client().Do(req); done <- err }()
	waitFor(t, "it runs", func() bool { return s.busy() == 1 })
	leave()
	<-done
	waitFor(t, "it has ended", func() bool { return s.busy() == 0 })
}

// TestSlowReader has clients that do not read hold up nobody whose answer fits
// into a buffer, nor files.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 1})
	for range 4 {
		conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.(*net.TCPConn).SetReadBuffer(4096)
		io.WriteString(conn, strings.Repeat("GET /file HTTP/1.1\r\nHost: x\r\n\r\n", 1000))
	}
	for range 20 {
		if got := s.get("/instance"); got.status != 200 {
			t.Fatalf("%d %v", got.status, got.err)
		}
	}
}

// TestThreads has lanes made as they are needed, and used again.
func TestThreads(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 8})
	for range 20 {
		s.get("/instance")
	}
	first, _ := strconv.Atoi(s.get("/threads").content)
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() { s.get("/sleeps?0.05") })
	}
	all.Wait()
	if n, _ := strconv.Atoi(s.get("/threads").content); first > 3 || n > 8+2 {
		t.Errorf("%d threads for one request at a time, %d for many", first, n)
	}
}

// TestOrphans ends gserve so that it cannot end its workers.
func TestOrphans(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "busy.py"), []byte("import os\nopen(os.environ['PID_FILE'], 'w').write(str(os.getpid()))\nwhile True: pass\n"), 0o600)
	os.WriteFile(filepath.Join(dir, "threads.py"), []byte(`import os, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
open(os.environ['PID_FILE'], 'w').write(str(os.getpid()))
def app(environ, start_response):
    start_response("200 OK", [])
    return [b""]
`), 0o600)
	for _, app := range []string{"busy", "threads"} {
		file := filepath.Join(dir, app+".pid")
		cmd := exec.Command(self, "-test.run=^TestServeChild$", "-test.timeout=0")
		cmd.Env = append(os.Environ(), "HOOK_TEST_APP="+app, "HOOK_TEST_DIR="+dir, "HOOK_TEST_LISTEN=127.0.0.1:0", "PID_FILE="+file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := 0
		waitFor(t, "the worker runs", func() bool {
			b, _ := os.ReadFile(file)
			pid, _ = strconv.Atoi(string(b))
			return pid > 0
		})
		if app == "threads" {
			bufio.NewReader(out).ReadString('\n') // it listens
		}
		cmd.Process.Kill()
		cmd.Wait()
		waitFor(t, app+": the worker is gone", func() bool { return !processRuns(pid) })
	}
}

// TestDrain ends what runs, and cuts what does not end.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Workers: 2})
	pid := s.pid()
	runs, stays := make(chan reply, 1), make(chan reply, 1)
	go func() { runs <- s.get("/sleeps?0.5") }()
	waitFor(t, "one runs", func() bool { return s.busy() == 1 })
	go func() { stays <- s.get("/sleeps?1000") }()
	waitFor(t, "two run", func() bool { return s.busy() == 2 })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	closed := make(chan error)
	go func() { closed <- s.app.Close(ctx) }()
	if got := <-runs; got.status != 200 {
		t.Errorf("what ends in time: %d", got.status)
	}
	if got := s.get("/instance"); got.status != 503 {
		t.Errorf("what comes later: %d", got.status)
	}
	if got := <-stays; got.status == 200 {
		t.Errorf("what does not end: %d", got.status)
	}
	if err := <-closed; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if processRuns(pid) {
		t.Error("a worker is left")
	}
}

// TestHandlerClass runs a subclass of BaseHTTPRequestHandler.
func TestHandlerClass(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "handlers.py", Class: true, Threads: 3, Timeout: 2 * time.Second})
	for range 10 {
		if got := s.get("/a//b%2Fc?d", "X-Under_Score", "as it came"); got.content != "/a//b%2Fc?d as it came 127.0.0.1" {
			t.Fatalf("%d %q", got.status, got.content)
		}
	}
	if got := s.get("/stream"); got.content != "0\n1\n2\n" {
		t.Errorf("%d %q", got.status, got.content)
	}
	content := strings.Repeat("x", 300_000)
	if got := s.do("POST", "/", content); got.content != content {
		t.Errorf("%d, %d bytes", got.status, len(got.content))
	}
	if got := s.get("/raise"); got.status != 502 || !strings.Contains(s.printed(), "in the handler") {
		t.Errorf("%d", got.status)
	}
	if got := s.get("/sleep"); got.status != 504 {
		t.Errorf("%d %v", got.status, got.err)
	}
	if got := s.get("/x"); got.status != 200 {
		t.Errorf("%d", got.status)
	}
}

// TestNoReplay has workers be killed in the middle of a request many times: it
// is never run again, whoever notices the death first.
func TestNoReplay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "once.py", `import os
def app(environ, start_response):
    with open("ran", "a") as f: f.write("x")
    os.kill(os.getpid(), 9)
`)
	const times = 12
	var all sync.WaitGroup
	s := startSite(t, WSGIConfig{App: "once", Dir: dir, Workers: 4})
	for range times {
		all.Go(func() {
			if got := s.get("/"); got.status != 502 {
				t.Errorf("%d %v", got.status, got.err)
			}
		})
	}
	all.Wait()
	if ran, _ := os.ReadFile(filepath.Join(dir, "ran")); len(ran) > times {
		t.Errorf("%d requests were run %d times", times, len(ran))
	}
}

// TestForked has a worker die whose child goes on, and has all of its sockets.
func TestForked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeApp(t, dir, "forks.py", `import os, time
def app(environ, start_response):
    if environ["PATH_INFO"] == "/fork":
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        os._exit(1)
    start_response("200 OK", [])
    return [b"ok"]
`)
	s := startSite(t, WSGIConfig{App: "forks", Dir: dir})
	start := time.Now()
	if got := s.get("/fork"); got.status != 502 || time.Since(start) > 4*time.Second {
		t.Errorf("%d after %v", got.status, time.Since(start))
	}
	if got := s.get("/"); got.content != "ok" {
		t.Errorf("%d", got.status)
	}
}
