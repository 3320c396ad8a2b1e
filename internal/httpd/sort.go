package httpd

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// sorter tells the clients of a listener apart that speak TLS and those that
// speak HTTP, by the first byte that they send: one queue gets the former, the
// other one the latter.
type sorter struct {
	listener
	wait   time.Duration // for the first byte
	secure queue
	plain  queue

	ended chan struct{} // is closed when nobody takes from the queues any more
	end   func()
}

func newSorter(l listener, wait time.Duration) *sorter {
	s := &sorter{listener: l, wait: wait, ended: make(chan struct{})}
	s.end = sync.OnceFunc(func() { close(s.ended) })
	s.secure = queue{s, make(chan net.Conn)}
	s.plain = queue{s, make(chan net.Conn)}
	return s
}

// serve serves both kinds of clients until the listener fails or the server is
// shut down, and returns why.
func (s *sorter) serve(srv *http.Server) error {
	ended := make(chan error, 3)
	var running sync.WaitGroup
	running.Go(func() { ended <- srv.Serve(s) })
	running.Go(func() { ended <- srv.Serve(s.plain) })
	running.Go(func() { ended <- srv.ServeTLS(s.secure, "", "") })
	err := <-ended
	s.Close()
	running.Wait()
	for err == errEnded { // of the queues, which end with the listener
		err = <-ended
	}
	return err
}

// errEnded is what a queue has to offer when it has ended.
var errEnded = errors.New("no more connections")

// Accept returns errors only: net/http knows when to try again. Connections go
// through the queues.
func (s *sorter) Accept() (net.Conn, error) {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			return nil, err
		}
		go s.sort(nc.(*conn))
	}
}

// sort waits for the first byte of a connection, which is a member of the set by
// now, and puts it in the queue that the byte speaks for.
func (s *sorter) sort(c *conn) {
	c.SetReadDeadline(time.Now().Add(s.wait)) // which net/http then replaces
	o := &opened{conn: c}
	if _, err := c.Read(o.first[:]); err != nil {
		c.drop()
		return
	}
	to := s.secure
	if beginsRequest(o.first[0]) {
		to = s.plain
	}
	select {
	case to.conns <- o:
	case <-s.ended:
		c.drop()
	}
}

// beginsRequest reports whether a connection that begins with b is one of HTTP.
// A handshake of TLS begins with 22 (RFC 8446, 5.1), a request with its method,
// all of which are in capitals. What begins otherwise is left to crypto/tls,
// which refuses it at once, where HTTP would wait for the end of a head.
func beginsRequest(b byte) bool { return 'A' <= b && b <= 'Z' }

// drop ends a connection that net/http has never seen.
func (c *conn) drop() {
	c.Close()
	c.set.remove(c)
}

// Close closes the listener, and ends the queues.
func (s *sorter) Close() error {
	s.end()
	return s.listener.Close()
}

// queue is a listener for the connections of one kind. To close it is to close
// all: there is no use for one kind alone.
type queue struct {
	*sorter
	conns chan net.Conn
}

func (q queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.ended:
		return nil, errEnded
	}
}

// opened is a connection whose first byte has been read, and comes first when it
// is read again.
type opened struct {
	*conn
	first [1]byte
	past  bool // the first byte has been read again
}

func (o *opened) Read(b []byte) (int, error) {
	if o.past || len(b) == 0 {
		return o.conn.Read(b)
	}
	o.past = true
	return copy(b, o.first[:]), nil
}
