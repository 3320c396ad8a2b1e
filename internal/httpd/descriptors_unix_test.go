//go:build unix

package httpd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With all descriptors in use, the server makes room where it can, does not fill
// the log, and goes on as soon as there are some again. The limit is that of a
// process, so the server has one of its own.
func TestDescriptorsUsedUp(t *testing.T) {
	if isChild(t) {
		serveWithFewDescriptors(t)
		return
	}
	t.Parallel()
	const more = 100 // than the server has
	cmd := child(t)
	var logged bytes.Buffer
	cmd.Stderr = &logged
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, start := readAddress(t, stdout), time.Now()

	for range more { // which stay open, idle
		if got := dial(t, addr).get("/"); got != "hello" {
			t.Fatalf("got %q", got)
		}
	}
	var waiting []*client
	for range more {
		c := dial(t, addr)
		c.send("GET /wait HTTP/1.1", "Host: x")
		waiting = append(waiting, c)
	}
	time.Sleep(time.Second) // in which net/http tries again and again
	for _, c := range waiting {
		c.Close()
	}
	if got := dial(t, addr).get("/"); got != "hello" {
		t.Errorf("got %q afterwards", got)
	}
	stdin.Close()
	io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, logged.String())
	}
	most := 1 + int(time.Since(start)/quiet)
	if n := strings.Count(logged.String(), "\n"); n > most || !strings.Contains(logged.String(), "too many open files") {
		t.Errorf("%d lines in the log:\n%s", n, logged.String())
	}
}

// serveWithFewDescriptors runs a server until the end of standard input.
func serveWithFewDescriptors(t *testing.T) {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	s := serve(t, &Server{
		ErrorLog: log.New(os.Stderr, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				<-r.Context().Done()
				return
			}
			io.WriteString(w, "hello")
		}),
	})
	fmt.Println("address", s.addr)
	io.Copy(io.Discard, os.Stdin)
}

// readAddress returns the address that a child prints.
func readAddress(t *testing.T, r io.Reader) string {
	t.Helper()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			return addr
		}
	}
	t.Fatalf("the child has no address: %v", lines.Err())
	return ""
}
