package httpd

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Lane answers what it can of the requests on TCP connections without TLS, in
// front of net/http. What a [Server] promises of its connections, a Lane keeps for
// those that it has.
type Lane interface {
	// Bound and Notify are called first. The former sets how long a client may take
	// for a head, for the next request, and to take any content. Of the functions,
	// full closes what is idle, when descriptors have run out; left is told when a
	// connection has ended since Hurry was called.
	Bound(head, idle, stall time.Duration)
	Notify(full, left func())

	// Serve takes connections from the listener, which it closes, until Hurry is
	// called or the listener fails. Those that are not for it go to pass, with what
	// has been read from them.
	Serve(l *net.TCPListener, pass func(nc net.Conn, read []byte)) error

	Hurry(patience time.Duration) // has the connections end, those without a request at once
	CloseIdle()                   // closes the connections without a request
	Len() int                     // tells how many connections there are
	Cut()                         // ends all connections
	Close()                       // ends the lane
}

// joinLane has the connections of a lane be in the set's care.
func (s *connections) joinLane(lane Lane, bounds limits) {
	s.lane = lane
	lane.Bound(bounds.head, bounds.idle, bounds.stall)
	lane.Notify(s.closeIdle, s.signal)
}

// serveLane serves a listener by a lane, and by net/http what that passes on.
func serveLane(srv *http.Server, lane Lane, tcp *net.TCPListener, conns *connections) error {
	p := &passed{addr: tcp.Addr(), set: conns, conns: make(chan net.Conn), ended: make(chan struct{})}
	p.end = sync.OnceFunc(func() { close(p.ended) })
	ended := make(chan error, 1)
	go func() {
		ended <- lane.Serve(tcp, p.pass)
		p.end()
	}()
	err := srv.Serve(p)
	p.end()
	if failed := <-ended; failed != nil {
		return failed
	}
	return err
}

// passed is a listener for the connections that a lane passes on.
type passed struct {
	addr  net.Addr
	set   *connections
	conns chan net.Conn
	ended chan struct{} // is closed when nobody takes from conns any more
	end   func()
}

// pass hands a connection to net/http.
func (p *passed) pass(nc net.Conn, read []byte) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		showProgress(tcp)
	}
	c := p.set.add(nc)
	select {
	case p.conns <- &resumed{c, read}:
	case <-p.ended:
		c.drop()
	}
}

func (p *passed) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, errEnded
	}
}

func (p *passed) Addr() net.Addr { return p.addr }

func (p *passed) Close() error {
	p.end()
	return nil
}

// resumed is a connection from which something has been read, which comes first
// when it is read again.
type resumed struct {
	*conn
	read []byte
}

func (r *resumed) Read(b []byte) (int, error) {
	if len(r.read) == 0 || len(b) == 0 {
		return r.conn.Read(b)
	}
	n := copy(b, r.read)
	if r.read = r.read[n:]; len(r.read) == 0 {
		r.read = nil
	}
	return n, nil
}
