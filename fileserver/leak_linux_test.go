package fileserver_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// TestAbortedRequestsLeaveNothing breaks off a thousand downloads, and counts
// the descriptors and goroutines after them. It is not parallel: it counts
// those of the whole process.
func TestAbortedRequestsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sub/big.bin"), strings.Repeat("x", 8*mebibyte))
	for i := range 1500 {
		write(t, filepath.Join(dir, "many", fmt.Sprint(i)), "")
	}
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	targets := []string{
		"/sub/big.bin", "/sub/?archive=tar", "/sub/?archive=zip", "/sub/?archive=tar.gz", "/many/?format=html", "/many/?format=json", "/?q=1&deep=1",
	}
	abort := func(i int) {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[i%len(targets)])
		io.ReadFull(conn, make([]byte, 1000))
	}
	for _, path := range []string{"/sub/", "/sub/big.bin/", "/missing", "/sub"} {
		if response, err := http.Get(server.URL + path); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	http.DefaultClient.CloseIdleConnections()
	for i := range targets {
		abort(i)
	}
	descriptors, goroutines := settle(func(d, g int) bool { return false })
	for i := range 1000 {
		abort(i)
	}
	d, g := settle(func(d, g int) bool { return d <= descriptors && g <= goroutines })
	if d > descriptors || g > goroutines {
		t.Errorf("%d descriptors and %d goroutines, were %d and %d", d, g, descriptors, goroutines)
	}
}

// settle counts descriptors and goroutines until they are as enough wants
// them, or for some seconds.
func settle(enough func(d, g int) bool) (descriptors, goroutines int) {
	for i := range 50 {
		entries, _ := os.ReadDir("/proc/self/fd")
		descriptors, goroutines = len(entries), runtime.NumGoroutine()
		if enough(descriptors, goroutines) || i > 10 && !enough(0, 0) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return descriptors, goroutines
}
