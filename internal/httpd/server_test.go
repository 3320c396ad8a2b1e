package httpd

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestServeHeads(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Header.Get("X"))
	})})
	long := "/" + strings.Repeat("a", 8<<10)
	for _, test := range []struct {
		name string
		head []string
		want string // status, and content if it is 200
	}{
		{"plain", []string{"GET / HTTP/1.1", "Host: x"}, "200 GET / "},
		{"options", []string{"OPTIONS * HTTP/1.1", "Host: x"}, "200 OPTIONS * "},
		{"8 KiB path", []string{"GET " + long + " HTTP/1.1", "Host: x"}, "200 GET " + long + " "},
		{"60 KiB field", []string{"GET / HTTP/1.1", "Host: x", "X: " + strings.Repeat("b", 60<<10)},
			"200 GET / " + strings.Repeat("b", 60<<10)},
		{"80 KiB field", []string{"GET / HTTP/1.1", "Host: x", "X: " + strings.Repeat("b", 80<<10)}, "431"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, s.addr)
			c.send(test.head...)
			resp := c.answer("GET")
			got := resp.Status[:3]
			if resp.StatusCode == 200 {
				content, _ := io.ReadAll(resp.Body)
				got += " " + string(content)
			}
			if got != test.want {
				t.Errorf("got %.80q, want %.80q", got, test.want)
			}
		})
	}
}

func TestServeEndsConnectionsThatWait(t *testing.T) {
	t.Parallel()
	short := quick
	short.head, short.idle = 300*time.Millisecond, 300*time.Millisecond
	s := serve(t, &Server{Handler: text("hello"), limits: short})
	overTLS := serve(t, &Server{Handler: text("hello"), limits: short, TLS: testTLS(t)})
	for _, test := range []struct {
		name   string
		addr   string
		before func(c *client)
	}{
		{"nothing sent", s.addr, func(*client) {}},
		{"half a head", s.addr, func(c *client) { io.WriteString(c, "GET / HTTP/1.1\r\nHo") }},
		{"idle", s.addr, func(c *client) { c.get("/") }},
		{"half a second head", s.addr, func(c *client) {
			c.get("/")
			io.WriteString(c, "GET / HTTP/1.1\r\nHo")
		}},
		{"no handshake", overTLS.addr, func(*client) {}},
		{"half a handshake", overTLS.addr, func(c *client) { c.Write([]byte{22, 3, 1, 2, 0, 1}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, test.addr)
			test.before(c)
			c.ends()
		})
	}
}

func TestServeAllListeners(t *testing.T) {
	t.Parallel()
	listeners, err := Listen(t.Context(), []string{"localhost"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, &Server{Handler: text("hello")}, listeners...)
	for _, l := range listeners {
		if got := dial(t, l.Addr().String()).get("/"); got != "hello" {
			t.Errorf("%s: got %q", l.Addr(), got)
		}
	}
}

func TestServeReturnsErrorOfListener(t *testing.T) {
	t.Parallel()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	broken := brokenListener{listeners[0]}
	other, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{Handler: text("hello"), limits: quick}
	if err := server.Serve(t.Context(), nil, other[0], broken); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want %v", err, errBroken)
	}
	for _, l := range []net.Listener{listeners[0], other[0]} {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: listener is left open", l.Addr())
		}
	}
}

var errBroken = errors.New("broken")

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errBroken }
