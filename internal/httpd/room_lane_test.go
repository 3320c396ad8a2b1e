package httpd

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// keeper is a lane that keeps connections to itself, as if they waited for their
// clients, until it is told to pass them on.
type keeper struct {
	mu     sync.Mutex
	admit  func(netip.Addr) (ok, later bool)
	leave  func(netip.Addr)
	kept   map[uint64]kept
	next   uint64
	passes bool // what comes from now on
	ended  chan struct{}
	stop   func()
}

type kept struct {
	nc    net.Conn
	addr  netip.Addr
	since time.Time
}

func newKeeper() *keeper {
	k := &keeper{kept: make(map[uint64]kept), ended: make(chan struct{})}
	k.stop = sync.OnceFunc(func() { close(k.ended) })
	return k
}

func (k *keeper) Bound(_, _, _ time.Duration) {}
func (k *keeper) Notify(_, _ func())          {}
func (k *keeper) CloseIdle()                  {}
func (k *keeper) Cut()                        { k.Hurry(0) }
func (k *keeper) Close()                      {}

func (k *keeper) Admit(admit func(netip.Addr) (ok, later bool), leave func(netip.Addr)) {
	k.admit, k.leave = admit, leave
}

func (k *keeper) Serve(l *net.TCPListener, pass func(net.Conn, []byte)) error {
	go func() {
		<-k.ended
		l.Close()
	}()
	for {
		nc, err := l.Accept()
		if err != nil {
			return nil
		}
		addr := peerOf(nc)
		ok, later := k.admit(addr)
		for later {
			time.Sleep(time.Millisecond)
			ok, later = k.admit(addr)
		}
		k.mu.Lock()
		switch {
		case !ok:
			nc.Close()
		case k.passes:
			go pass(nc, nil)
		default:
			k.next++
			k.kept[k.next] = kept{nc, addr, time.Now()}
		}
		k.mu.Unlock()
	}
}

func (k *keeper) Hurry(time.Duration) {
	k.stop()
	k.mu.Lock()
	var ids []uint64
	for id := range k.kept {
		ids = append(ids, id)
	}
	k.mu.Unlock()
	for _, id := range ids {
		k.End(id)
	}
}

func (k *keeper) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.kept)
}

func (k *keeper) Waiting(_ time.Duration, yield func(uint64, netip.Addr, time.Time) bool) {
	k.mu.Lock()
	all := make(map[uint64]kept, len(k.kept))
	for id, c := range k.kept {
		all[id] = c
	}
	k.mu.Unlock()
	for id, c := range all {
		if !yield(id, c.addr, c.since) {
			return
		}
	}
}

func (k *keeper) End(id uint64) bool {
	k.mu.Lock()
	c, ok := k.kept[id]
	delete(k.kept, id)
	k.mu.Unlock()
	if ok {
		c.nc.Close()
		k.leave(c.addr)
	}
	return ok
}

// keeps waits until the lane has this many connections.
func (k *keeper) keeps(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(patient); k.Len() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the lane has %d connections, want %d", k.Len(), n)
		}
	}
	time.Sleep(time.Millisecond) // so that what waits since then is told apart
}

// The bound is one for both, and the oldest of both goes first.
func TestBoundWithLane(t *testing.T) {
	t.Parallel()
	lane := newKeeper()
	s := serve(t, &Server{Handler: text("hello"), Lane: lane, MaxConnections: 3})
	one := dial(t, s.addr)
	lane.keeps(t, 1)
	lane.mu.Lock()
	lane.passes = true
	lane.mu.Unlock()
	two := dial(t, s.addr)
	two.get("/")
	lane.mu.Lock()
	lane.passes = false
	lane.mu.Unlock()
	dial(t, s.addr)
	lane.keeps(t, 2)

	dial(t, s.addr) // takes the place of one in the lane
	one.ends()
	lane.keeps(t, 2)
	dial(t, s.addr) // and of one that was passed on
	two.ends()
	lane.keeps(t, 3)
}

// What a lane passes on takes its place with it, and gives it back.
func TestPlacesOfLaneAreGivenBack(t *testing.T) {
	t.Parallel()
	lane := newKeeper()
	lane.passes = true
	server := &Server{Handler: text("hello"), Lane: lane, MaxConnections: 3}
	s := serve(t, server)
	for range 10 {
		c := dial(t, s.addr)
		if got := c.get("/"); got != "hello" {
			t.Errorf("got %q", got)
		}
		c.Close()
	}
	(&crowd{served: s, server: server}).isCounted(t, 0)
	c := dial(t, s.addr)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	s.stop()
	s.wait(t)
	(&crowd{served: s, server: server}).isCounted(t, 0)
}

// plainLane is a lane that asks nobody.
type plainLane struct{ Lane }

// The connections that a lane passes on are counted even if it asked nobody.
func TestLaneThatAsksNobody(t *testing.T) {
	t.Parallel()
	keeper := newKeeper()
	keeper.passes = true
	keeper.Admit(func(netip.Addr) (bool, bool) { return true, false }, func(netip.Addr) {})
	server := &Server{Handler: text("hello"), Lane: plainLane{keeper}, MaxConnections: 2}
	s := serve(t, server)
	var open []*client
	for range 5 {
		c := dial(t, s.addr)
		if got := c.get("/"); got != "hello" {
			t.Errorf("got %q", got)
		}
		open = append(open, c)
	}
	(&crowd{served: s, server: server}).isCounted(t, 5)
	for _, c := range open {
		c.Close()
	}
	(&crowd{served: s, server: server}).isCounted(t, 0)
}
