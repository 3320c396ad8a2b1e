package httpd

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// begun is a handler that tells when it has begun, and then writes what it is
// sent until the channel is closed or the connection is.
type begun struct {
	now  chan struct{}
	more chan string
}

func newBegun() begun { return begun{make(chan struct{}), make(chan string)} }

func (b begun) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/short" {
		io.WriteString(w, "short")
		return
	}
	http.NewResponseController(w).Flush()
	close(b.now)
	for {
		select {
		case s, ok := <-b.more:
			if !ok {
				return
			}
			io.WriteString(w, s)
			http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// Connections on which nothing is under way do not hold up a stop, however
// patient it is otherwise.
func TestStopClosesIdleConnections(t *testing.T) {
	t.Parallel()
	overTLS := testTLS(t)
	for _, test := range []struct {
		name string
		tls  bool
		dial func(t *testing.T, addr string) (ended func())
	}{
		{"none", false, func(*testing.T, string) func() { return func() {} }},
		{"nothing sent", false, func(t *testing.T, addr string) func() {
			c := dial(t, addr)
			return func() { c.ends() }
		}},
		{"half a head", false, func(t *testing.T, addr string) func() {
			c := dial(t, addr)
			io.WriteString(c, "GET / HTTP/1.1\r\nHo")
			return func() { c.ends() }
		}},
		{"idle", false, func(t *testing.T, addr string) func() {
			c := dial(t, addr)
			c.get("/short")
			return func() { c.ends() }
		}},
		{"no handshake", true, func(t *testing.T, addr string) func() {
			c := dial(t, addr)
			return func() { c.ends() }
		}},
		{"idle over TLS", true, func(t *testing.T, addr string) func() {
			c := dialTLS(t, addr)
			c.get("/short")
			return func() { c.ends() }
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := &Server{Handler: newBegun()}
			if test.tls {
				server.TLS = overTLS
			}
			s := serve(t, server)
			ended := test.dial(t, s.addr)
			s.stop()
			if took := s.wait(t); took > quick.drain/2 {
				t.Errorf("took %v", took)
			}
			ended()
			if _, err := net.Dial("tcp", s.addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("new connection: %v", err)
			}
		})
	}
}

func TestStopSendsGoAway(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = 4 * time.Second // nothing moves, but that is not what ends it
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t), limits: bounds})
	f := dial2(t, s.addr)
	f.request(1, "GET", true)
	for ended := false; !ended; {
		if data, ok := f.next().(*http2.DataFrame); ok {
			ended = data.StreamEnded()
		}
	}
	s.stop()
	if goAway, ok := f.next().(*http2.GoAwayFrame); !ok || goAway.ErrCode != http2.ErrCodeNo {
		t.Errorf("got %v, want GOAWAY", goAway)
	}
	if took := s.wait(t); took >= time.Second { // net/http's time for what is on its way
		t.Errorf("took %v", took)
	}
}

// A transfer that moves is finished, and nobody gets in meanwhile.
func TestStopLetsTransfersFinish(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drain, bounds.drainStall = 30*time.Second, 2*time.Second
	for _, test := range []struct {
		name string
		tls  bool
	}{{"TCP", false}, {"TLS", true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newBegun()
			server := &Server{Handler: h, limits: bounds}
			if test.tls {
				server.TLS = testTLS(t)
			}
			s := serve(t, server)
			var c *client
			if test.tls {
				c = dialTLS(t, s.addr)
			} else {
				c = dial(t, s.addr)
			}
			c.send("GET / HTTP/1.1", "Host: x")
			resp := c.answer("GET")
			<-h.now
			s.stop()
			for range 8 { // longer than what would be a stall
				time.Sleep(300 * time.Millisecond)
				select {
				case h.more <- ".":
				case <-time.After(patient):
					t.Fatal("the transfer was cut")
				}
			}
			if _, err := net.Dial("tcp", s.addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("new connection: %v", err)
			}
			close(h.more)
			content, err := io.ReadAll(resp.Body)
			if string(content) != "........" || err != nil {
				t.Errorf("got %q, %v", content, err)
			}
			s.wait(t)
			c.ends()
		})
	}
}

// A transfer that moves slowly is seen to move, in the midst of a single write.
func TestStopLetsLongWriteFinish(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = time.Second
	content := numbers(8 << 20)
	began := make(chan struct{})
	c := serveSmall(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"] = []string{"8388608"}
		http.NewResponseController(w).Flush()
		close(began)
		w.Write(content)
	}), bounds, "127.0.0.1", false)
	c.send("GET / HTTP/1.1", "Host: x")
	resp := c.answer("GET")
	<-began
	c.server.stop()
	if got := readSlowly(t, resp.Body, len(content)); !bytes.Equal(got, content) {
		t.Errorf("content differs at byte %d of %d", commonPrefix(got, content), len(got))
	}
	c.server.wait(t)
}

// A connection that comes when the stop has begun is closed.
func TestConnectionDuringStop(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	set := newConnections(patient)
	set.hurry(patient)
	set.add(ours)
	theirs.SetDeadline(time.Now().Add(patient))
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v", err)
	}
}

