//go:build amd64 || arm64

package lane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// last ends every input, so that both servers end the connection.
const last = "GET /last.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// Whatever a client sends, in whatever pieces, the lane has it answered as net/http
// alone does.
func FuzzLane(f *testing.F) {
	dir := f.TempDir()
	put(f, dir, map[string]string{
		"a.txt": "content of a", "b/index.html": "<p>b", "last.txt": "last", "empty.txt": "", "large.bin": strings.Repeat("0123456789", 30_000),
		"medium.txt": strings.Repeat("0123456789", 6_000), "medium.txt.gz": strings.Repeat("9876543210", 6_000),
	})
	// Clients end what they send at once, which is when net/http has listings given up.
	s := serveBoth(f, dir, Options{}, fileserver.WithoutListing())
	const get = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for _, seed := range []string{
		"", get, get + get + get, strings.Repeat(get, 200), get + "HEAD /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		"GET /b/ HTTP/1.1\r\nHost: localhost\r\n\r\n" + get, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		strings.Repeat("GET /medium.txt HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n", 5),
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nIf-Modified-Since: Fri, 20 Nov 2026 17:12:37 GMT\r\n\r\n" + get,
		"GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n" + get, "\r\n" + get, "GET /a.txt HTTP/1.1\nHost: localhost\n\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\n" + get, "GET /a.txt HTTP/1.1\r\nHost: localhost\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get, "GET /a.txt HTTP/1.1\r\n\r\n" + get, "GET /a.txt HTTP/1.0\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n" + get, "POST /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n" + get, "GET /a.txt HTTP/1.1\r\nHost : localhost\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1-2\r\n\r\n" + get, "GET /%61.txt?q HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		"GET //a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" + get, "GET /a.txt#x HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + get, "GET  /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX: \x80\r\n\r\n" + get, "GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 9) + "\r\n" + get,
		"GET /a.txt HTTP/1.1\r\nHost: localhost/x\r\n\r\n" + get, "GET /a.txt HTTP/1.1\r\nHost: \r\n\r\n" + get, "GET /a.txt HTTP/1.1\r\rHost: x\r\n\r\n",
		"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nAuthorization: Basic YTpi\r\n\r\n" + get, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01", "G", "GET", "HEAD /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: Keep-Alive\r\n\r\n" + get,
	} {
		f.Add([]byte(seed), []byte{})
		f.Add([]byte(seed), []byte{1, 2, 3, 30})
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		if len(data) > 32<<10 || len(cuts) > 8 {
			return
		}
		data = append(data[:len(data):len(data)], last...)
		want, wantReset := sendInPieces(t, s.without, data, cuts)
		for range 2 { // decided, recalled
			got, gotReset := sendInPieces(t, s.with, data, cuts)
			same := got == want
			if gotReset || wantReset { // which drops what was on its way
				same = strings.HasPrefix(got, want) || strings.HasPrefix(want, got)
			}
			if !same {
				t.Errorf("%.300q in pieces %v\nwith the lane %s\nwithout       %s", data, cuts, ends(got), ends(want))
			}
		}
	})
}

// sendInPieces sends data, cut after these numbers of bytes, and returns what comes
// back, without dates, and whether it ended by a reset.
func sendInPieces(t *testing.T, addr string, data, cuts []byte) (answers string, reset bool) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patient))
	broken := make(chan bool, 1) // a reset is told once: to who writes, or to who reads
	go func() {
		var err error
		for _, n := range cuts {
			n := min(int(n), len(data))
			if _, err = nc.Write(data[:n]); err != nil {
				break
			}
			data = data[n:]
			time.Sleep(100 * time.Microsecond)
		}
		if err == nil {
			_, err = nc.Write(data)
		}
		broken <- errors.Join(err, nc.(*net.TCPConn).CloseWrite()) != nil
	}()
	content, err := io.ReadAll(nc)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: %.300q in pieces %v: no end after %.300q", addr, data, cuts, content)
	}
	nc.Close()
	return dates.ReplaceAllString(string(content), "Date:"), <-broken || errors.Is(err, syscall.ECONNRESET)
}

// ends returns the start and the end of answers, and how long they are.
func ends(answers string) string {
	const most = 700
	if len(answers) <= 2*most {
		return fmt.Sprintf("%q", answers)
	}
	return fmt.Sprintf("%q, in all %d bytes, %q", answers[:most], len(answers), answers[len(answers)-most:])
}
