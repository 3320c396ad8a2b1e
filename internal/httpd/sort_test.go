package httpd

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who does not go on is cut, whether or not it is known by then what it speaks.
func TestSortEndsConnectionsThatWait(t *testing.T) {
	t.Parallel()
	short := quick
	short.head = 300 * time.Millisecond
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t), limits: short})
	for _, first := range []string{"", "G", "GET / HTTP/1.1\r\nHo", "\x16", "\x16\x03", "\x16\x03\x01\x02\x00\x01"} {
		start := time.Now()
		c := dial(t, s.addr)
		io.WriteString(c, first)
		c.ends()
		if time.Since(start) < short.head {
			t.Errorf("%q: cut at once", first)
		}
	}
}

// Who speaks neither is not waited for.
func TestSortRefusesOthers(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.head = 10 * patient
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t), limits: bounds})
	for _, first := range []string{"\x00\x00\x00\x00\x00", "\x80\x2e\x01\x00\x02", "\r\n\r\n\r\n", "ssh-2", "\x15\x03\x01\x00\x02\x02\x28"} {
		c := dial(t, s.addr)
		io.WriteString(c, first)
		c.ends()
	}
}

// Who says nothing keeps nobody else waiting.
func TestSortDoesNotWait(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.head = 10 * patient
	s := serve(t, &Server{Handler: text("hello"), Plain: text("hello"), TLS: testTLS(t), limits: bounds})
	for range 10 {
		dial(t, s.addr)
	}
	for name, c := range map[string]*client{"TLS": dialTLS(t, s.addr), "plain": dial(t, s.addr)} {
		if got := c.get("/"); got != "hello" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// A connection that nobody takes any more is ended, and counted.
func TestSortAtEnd(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	set := newConnections(patient)
	s := newSorter(listener{l, set}, patient)
	s.Close()
	for _, first := range []string{"G", "\x16"} {
		ours, theirs := net.Pipe()
		go io.WriteString(theirs, first)
		s.sort(set.add(ours))
		if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%q: the client sees %v", first, err)
		}
		if !set.isEmpty() {
			t.Errorf("%q: it is counted still", first)
		}
	}
}

// A server that stops does not wait for those of which nothing is known yet, and
// loses count of none, however they went.
func TestStopWithUnsorted(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{Handler: text("hello"), Plain: text("hello"), TLS: testTLS(t)})
	for _, first := range []string{"", "G", "\x16", "nonsense", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c := dial(t, s.addr)
		io.WriteString(c, first)
		c.Conn.(*net.TCPConn).CloseWrite()
		c.ends()
	}
	dialTLS(t, s.addr).get("/")
	var open []*client
	for _, first := range []string{"", "G", "GET / HTTP/1.1\r\nHo", "\x16", "\x16\x03\x01"} {
		c := dial(t, s.addr)
		io.WriteString(c, first)
		open = append(open, c)
	}
	dialTLS(t, s.addr).get("/") // by now the others have been accepted
	s.stop()
	if took := s.wait(t); took > quick.drain/2 {
		t.Errorf("took %v", took)
	}
	for _, c := range open {
		c.ends()
	}
}

// Connections that come while the server stops are ended, and not forgotten.
func TestStopWhileSorting(t *testing.T) {
	t.Parallel()
	security := testTLS(t)
	for range 20 {
		s := serve(t, &Server{Handler: text("hello"), TLS: security})
		var clients sync.WaitGroup
		for i := range 8 {
			first := []string{"", "G", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x00\x01"}[i%4]
			clients.Go(func() {
				for {
					c, err := net.Dial("tcp", s.addr)
					if err != nil {
						return
					}
					c.SetDeadline(time.Now().Add(50 * time.Millisecond))
					io.WriteString(c, first)
					io.Copy(io.Discard, c)
					c.Close()
				}
			})
		}
		time.Sleep(5 * time.Millisecond)
		s.stop()
		if took := s.wait(t); took > quick.drain/2 {
			t.Errorf("took %v", took)
		}
		clients.Wait()
	}
}

// An answer without TLS is finished, as any other.
func TestStopLetsPlainFinish(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drainStall = 200 * time.Millisecond
	begun := make(chan struct{})
	s := serve(t, &Server{TLS: testTLS(t), limits: bounds, Handler: text("hello"),
		Plain: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(begun)
			time.Sleep(5 * bounds.drainStall) // which counts as work
			io.WriteString(w, "result")
		})})
	c := dial(t, s.addr)
	c.send("GET / HTTP/1.1", "Host: x")
	<-begun
	s.stop()
	if content, err := io.ReadAll(c.answer("GET").Body); string(content) != "result" || err != nil {
		t.Errorf("got %q, %v", content, err)
	}
	s.wait(t)
}