// An upload that moves is finished, too.
func TestStopLetsUploadFinish(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = 500 * time.Millisecond
	reading := make(chan struct{})
	s := serve(t, &Server{limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(reading)
		readAll(w, r)
	})})
	c := dial(t, s.addr)
	c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 8")
	<-reading
	s.stop()
	for range 8 {
		time.Sleep(100 * time.Millisecond)
		io.WriteString(c, "a")
	}
	if content, err := io.ReadAll(c.answer("POST").Body); string(content) != "8 false" || err != nil {
		t.Errorf("got %q, %v", content, err)
	}
	s.wait(t)
}

// A handler that computes is waited for, if it has not begun to answer.
func TestStopLetsComputingFinish(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = 200 * time.Millisecond
	for name, security := range map[string]*tls.Config{"TCP": nil, "TLS": testTLS(t)} {
		begun := make(chan struct{})
		s := serve(t, &Server{TLS: security, limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			close(begun)
			time.Sleep(5 * bounds.drainStall)
			io.WriteString(w, "result")
		})})
		c := dial(t, s.addr)
		if security != nil {
			c = dialTLS(t, s.addr)
		}
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 0")
		<-begun
		s.stop()
		if content, err := io.ReadAll(c.answer("POST").Body); string(content) != "result" || err != nil {
			t.Errorf("%s: got %q, %v", name, content, err)
		}
		s.wait(t)
	}
}

// What does not move is cut soon: a client that takes nothing, a handler that
// has nothing to say, a connection that was taken over from net/http.
func TestStopCutsStalled(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = 200 * time.Millisecond
	for name, handler := range map[string]http.HandlerFunc{
		"client": func(w http.ResponseWriter, r *http.Request) {
			io.CopyN(w, zeros{}, 1<<40)
		},
		"handler": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "event")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"hijacked": func(w http.ResponseWriter, r *http.Request) {
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\n")
			rw.Flush()
			io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &Server{Handler: handler, limits: bounds})
			c := dial(t, s.addr)
			c.send("GET / HTTP/1.1", "Host: x")
			if _, err := c.r.Peek(1); err != nil {
				t.Fatal(err)
			}
			s.stop()
			if took := s.wait(t); took > quick.drain/2 {
				t.Errorf("took %v", took)
			}
			io.Copy(io.Discard, c.r)
		})
	}
}

// A transfer that moves without end is cut at the end of the time for it.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drain = 300 * time.Millisecond
	s := serve(t, &Server{limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.Copy(w, zeros{})
	})})
	c := dial(t, s.addr)
	c.send("GET / HTTP/1.1", "Host: x")
	go io.Copy(io.Discard, c.r)
	time.Sleep(50 * time.Millisecond)
	s.stop()
	if took := s.wait(t); took < bounds.drain || took > quick.drain/2 {
		t.Errorf("took %v", took)
	}
}

// A second interrupt does not wait, and neither does one that comes first.
func TestForce(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		h := newBegun()
		s := serve(t, &Server{Handler: h})
		c := dial(t, s.addr)
		c.send("GET / HTTP/1.1", "Host: x")
		resp := c.answer("GET")
		<-h.now
		if before {
			s.stop()
		}
		s.force()
		if took := s.wait(t); took > quick.drain/2 {
			t.Errorf("took %v", took)
		}
		// Cut short, and seen to be.
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Error("the client takes what it got for the whole")
		}
	}
}

// An interrupt may be a value as well as the end of the channel.
func TestForceByValue(t *testing.T) {
	t.Parallel()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	h, force, ended := newBegun(), make(chan struct{}), make(chan error)
	server := &Server{Handler: h, limits: quick}
	go func() { ended <- server.Serve(context.Background(), force, listeners...) }()
	dial(t, listeners[0].Addr().String()).send("GET / HTTP/1.1", "Host: x")
	<-h.now
	force <- struct{}{}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(quick.drain / 2):
		t.Error("Serve does not return")
	}
}

// A handler that does not notice its end is not waited for without end.
func TestForceWithStuckHandler(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.linger = 100 * time.Millisecond
	begun, end := make(chan struct{}), make(chan struct{})
	defer close(end)
	s := serve(t, &Server{limits: bounds, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-end
	})})
	dial(t, s.addr).send("GET / HTTP/1.1", "Host: x")
	<-begun
	s.force()
	if took := s.wait(t); took > quick.drain/2 {
		t.Errorf("took %v", took)
	}
}

// The end of an answer without a length is the end of the connection. One that
// is cut must look otherwise.
func TestCutIsNotAnEnd(t *testing.T) {
	t.Parallel()
	h := newBegun()
	s := serve(t, &Server{Handler: h, HTTP10: true})
	c := dial(t, s.addr)
	c.send("GET / HTTP/1.1", "Host: x")
	<-h.now
	h.more <- "half"
	if line, err := c.r.ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.0 200") {
		t.Fatalf("got %q, %v", line, err)
	}
	s.force()
	if rest, err := io.ReadAll(bufio.NewReader(c.r)); err == nil {
		t.Errorf("got %q, and no error", rest)
	}
}
