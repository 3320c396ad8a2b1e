package fileserver_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/internal/httpd"
	"github.com/gserve/gserve/internal/lane"
)

// TestWritersAgree has the lane, net/http, and net/http with a memory answer the
// corpus from one folder on disk: their answers are the same, byte by byte, but for the date and for what is
// random.
func TestWritersAgree(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	dir := diskSite(t)
	time.Sleep(2100 * time.Millisecond) // what has just changed is not remembered
	var total, passed atomic.Int64
	t.Run("scripts", func(t *testing.T) {
		for name, script := range scripts(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := diskServer(t, dir, script)
				l := lane.New(s, lane.Options{})
				if l == nil {
					t.Skip("nothing of this can be remembered")
				}
				with := listen(t, &httpd.Server{Handler: s, Lane: counted{l, &passed}})
				without := listen(t, &httpd.Server{Handler: s})
				recalling := diskServer(t, dir, script)
				memory := lane.New(recalling, lane.Options{})
				recalling.SetMemory(memory)
				t.Cleanup(memory.Close)
				recalls := listen(t, &httpd.Server{Handler: recalling})
				for _, e := range script.Exchanges {
					if announcesContent(e) {
						continue // which is not for the lane, and does not come here
					}
					for _, method := range []string{e.Method, "HEAD"} {
						e.Method = method
						for _, connection := range []string{"", "Connection: close\r\n"} {
							total.Add(writersAgree(t, with, without, e, connection))
							writersAgree(t, recalls, without, e, connection)
						}
					}
				}
			})
		}
	})
	if n := total.Load() - passed.Load(); n < 200 {
		t.Errorf("the lane has answered %d of %d", n, total.Load())
	}
}

// writersAgree sends e several times to each server: the first has it decided, the
// others recalled. It returns over how many connections.
func writersAgree(t *testing.T, with, without string, e exchange.Exchange, connection string) int64 {
	t.Helper()
	connections, requests := 1, 3
	if connection != "" || e.Sent != nil {
		connections, requests = 2, 1
	}
	for range connections {
		got, errWith := rawAnswers(with, e, connection, requests)
		want, errWithout := rawAnswers(without, e, connection, requests)
		if got != want && isBeingEncoded(got, want) {
			continue // which of the servers is further does not matter
		}
		if got != want || (errWith == nil) != (errWithout == nil) {
			t.Errorf("%s: %s %s\n lane %v %.900q\n http %v %.900q", e.Place, e.Method, e.Target, errWith, got, errWithout, want)
			break
		}
	}
	return int64(connections)
}

// announcesContent reports whether a server would wait for content of e.
func announcesContent(e exchange.Exchange) bool {
	for _, f := range e.Fields {
		if strings.EqualFold(f.Name, "Content-Length") || strings.EqualFold(f.Name, "Transfer-Encoding") {
			return true
		}
	}
	return false
}

// isBeingEncoded reports whether one of the answers has no length yet.
func isBeingEncoded(answers ...string) bool {
	for _, a := range answers {
		head, _, _ := strings.Cut(a, "\r\n\r\n")
		if strings.Contains(head, "Content-Encoding") && !strings.Contains(head, "Content-Length") {
			return true
		}
	}
	return false
}

// rawAnswers sends e a number of times, and returns all that comes back.
func rawAnswers(addr string, e exchange.Exchange, connection string, repeat int) (string, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	proto := e.Proto
	if proto == "" {
		proto = "HTTP/1.1"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\n%s", e.Method, e.Target, proto, connection)
	if !strings.Contains(strings.ToLower(fmt.Sprint(e.Fields)), "{host ") {
		b.WriteString("Host: example.test\r\n")
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
	var raw bytes.Buffer
	r := bufio.NewReader(io.TeeReader(nc, &raw))
	for range repeat {
		if _, err = io.WriteString(nc, b.String()); err != nil {
			break
		}
		var response *http.Response
		if response, err = http.ReadResponse(r, &http.Request{Method: e.Method}); err != nil {
			break
		}
		if _, err = io.Copy(io.Discard, response.Body); err != nil || response.Close {
			break
		}
	}
	return varying.ReplaceAllString(raw.String(), "$1"), err
}

// varying is what differs from one answer to the next.
var varying = regexp.MustCompile(`(Date: |boundary=|--)[^\r]{20,40}|\b\d+\.\d+ ?ms`)

// counted counts what a lane passes on.
type counted struct {
	*lane.Lane
	passed *atomic.Int64
}

func (c counted) Serve(l *net.TCPListener, pass func(net.Conn, []byte)) error {
	return c.Lane.Serve(l, func(nc net.Conn, read []byte) {
		c.passed.Add(1)
		pass(nc, read)
	})
}

func diskServer(t *testing.T, dir string, script exchange.Script) *fileserver.Server {
	opts := []fileserver.Option{fileserver.WithClock(func() time.Time { return exchange.Now })}
	for _, name := range script.Options {
		opts = append(opts, options[name])
	}
	return fileserver.New(openDir(t, dir), opts...)
}

// diskSite writes the site of the exchanges to disk, as far as a disk can have it.
func diskSite(t *testing.T) string {
	dir := t.TempDir()
	site := exchange.Site()
	err := fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if info.Mode().Type() == fs.ModeSymlink {
			if link, err := fs.ReadLink(site, name); err == nil {
				os.Symlink(link, to)
			}
			return nil
		}
		content, err := fs.ReadFile(site, name)
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if os.WriteFile(to, content, 0o644) == nil && !info.ModTime().IsZero() {
			os.Chtimes(to, info.ModTime(), info.ModTime())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// listen runs a server until the test ends, and returns its address.
func listen(t *testing.T, s *httpd.Server) string {
	listeners, err := httpd.Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, force := make(chan error, 1), make(chan struct{})
	addr := listeners[0].Addr().String()
	go func() { ended <- s.Serve(ctx, force, listeners...) }()
	t.Cleanup(func() {
		stop()
		close(force)
		if err := <-ended; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return addr
}
