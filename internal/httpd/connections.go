package httpd

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// connections is the set of the connections that are open.
type connections struct {
	patience time.Duration // of new ones
	lane     Lane          // that has more; nil for none

	mu       sync.Mutex
	open     map[*conn]struct{}
	draining bool          // no new ones are to come
	left     chan struct{} // has a value when one has left the set
}

func newConnections(patience time.Duration) *connections {
	return &connections{
		patience: patience,
		open:     make(map[*conn]struct{}),
		left:     make(chan struct{}, 1),
	}
}

// add makes nc a member of the set. If there are to be no new ones, it closes
// nc, which the server then finds out by itself.
func (s *connections) add(nc net.Conn) *conn {
	c := &conn{Conn: nc, set: s, patience: s.patience}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	if s.draining {
		c.Close()
	}
	return c
}

func (s *connections) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	s.signal()
}

// signal tells that a connection has left.
func (s *connections) signal() {
	select {
	case s.left <- struct{}{}:
	default:
	}
}

// members returns the connections of the set, in no particular order.
func (s *connections) members() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	members := make([]*conn, 0, len(s.open))
	for c := range s.open {
		members = append(members, c)
	}
	return members
}

// memberOf returns the member of a set that net/http has as nc.
func memberOf(nc net.Conn) *conn {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	switch nc := nc.(type) {
	case *opened:
		return nc.conn
	case *resumed:
		return nc.conn
	}
	return nc.(*conn)
}

// note is the [http.Server]'s ConnState.
func (s *connections) note(nc net.Conn, state http.ConnState) {
	c := memberOf(nc)
	if state == http.StateClosed {
		s.remove(c)
		return
	}
	c.state.Store(int32(state))
}

// closeIdle closes the connections on which no request is under way, which a
// server may do at any time (RFC 9112, 9.5).
func (s *connections) closeIdle() {
	if s.lane != nil {
		s.lane.CloseIdle()
	}
	for _, c := range s.members() {
		if http.ConnState(c.state.Load()) == http.StateIdle {
			c.Close()
		}
	}
}

// listener makes the connections of a listener members of a set.
type listener struct {
	net.Listener
	conns *connections
}

// Accept waits for the next connection. When descriptors have run out, it makes
// room before net/http tries again.
func (l listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.conns.closeIdle()
		}
		return nil, err
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		showProgress(tcp)
	}
	return l.conns.add(nc), nil
}
