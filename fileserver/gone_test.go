package fileserver_test

import (
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// TestClientGone tells a client that leaves from a file that breaks.
func TestClientGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big.bin"), strings.Repeat("x", 16*mebibyte))
	observed := make(chan fileserver.Record, 1)
	server := httptest.NewServer(fileserver.New(openDir(t, dir), fileserver.WithObserver(func(r *fileserver.Record) { observed <- *r })))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
	io.ReadFull(conn, make([]byte, 100))
	conn.Close()
	select {
	case r := <-observed:
		if !errors.Is(r.Err, fileserver.ErrClientGone) || r.Status != 200 || r.Sent >= 16*mebibyte {
			t.Errorf("observed %+v", r)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was observed")
	}
}
