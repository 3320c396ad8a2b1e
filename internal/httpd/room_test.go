package httpd

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// network is a listener whose clients come from wherever a test says.
type network struct {
	net.Listener
	from chan netip.Addr // of the clients in the order in which they come
}

func (n *network) Accept() (net.Conn, error) {
	nc, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return distant{nc, &net.TCPAddr{IP: (<-n.from).AsSlice(), Port: 1}}, nil
}

// distant is a connection of a client somewhere else.
type distant struct {
	net.Conn
	addr net.Addr
}

func (d distant) RemoteAddr() net.Addr { return d.addr }

// crowd is a server with clients from several addresses.
type crowd struct {
	*served
	*network
	server *Server
	busy   int // connections with a request that is waited for
}

func serveCrowd(t *testing.T, s *Server) *crowd {
	t.Helper()
	listeners, err := Listen(t.Context(), []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listeners[0], make(chan netip.Addr, 100)}
	if s.Handler == nil {
		s.Handler = text("hello")
	}
	return &crowd{serveOn(t, s, n), n, s, 0}
}

// come opens a connection from an address.
func (c *crowd) come(t *testing.T, from string) *client {
	t.Helper()
	c.from <- netip.MustParseAddr(from)
	return dial(t, c.addr)
}

// use opens a connection from an address that is then idle, or ends the test.
func (c *crowd) use(t *testing.T, from string) *client {
	t.Helper()
	one := c.come(t, from)
	c.again(t, one)
	return one
}

// again uses a connection, and waits until the server knows that it is idle.
func (c *crowd) again(t *testing.T, one *client) {
	t.Helper()
	if got := one.get("/"); got != "hello" {
		t.Fatalf("got %q", got)
	}
	c.await(t, func(s *connections) bool { return countState(s, http.StateActive) == c.busy })
	time.Sleep(time.Millisecond) // so that what is idle since then is told apart
}

// await waits until the connections of the server are in some state.
func (c *crowd) await(t *testing.T, met func(*connections) bool) {
	t.Helper()
	for end := time.Now().Add(patient); ; time.Sleep(time.Millisecond) {
		s := c.server.conns.Load()
		if s != nil {
			s.mu.Lock()
			ok := met(s)
			s.mu.Unlock()
			if ok {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatal("the connections do not come to be as they should")
		}
	}
}

func (c *crowd) isCounted(t *testing.T, want int) {
	t.Helper()
	c.await(t, func(s *connections) bool {
		s.places.mu.Lock()
		defer s.places.mu.Unlock()
		return s.places.open == want && len(s.open) == want
	})
}

const (
	alice = "192.0.2.1"
	bob   = "192.0.2.2"
	carol = "2001:db8::1"
)

func TestOldestIdleGoesFirst(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, &Server{MaxConnections: 3})
	one, two, three := s.use(t, alice), s.use(t, bob), s.use(t, carol)
	s.again(t, one)
	four := s.use(t, "127.0.0.1")
	two.ends()
	for _, c := range []*client{one, three, four} {
		s.again(t, c)
	}
	s.isCounted(t, 3)
}

// Who has the most makes room, however lately that was idle.
func TestCrowdGoesFirst(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, &Server{MaxConnections: 5, MaxPerClient: 3})
	one := s.use(t, alice)
	here := []*client{s.use(t, "127.0.0.1"), s.use(t, "127.0.0.1")} // which is no crowd
	first, second := s.use(t, "2001:db8::1"), s.use(t, "2001:db8::2")
	s.use(t, bob)
	first.ends()
	for _, c := range append(here, one, second) {
		s.again(t, c)
	}
}

// A client that has its share ends its own connections, not those of others.
func TestShareOfClient(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, &Server{MaxConnections: 4, MaxPerClient: 2})
	others := []*client{s.use(t, bob), s.use(t, "127.0.0.1")}
	first, second := s.use(t, alice), s.use(t, alice)
	third := s.use(t, alice)
	first.ends()
	for _, c := range append(others, second, third) {
		s.again(t, c)
	}
}

// With all its connections busy, a client that has its share is refused, and
// holds nobody up.
func TestShareOfClientBusy(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	var ends sync.Once
	defer ends.Do(func() { close(end) })
	s := serveCrowd(t, &Server{MaxConnections: 4, MaxPerClient: 2, Handler: waitAt("/wait", end)})
	other := s.use(t, bob)
	for range 2 {
		s.come(t, alice).send("GET /wait HTTP/1.1", "Host: x")
	}
	s.busy = 2
	s.await(t, func(s *connections) bool { return countState(s, http.StateActive) == 2 })
	for range 5 {
		s.come(t, alice).ends()
	}
	s.again(t, other)
	s.use(t, carol)
	s.isCounted(t, 4)
	ends.Do(func() { close(end) })
	s.busy = 0
	s.await(t, func(s *connections) bool { return countState(s, http.StateActive) == 0 })
	s.use(t, alice)
}

// waitAt answers hello, but waits for the end before that at one path.
func waitAt(path string, end <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			select {
			case <-end:
			case <-r.Context().Done():
			}
		}
		io.WriteString(w, "hello")
	})
}

func countState(s *connections, state http.ConnState) (n int) {
	for c := range s.open {
		if http.ConnState(c.state.Load()) == state {
			n++
		}
	}
	return n
}

