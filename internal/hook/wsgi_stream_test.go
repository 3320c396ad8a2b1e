//go:build unix

package hook

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// noughts is content of any length that takes no memory.
func noughts(n int64) io.Reader { return io.LimitReader(nought{}, n) }

type nought struct{}

func (nought) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestContent sends content of all kinds.
func TestContent(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	for _, size := range []int{1, maxInline, maxInline + 1, 3 << 20} {
		content := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		for _, path := range []string{"/echo", "/echo_stream"} {
			if got := s.send("POST", path, bytes.NewReader(content)); got.content != string(content) {
				t.Errorf("%s of %d bytes: %d, %d bytes %v", path, size, got.status, len(got.content), got.err)
			}
		}
		// Without a length, it comes in chunks.
		if got := s.send("POST", "/count", io.MultiReader(bytes.NewReader(content))); got.content != fmt.Sprintf("%d %d", size, size) {
			t.Errorf("%d bytes in chunks: %q", size, got.content)
		}
	}
}

// TestUnreadContent asks for the next answer on a connection whose content the
// application did not read.
func TestUnreadContent(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	for path, size := range map[string]int{"/ignores_input": 10, "/ignores_input?2": 100_000, "/ignores_input_stream": 100_000} {
		got := s.raw("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n" +
			strings.Repeat("G", size) + "GET /instance HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if strings.Count(got, "200 OK") != 2 || !strings.Contains(got, "ignored") || !strings.Contains(got, "instance") {
			t.Errorf("after %d bytes: %q", size, got)
		}
	}
}

// TestLostContent has a client leave while the application reads: what it got
// must not look like all.
func TestLostContent(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	// A slow machine may take a worker for stuck, and what it knew goes with it.
	for range 3 {
		conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "POST /loses_input HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 70_000))
		conn.Close()
		for range 500 {
			if s.get("/has_lost").content != "True" {
				time.Sleep(20 * time.Millisecond)
				continue
			}
			if printed := s.printed(); printed != "" && !strings.Contains(printed, " ended: ") {
				t.Errorf("clients that leave are no news:\n%s", printed)
			}
			return
		}
	}
	t.Error("the application does not know")
}

// TestExpect has a client wait for 100 before it sends anything: it comes when
// the application reads (RFC 9110, 10.1.1).
func TestExpect(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	for path, want := range map[string]string{"/echo": "100", "/ignores_input": "200"} {
		conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(long))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", path)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if !strings.HasPrefix(line, "HTTP/1.1 "+want) {
			t.Errorf("%s: %q %v", path, line, err)
		}
	}
}

// TestStreams has what is yielded go out at once.
func TestStreams(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	res, err := s.srv.Client().Get(s.srv.URL + "/paced")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b [3]byte
	if _, err := io.ReadFull(res.Body, b[:]); err != nil || string(b[:]) != "one" {
		t.Fatalf("%q %v", b, err)
	}
	s.get("/open_gate")
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "two" {
		t.Errorf("%q %v", rest, err)
	}
}

// TestSlowClose gives an answer that is complete to the client, although its
// close() takes long.
func TestSlowClose(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	start := time.Now()
	res, err := s.srv.Client().Get(s.srv.URL + "/slow_close")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); string(b) != "fast" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the answer waited %v for close()", took)
	}
}

// TestClose has close() called whatever happens, and once.
func TestClose(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 4})
	s.get("/close_list")
	s.do("HEAD", "/close_head", "")
	s.get("/close_error")
	s.get("/clip_stream")
	for _, name := range []string{"close", "head", "error", "clip"} {
		waitFor(t, name+" is closed", func() bool { return s.get("/is_closed?"+name).content == "1" })
	}
	for path, name := range map[string]string{"/close_forever": "forever", "/close_write": "write"} {
		res, err := s.srv.Client().Get(s.srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		left := time.Now()
		waitFor(t, name+" is closed", func() bool { return s.get("/is_closed?"+name).content == "1" })
		if took := time.Since(left); took > 5*time.Second {
			t.Errorf("%s: close() came %v after the client had gone", name, took)
		}
	}
	if printed := s.printed(); strings.Contains(printed, "ClientGone") {
		t.Errorf("clients that leave are no news:\n%s", printed)
	}
}

// TestOldRequests has an application use what belonged to an older request.
func TestOldRequests(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses", Threads: 1})
	s.send("POST", "/keeps", noughts(200_000))
	if got := s.get("/keeps"); got.content != "refused refused" {
		t.Errorf("%d %q", got.status, got.content)
	}
}

// TestOutput has print and wsgi.errors show at once.
func TestOutput(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	s.get("/errors")
	if got := s.printed(); !strings.Contains(got, "to errors") || !strings.Contains(got, "to output") {
		t.Errorf("%q", got)
	}
}

// TestLarge has content of any length take no memory.
func TestLarge(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	s := startSite(t, WSGIConfig{App: "clauses"})
	pid := s.pid()
	peak := watchMemory(t, pid)
	if got := s.send("POST", "/count", io.MultiReader(noughts(64<<20))); got.content != fmt.Sprint(64<<20, " ", 64<<20) {
		t.Errorf("in chunks: %d %q %v", got.status, got.content, got.err)
	}
	req, err := http.NewRequest("POST", s.srv.URL+"/count", noughts(size))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = size
	res, err := s.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	if res.Body.Close(); string(b) != fmt.Sprint(size, " ", size) {
		t.Errorf("up: %q", b)
	}
	if res, err = s.srv.Client().Get(fmt.Sprint(s.srv.URL, "/big?", size>>20)); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if res.Body.Close(); n != size || err != nil {
		t.Errorf("down: %d %v", n, err)
	}
	if python, own := peak(); python > 48<<20 || own > 48<<20 {
		t.Errorf("memory grew by %d MiB in Python, %d MiB in Go", python>>20, own>>20)
	}
}

// watchMemory returns a function that tells by how much the memory of a process,
// and that of this one, has grown since.
func watchMemory(t *testing.T, pid int) func() (python, own int64) {
	resident := func() int64 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		fields := strings.Fields(string(b))
		if err != nil || len(fields) < 2 {
			return 0
		}
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	python, own := resident(), heap()
	return func() (int64, int64) {
		runtime.GC()
		return resident() - python, heap() - own
	}
}
