//go:build unix

package spool

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// start runs a program that ends with the test, and returns what it writes.
func start(t *testing.T, stdin io.Reader, name string, args ...string) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	program := exec.Command(exchange.Program(t, name), args...)
	program.Stdin, program.Stdout = stdin, w
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		program.Process.Kill()
		program.Wait()
	})
	return r
}

// TestPipe reads what another program writes, has curl get it as it comes, and
// then once more when it is complete.
func TestPipe(t *testing.T) {
	t.Parallel()
	lines, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	defer w.Close()
	s, server := open(t, start(t, lines, "cat"), Options{})
	io.WriteString(w, "one\n")
	early := start(t, nil, "curl", "-sSN", server.URL)
	expect(t, early, "one\n")
	io.WriteString(w, "two\n")
	expect(t, early, "two\n")
	late := start(t, nil, "curl", "-sSN", "--compressed", server.URL)
	expect(t, late, "one\ntwo\n")
	io.WriteString(w, "three\n")
	w.Close()
	expect(t, late, "three\n")
	for _, out := range []io.Reader{early, late} {
		if rest, err := io.ReadAll(out); err != nil || string(rest) != "" && string(rest) != "three\n" {
			t.Errorf("after the end comes %q, %v", rest, err)
		}
	}
	settle(t, s)
	expect(t, start(t, nil, "curl", "-sS", "-r", "4-6", server.URL), "two")
}

// TestCurlSeesTheCut tells curl that there should have been more.
func TestCurlSeesTheCut(t *testing.T) {
	t.Parallel()
	s, server := open(t, start(t, nil, "yes"), Options{Max: 1 << 20})
	settle(t, s)
	out, err := exec.Command(exchange.Program(t, "curl"), "-sS", server.URL).Output()
	if failure, ok := err.(*exec.ExitError); !ok || len(out) != 1<<20 {
		t.Errorf("%d bytes, %v", len(out), err)
	} else if code := failure.ExitCode(); code != 18 && code != 56 { // partial file, failure to receive
		t.Errorf("exit status %d: %s", code, failure.Stderr)
	}
}

// TestFolderIsRead reads what is no stream.
func TestFolderIsRead(t *testing.T) {
	t.Parallel()
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	logged := make(chan string, 1)
	_, server := open(t, folder, Options{Log: func(line string) { logged <- line }})
	if response := ask(t, "GET", server.URL); response.StatusCode != 500 {
		t.Errorf("%s", response.Status)
	}
	if line := <-logged; !strings.Contains(line, "directory") {
		t.Errorf("log: %q", line)
	}
}

// TestNoRoom has the system refuse to keep more than a mebibyte, in a process of
// its own.
func TestNoRoom(t *testing.T) {
	if os.Getenv("GSERVE_TEST_NO_ROOM") == "" {
		t.Parallel()
		child := exec.Command(os.Args[0], "-test.run=^TestNoRoom$", "-test.v")
		child.Env = append(os.Environ(), "GSERVE_TEST_NO_ROOM=1")
		if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	const room = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
		t.Fatal(err)
	}
	logged := make(chan string, 1)
	r, w := io.Pipe()
	s, server := open(t, r, Options{Log: func(line string) { logged <- line }})
	io.WriteString(w, "begin")
	early := ask(t, "GET", server.URL)
	expect(t, early.Body, "begin")
	go func() {
		io.WriteString(w, strings.Repeat("more of it\n", room/8))
	}()
	settle(t, s)
	n, err := io.Copy(io.Discard, bufio.NewReader(early.Body))
	if n != room-5 || err == nil {
		t.Errorf("early: %d bytes, %v", n, err)
	}
	n, err = io.Copy(io.Discard, ask(t, "GET", server.URL).Body)
	if n != room || err == nil {
		t.Errorf("late: %d bytes, %v", n, err)
	}
	if line := <-logged; !strings.Contains(line, "after 1048576 bytes") || !strings.Contains(line, "file too large") {
		t.Errorf("log: %q", line)
	}
}
