package httpd

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// patient is how long a test waits for what should come at once.
const patient = 10 * time.Second

// quick are limits that tests can wait for. Those that a test is not about stay
// far away.
var quick = limits{
	head:   patient,
	idle:   patient,
	stall:  patient,
	unread: patient,
	grace:  patient,

	drain:      patient,
	drainStall: patient,
	linger:     patient,
}

// served is a server that runs.
type served struct {
	addr  string
	stop  func()
	force func()
	ended <-chan error
}

// serve runs s on the loopback interface until the test ends.
func serve(t *testing.T, s *Server) *served {
	t.Helper()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, s, listeners...)
}

func serveOn(t *testing.T, s *Server, listeners ...net.Listener) *served {
	t.Helper()
	if s.limits == (limits{}) {
		s.limits = quick
	}
	if s.ErrorLog == nil {
		s.ErrorLog = log.New(&testWriter{t: t}, "", 0)
	}
	ctx, stop := context.WithCancel(context.Background())
	force, ended := make(chan struct{}), make(chan error, 1)
	running := &served{
		addr:  listeners[0].Addr().String(),
		stop:  stop,
		force: sync.OnceFunc(func() { close(force) }),
		ended: ended,
	}
	var done sync.WaitGroup
	done.Go(func() { ended <- s.Serve(ctx, force, listeners...) })
	t.Cleanup(func() {
		running.force()
		stop()
		done.Wait()
	})
	return running
}

// wait waits for the server to end, and returns how long that took.
func (s *served) wait(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("Serve: %v", err)
		}
	case <-time.After(2 * patient):
		t.Fatal("Serve does not return")
	}
	return time.Since(start)
}

// testWriter shows what the server logs with the test.
type testWriter struct {
	t    *testing.T
	mu   sync.Mutex
	text strings.Builder
}

func (w *testWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	return len(b), nil
}

func (w *testWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// client is a connection to a server, of one that speaks HTTP by hand.
type client struct {
	net.Conn
	t      *testing.T
	r      *bufio.Reader
	server *served // of serveSmall
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return clientOn(t, c)
}

func dialTLS(t *testing.T, addr string, protocols ...string) *client {
	t.Helper()
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return clientOn(t, c)
}

func clientOn(t *testing.T, c net.Conn) *client {
	c.SetReadDeadline(time.Now().Add(2 * patient))
	return &client{Conn: c, t: t, r: bufio.NewReader(c)}
}

// send sends lines, and ends them as HTTP does.
func (c *client) send(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		c.t.Fatal(err)
	}
}

// answer reads an answer, but for its content.
func (c *client) answer(method string) *http.Response {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// get sends a GET request for target and returns the content of the answer.
func (c *client) get(target string) string {
	c.t.Helper()
	c.send("GET "+target+" HTTP/1.1", "Host: test")
	resp := c.answer("GET")
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

// ends waits for the server to end the connection, and returns what came till
// then.
func (c *client) ends() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		c.t.Fatalf("connection stays open, after %q", rest)
	}
	return string(rest)
}

// text answers with a text.
func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) })
}
