package httpd

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// maxHeadBytes bounds the head of a request. There is room for a target of 8 KiB
// (RFC 9112, 3 asks for that much) and for the cookies that gather on localhost.
// net/http takes 4 KiB more than this before it answers 431.
const maxHeadBytes = 64 << 10

// limits are the waits that end a connection.
type limits struct {
	head   time.Duration // for the head of a request, and for a TLS handshake
	idle   time.Duration // for the next request
	stall  time.Duration // for the client to take, or to send, more content
	unread time.Duration // for content that the handler does not read
	grace  time.Duration // for the head of a first request, when others want the place

	drain      time.Duration // for running transfers when the server stops
	drainStall time.Duration // takes the place of stall then
	linger     time.Duration // for handlers whose connections have been cut
}

var standard = limits{
	head:   10 * time.Second,
	idle:   2 * time.Minute,
	stall:  time.Minute,
	unread: 10 * time.Second,
	grace:  2 * time.Second, // who means it takes one turn of the network

	drain:      15 * time.Second,
	drainStall: 2 * time.Second,
	linger:     time.Second,
}

// Server serves HTTP on any number of listeners.
//
// It ends a connection if the head of a request, or a TLS handshake, takes more
// than 10 s, or its first byte where it may belong to either, if no request comes
// for 2 min, and if the client neither takes nor sends any of the content that is
// to be moved for 60 s. How long a transfer takes altogether is not bounded.
type Server struct {
	Handler  http.Handler // must not be nil
	TLS      *tls.Config  // nil: plain HTTP. With it comes HTTP/2
	Plain    http.Handler // of requests without TLS where there is TLS, each on its connection; nil: redirects to https
	Lane     Lane         // what answers in front of net/http where it can: on TCP, without TLS and HTTP10. It may serve once; nil: nothing
	HTTP10   bool         // answer as HTTP/1.0 servers do: every connection ends after its answer
	ErrorLog *log.Logger  // gets lines of one kind at most every 10 s; nil: nobody is told

	// MaxConnections bounds how many connections there are, and MaxPerClient how
	// many of them one client has: an IPv4 address, or a network of 64 bits in IPv6.
	// Programs on this machine have only the former bound. 0 is for no bound.
	//
	// One that is too many takes the place of one that waits for a request, or for
	// the rest of its head: of the same client if that has its share, else of the
	// client that has the most, and there of the one that has waited for longest. If
	// there is none, a client that has its share is refused, and others wait.
	MaxConnections, MaxPerClient int

	limits limits // zero: standard
	conns  atomic.Pointer[connections]
}

// Serve serves all listeners until ctx is done, and then stops gracefully: new
// connections are refused, those without a request are closed at once, those
// with one get up to 15 s to finish. One on which nothing moves for 2 s is cut.
// A value from force, or its end, cuts all connections at once.
//
// Serve returns nil after it was stopped. If a listener fails, Serve stops in
// the same way, and returns the error of the listener. It closes the listeners
// in any case. It may be called once.
func (s *Server) Serve(ctx context.Context, force <-chan struct{}, listeners ...net.Listener) error {
	bounds := s.bounds()
	errorLog := limitKinds(s.ErrorLog)
	conns := newConnections(bounds.stall)
	conns.grace = bounds.grace
	conns.places, conns.log = newAdmission(s.MaxConnections, s.MaxPerClient), errorLog
	if s.Lane != nil {
		defer s.Lane.Close()
		conns.joinLane(s.Lane, bounds)
	}
	s.conns.Store(conns)
	srv := s.httpServer(bounds, conns, errorLog)
	ended := make(chan error, len(listeners))
	var running sync.WaitGroup
	for _, l := range listeners {
		running.Go(func() {
			defer l.Close()
			ended <- s.accept(srv, listener{l, conns}, bounds)
		})
	}
	var err error
	end := bounds // which listeners that have just begun may still read
	select {
	case <-ctx.Done():
	case err = <-ended:
	case <-force:
		end.drain = 0
	}
	shutdown, done := context.WithCancel(context.Background())
	running.Go(func() { srv.Shutdown(shutdown) })
	conns.drain(end, force)
	done()
	running.Wait()
	return err
}

// Open tells how many connections are open, those of the lane included: none
// before Serve. It may be called at any time.
func (s *Server) Open() int {
	if conns := s.conns.Load(); conns != nil {
		return conns.count()
	}
	return 0
}

func (s *Server) bounds() limits {
	if s.limits == (limits{}) {
		return standard
	}
	return s.limits
}

func (s *Server) accept(srv *http.Server, l listener, bounds limits) error {
	if s.TLS != nil {
		return newSorter(l, bounds.head).serve(srv)
	}
	if tcp, ok := l.Listener.(*net.TCPListener); ok && s.Lane != nil && !s.HTTP10 {
		return serveLane(srv, s.Lane, tcp, l.conns)
	}
	return srv.Serve(l)
}

func (s *Server) httpServer(bounds limits, conns *connections, errorLog *log.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!s.HTTP10)
	srv := &http.Server{
		Handler:                      s.handler(bounds),
		DisableGeneralOptionsHandler: true,
		TLSConfig:                    s.TLS.Clone(),
		Protocols:                    &protocols,
		ReadHeaderTimeout:            bounds.head, // bounds the TLS handshake, too
		IdleTimeout:                  bounds.idle,
		MaxHeaderBytes:               maxHeadBytes,
		ConnState:                    conns.note,
		ConnContext:                  func(ctx context.Context, nc net.Conn) context.Context { return withConn(ctx, memberOf(nc)) },
		ErrorLog:                     errorLog,
	}
	if srv.TLSConfig != nil && !s.HTTP10 {
		// net/http sets HTTP/2 up once. Without this, it would not if Serve, for
		// plain connections, comes before ServeTLS, and offer it nevertheless.
		srv.TLSConfig.NextProtos = []string{"h2", "http/1.1"}
	}
	srv.SetKeepAlivesEnabled(!s.HTTP10)
	return srv
}

func (s *Server) handler(bounds limits) http.Handler {
	h := s.Handler
	if s.TLS != nil {
		h = answerPlain(s.plain(), h)
	}
	h = boundContent(h, bounds)
	h = boundStreams(h, bounds.stall)
	h = noteWork(h)
	if s.HTTP10 {
		h = answerAsHTTP10(h)
	}
	return h
}