// dribble sends its first bytes one by one.
type dribble struct {
	net.Conn
	left int
}

func (d *dribble) Write(b []byte) (n int, err error) {
	for ; d.left > 0 && n < len(b) && err == nil; d.left-- {
		_, err = d.Conn.Write(b[n : n+1])
		n++
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		return n, err
	}
	m, err := d.Conn.Write(b[n:])
	return n + m, err
}

func TestHandshakeInPieces(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{TLS: testTLS(t), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello "+r.Proto)
	})})
	raw := dial(t, s.addr)
	c := clientOn(t, tls.Client(&dribble{raw, 20}, &tls.Config{InsecureSkipVerify: true}))
	if got := c.get("/"); got != "hello HTTP/1.1" {
		t.Errorf("got %q", got)
	}
	plain := dial(t, s.addr)
	slow := clientOn(t, &dribble{plain, 20})
	slow.send("GET /a HTTP/1.1", "Host: x:1")
	if got := slow.answer("GET").Header.Get("Location"); got != "https://x:1/a" {
		t.Errorf("without TLS: got %q", got)
	}
}

// moody is a listener that has to be asked again, and again, and then fails.
type moody struct {
	net.Listener
	mu    sync.Mutex
	moods []error // nil: a connection
}

type temporary struct{ error }

func (temporary) Timeout() bool   { return false }
func (temporary) Temporary() bool { return true }

func (m *moody) Accept() (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mood := m.moods[0]
	if len(m.moods) > 1 {
		m.moods = m.moods[1:]
	}
	if mood != nil {
		return nil, mood
	}
	return m.Listener.Accept()
}

// What becomes of the listener is told, and what passes is borne.
func TestSortWithFailingListener(t *testing.T) {
	t.Parallel()
	for range 20 { // the listener's own error has to win
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		again := temporary{errors.New("again")}
		m := &moody{Listener: l, moods: []error{again, nil, again, errBroken}}
		ended := make(chan error)
		server := &Server{Handler: text("hello"), TLS: testTLS(t), limits: quick}
		go func() { ended <- server.Serve(t.Context(), nil, m) }()
		// Served or ended, as the listener fails right after the connection.
		c := dial(t, l.Addr().String())
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		c.ends()
		if err := <-ended; !errors.Is(err, errBroken) {
			t.Errorf("got %v, want %v", err, errBroken)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Error("the listener is left open")
		}
	}
}

// A configuration that can serve nobody is refused at once.
func TestSortWithoutCertificate(t *testing.T) {
	t.Parallel()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{Handler: text("hello"), TLS: &tls.Config{}, limits: quick}
	if err := server.Serve(t.Context(), nil, listeners...); err == nil || strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
}

// A first byte that was read ahead is there once, and with the rest.
func TestOpened(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() {
		io.WriteString(theirs, "bcd")
		theirs.Close()
	}()
	o := &opened{conn: newConnections(patient).add(ours), first: [1]byte{'a'}}
	if n, err := o.Read(nil); n != 0 || err != nil {
		t.Errorf("read of nothing: got %d, %v", n, err)
	}
	if got, err := io.ReadAll(o); string(got) != "abcd" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
