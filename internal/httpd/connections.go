package httpd

import (
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// connections is the set of the connections that are open.
type connections struct {
	patience time.Duration // of new ones
	grace    time.Duration // that they have for a head before they count as waiting
	places   *admission
	log      *log.Logger
	lane     Lane        // that has more; nil for none
	bounded  BoundedLane // the same, if it is one that has its connections in places
	begun    time.Time   // from when times are counted

	search search
	room   chan struct{} // has a value when there may be a place

	mu       sync.Mutex
	open     map[*conn]struct{}
	draining bool          // no new ones are to come
	left     chan struct{} // has a value when one has left the set
}

func newConnections(patience time.Duration) *connections {
	return &connections{
		patience: patience,
		places:   newAdmission(0, 0),
		log:      limitKinds(nil),
		begun:    time.Now(),
		room:     make(chan struct{}, 1),
		open:     make(map[*conn]struct{}),
		left:     make(chan struct{}, 1),
	}
}

// add makes nc, which has its place, a member of the set. If there are to be no
// new ones, it closes nc, which the server then finds out by itself.
func (s *connections) add(nc net.Conn) *conn {
	c := &conn{Conn: nc, set: s, client: clientOf(peerOf(nc)), patience: s.patience}
	c.rest()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	if s.draining {
		c.Close()
	}
	return c
}

// remove has c leave the set, and give its place back, if it is in there still.
func (s *connections) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.open[c]; ok {
		delete(s.open, c)
		s.leave(c.client)
	}
	s.signal()
}

// signal tells that a connection has left.
func (s *connections) signal() {
	select {
	case s.left <- struct{}{}:
	default:
	}
}

// count tells how many connections there are.
func (s *connections) count() int {
	s.mu.Lock()
	n := len(s.open)
	s.mu.Unlock()
	if s.lane != nil {
		n += s.lane.Len()
	}
	return n
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
	if state == http.StateIdle {
		c.rest()
	}
	c.state.Store(int32(state))
}

// rest notes that c begins to wait for a request.
func (c *conn) rest() { c.since.Store(int64(time.Since(c.set.begun))) }

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

// Accept waits for the next connection, and for a place for it. When descriptors
// have run out, it makes room before net/http tries again.
func (l listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				l.conns.closeIdle()
			}
			return nil, err
		}
		tcp, isTCP := nc.(*net.TCPConn)
		if l.conns.await(peerOf(nc)) {
			if isTCP {
				showProgress(tcp)
			}
			return l.conns.add(nc), nil
		}
		if isTCP {
			tcp.SetLinger(0) // nothing is to be kept for it
		}
		nc.Close()
	}
}
