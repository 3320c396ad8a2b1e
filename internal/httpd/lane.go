package httpd

import (
	"net"
	"net/http"
	"net/netip"
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

// BoundedLane is a Lane whose connections are counted, and bounded, together with
// those of net/http. Of a Lane that is none, only those that it passes on are
// counted, and they are not bounded.
type BoundedLane interface {
	Lane

	// Admit is called before Serve, with functions that may be called at any time
	// and from several goroutines at once.
	//
	// For each connection that has been accepted, and before anything else is done
	// with it, the lane asks whether a client at this address may come in. admit
	// takes no lock of the lane's but by End and Waiting, and does not wait for
	// anybody.
	//   - ok: it may, and has a place.
	//   - later: there is no place for anybody. The lane keeps the connection as it
	//     is, takes no others from this listener, and asks again after 20 ms or so,
	//     and so on. It drops what it keeps when Hurry is called.
	//   - neither: the lane closes the connection, by a reset.
	//
	// leave gives a place back. The lane calls it once for each connection that had
	// one, with the same address, when the descriptor is closed. What is passed on
	// takes its place with it.
	Admit(admit func(client netip.Addr) (ok, later bool), leave func(client netip.Addr))

	// Waiting yields the connections without a request until yield returns false: those
	// that wait for the next one, or for the rest of its head, and those of which no
	// whole head has come since they were accepted, if that was longer ago than
	// grace. With each comes a number that End takes, the address that was admitted,
	// and when it began to wait. The lane may miss some, and holds no lock that End
	// or its calls of leave need.
	Waiting(grace time.Duration, yield func(id uint64, client netip.Addr, since time.Time) bool)

	// End closes a connection if it still waits, and reports whether it did. Its
	// place has been given back when End returns. A number that another connection
	// has had is nobody's.
	End(id uint64) bool
}

// joinLane has the connections of a lane be in the set's care.
func (s *connections) joinLane(lane Lane, bounds limits) {
	s.lane = lane
	lane.Bound(bounds.head, bounds.idle, bounds.stall)
	lane.Notify(s.closeIdle, s.signal)
	if bounded, ok := lane.(BoundedLane); ok {
		s.bounded = bounded
		bounded.Admit(s.admit, s.leave)
	}
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
	if p.set.bounded == nil {
		p.set.places.count(clientOf(peerOf(nc)))
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
