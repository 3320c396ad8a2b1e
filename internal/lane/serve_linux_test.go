//go:build amd64 || arm64

package lane

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
)

// patient is how long a test waits for what should come at once.
const patient = time.Minute

// quickly is the time that files have to be left alone in tests.
const quickly = 20 * time.Millisecond

// served are two servers of one folder, with a lane and without.
type served struct {
	dir     string
	lane    *Lane
	memory  *Lane  // of recalls
	with    string // address
	without string
	recalls string       // net/http alone, with a memory of its own
	passed  atomic.Int64 // connections that the lane passed on
}

// Serve counts what the lane passes on.
func (c *counted) Serve(l *net.TCPListener, pass func(net.Conn, []byte)) error {
	return c.Lane.Serve(l, func(nc net.Conn, read []byte) {
		c.passed.Add(1)
		pass(nc, read)
	})
}

type counted struct {
	*Lane
	passed *atomic.Int64
}

// serveBoth serves a folder in both ways until the test ends.
func serveBoth(t testing.TB, dir string, options Options, opts ...fileserver.Option) *served {
	t.Helper()
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	files := fileserver.New(root, opts...)
	s := &served{dir: dir, lane: New(files, options)}
	s.lane.settling = quickly
	s.with = run(t, &httpd.Server{Handler: files, Lane: &counted{s.lane, &s.passed}})
	s.without = run(t, &httpd.Server{Handler: files})
	recalling := fileserver.New(root, opts...)
	s.memory = New(recalling, options)
	s.memory.settling = quickly
	recalling.SetMemory(s.memory)
	t.Cleanup(s.memory.Close)
	s.recalls = run(t, &httpd.Server{Handler: recalling})
	return s
}

// run runs a server until the test ends, and returns its address.
func run(t testing.TB, server *httpd.Server) string {
	t.Helper()
	listeners, err := httpd.Listen(context.Background(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	addr := listeners[0].Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	force, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- server.Serve(ctx, force, listeners...) }()
	t.Cleanup(func() {
		stop()
		close(force)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return addr
}

// put writes files, and waits until they can be remembered.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		old := time.Unix(1.7e9, 0) // of which validators are strong
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * quickly)
}

// client is a connection to a server.
type client struct {
	net.Conn
	r   *bufio.Reader
	raw bytes.Buffer // all that came back since it was looked at
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patient))
	c := &client{Conn: nc}
	c.r = bufio.NewReaderSize(io.TeeReader(nc, &c.raw), 16)
	return c
}

// ask sends a head, and returns the answer but for its date.
func (c *client) ask(method, head string) (string, error) {
	c.raw.Reset()
	if _, err := io.WriteString(c, head); err != nil {
		return "", err
	}
	answer, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return dates.ReplaceAllString(c.raw.String(), "Date:"), err
}

var dates = regexp.MustCompile("Date: [^\r]*")

// get asks for a path, with further field lines.
func (s *served) get(t *testing.T, addr, path, fields string) string {
	t.Helper()
	answer, err := dial(t, addr).ask("GET", "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+fields+"\r\n")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer
}

// remembers reports whether the lane answers a path from memory.
func (s *served) remembers(path, fields string) bool {
	head := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n"
	e := s.lane.memory.recall([]byte(head), 1)
	w := newWorker(s.lane)
	return e != nil && opens(e.open(s.lane.files, s.lane.generation(), &w.stat))
}

// opens closes what was opened, and reports whether an answer is current.
func opens(file *sending, current bool) bool {
	if file != nil {
		file.close()
	}
	return current
}