// If all are busy, a new one waits until one is not.
func TestBusyIsWaitedFor(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	s := serveCrowd(t, &Server{MaxConnections: 2, Handler: waitAt("/wait", end)})
	one, two := s.come(t, alice), s.come(t, bob)
	for _, c := range []*client{one, two} {
		c.send("GET /wait HTTP/1.1", "Host: x")
	}
	s.await(t, func(s *connections) bool { return countState(s, http.StateActive) == 2 })
	three := s.come(t, carol)
	three.send("GET / HTTP/1.1", "Host: x")
	three.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if b, err := three.r.Peek(1); err == nil {
		t.Errorf("got %q, although there is no place", b)
	}
	three.SetReadDeadline(time.Now().Add(2 * patient))
	end <- struct{}{}
	if resp := three.answer("GET"); resp.StatusCode != 200 {
		t.Errorf("got %s", resp.Status)
	}
	s.isCounted(t, 2)
}

// A connection whose head does not come waits as an idle one does, but for the
// moment that everybody has for it.
func TestSlowHeadsGo(t *testing.T) {
	t.Parallel()
	overTLS := testTLS(t)
	for name, begin := range map[string]func(s *crowd, c *client){
		"nothing":           func(*crowd, *client) {},
		"half a head":       func(_ *crowd, c *client) { io.WriteString(c, "GET / HTTP/1.1\r\nHo") },
		"half a later head": func(s *crowd, c *client) { s.again(t, c); io.WriteString(c, "GET / HTTP/1.1\r\nHo") },
		"no handshake":      func(*crowd, *client) {},
		"half a handshake":  func(_ *crowd, c *client) { c.Write([]byte{22, 3, 1, 2, 0, 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bounds := quick
			bounds.grace = 300 * time.Millisecond
			server := &Server{MaxConnections: 2, limits: bounds}
			if strings.HasSuffix(name, "handshake") {
				server.TLS = overTLS
			}
			s := serveCrowd(t, server)
			slow := []*client{s.come(t, alice), s.come(t, alice)}
			for _, c := range slow {
				begin(s, c)
			}
			s.isCounted(t, 2)
			s.come(t, bob)
			slow[0].ends()
			s.isCounted(t, 2)
		})
	}
}

func TestNewConnectionsHaveGrace(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, &Server{MaxConnections: 2})
	one, two := s.come(t, alice), s.come(t, bob)
	s.isCounted(t, 2)
	s.come(t, carol)
	time.Sleep(50 * time.Millisecond)
	for _, c := range []*client{one, two} {
		if got := c.get("/"); got != "hello" {
			t.Errorf("got %q", got)
		}
	}
}

// Places are given back, however a connection ends.
func TestPlacesAreGivenBack(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.head, bounds.grace = 200*time.Millisecond, 0
	s := serveCrowd(t, &Server{MaxConnections: 8, MaxPerClient: 2, limits: bounds, TLS: testTLS(t), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hijack" {
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			nc.Close()
		}
	}), Plain: text("plain")})
	var clients sync.WaitGroup
	for i := range 40 {
		from := []string{alice, bob, carol, "127.0.0.1"}[i%4]
		c := s.come(t, from)
		clients.Go(func() {
			defer c.Close()
			switch i % 5 {
			case 0: // nothing is sent
				c.SetReadDeadline(time.Now().Add(time.Second))
				c.r.Peek(1)
			case 1:
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				io.Copy(io.Discard, c.r)
			case 2:
				c.Write([]byte{22, 3, 1})
			}
		})
	}
	clients.Wait()
	s.isCounted(t, 0)
	c := s.come(t, alice)
	c.Write([]byte{22, 3, 1})
	s.isCounted(t, 1)
}

// There are never more than there may be, whoever comes at once.
func TestBoundHolds(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var now, most int
	s := serveCrowd(t, &Server{MaxConnections: 5, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		io.WriteString(w, "hello")
		mu.Lock()
		now--
		mu.Unlock()
	})})
	var clients sync.WaitGroup
	for i := range 60 {
		c := s.come(t, []string{alice, bob, carol}[i%3])
		clients.Go(func() {
			if got := c.get("/"); got != "hello" {
				t.Errorf("got %q", got)
			}
		})
	}
	clients.Wait()
	if most > 5 {
		t.Errorf("%d at once", most)
	}
	s.await(t, func(s *connections) bool { return len(s.open) <= 5 })
}

// A stop does not wait for a place.
func TestStopWhileOneWaits(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.drain, bounds.drainStall = time.Hour, time.Hour
	s := serveCrowd(t, &Server{MaxConnections: 1, Handler: waitAt("/wait", nil), limits: bounds})
	one := s.come(t, alice)
	one.send("GET /wait HTTP/1.1", "Host: x")
	s.await(t, func(s *connections) bool { return countState(s, http.StateActive) == 1 })
	two := s.come(t, bob)
	time.Sleep(50 * time.Millisecond)
	s.stop()
	two.ends()
	s.force()
	s.wait(t)
}

func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	var s search
	start := time.Now()
	if !s.affords(start, maxSearch) {
		t.Error("not even one look")
	}
	s.spend(start.Add(maxSearch), start)
	if s.affords(start, maxSearch) {
		t.Error("more than there is")
	}
	if !s.affords(start, 2*maxSearch) {
		t.Error("nothing is left for others")
	}
	if s.affords(start.Add(searchShare*maxSearch/2), maxSearch/2) || !s.affords(start.Add(searchShare*maxSearch/2+searchShare), maxSearch/2) {
		t.Error("time does not pass as it should")
	}
	if !s.affords(start.Add(time.Hour), 1) {
		t.Error("it is held against them for ever")
	}
}
