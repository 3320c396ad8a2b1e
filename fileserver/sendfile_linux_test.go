package fileserver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// TestSendfile traces a child that serves a large file, and counts the calls
// by which the kernel copies it.
func TestSendfile(t *testing.T) {
	if dir := os.Getenv("GSERVE_TEST_SENDFILE"); dir != "" {
		serveUntilEOF(t, dir)
		return
	}
	t.Parallel()
	strace := exchange.Program(t, "strace")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big.bin"), strings.Repeat("0123456789abcdef", 4*mebibyte/16))
	trace := filepath.Join(t.TempDir(), "trace")
	child := exec.Command(strace, "-f", "-e", "trace=sendfile,read,pread64", "-o", trace, os.Args[0], "-test.run=^TestSendfile$")
	child.Env = append(os.Environ(), "GSERVE_TEST_SENDFILE="+dir)
	child.Stderr = os.Stderr
	stdin, _ := child.StdinPipe()
	stdout, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get("http://" + strings.TrimSpace(address) + "/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); n != 4*mebibyte || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	response.Body.Close()
	stdin.Close()
	go io.Copy(io.Discard, stdout)
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}

	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	// One call may send less than it was asked to, so there may be several.
	if n := bytes.Count(calls, []byte("sendfile(")); n == 0 {
		t.Error("the file was not sent by sendfile")
	}
	// A few reads are for what net/http wants to see first, and for the end.
	if n := bytes.Count(calls, []byte("0123456789abcdef")); n > 8 {
		t.Errorf("the file was read by %d calls", n)
	}
}

// serveUntilEOF serves dir on loopback, and tells where, until its standard
// input ends.
func serveUntilEOF(t *testing.T, dir string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: fileserver.New(openDir(t, dir))}
	defer server.Close()
	go server.Serve(listener)
	fmt.Println(listener.Addr())
	io.Copy(io.Discard, os.Stdin)
}
