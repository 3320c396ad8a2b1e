//go:build unix

package hook

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// explain answers a request that the application could not. Strangers learn
// nothing of it.
func (s *WSGI) explain(w http.ResponseWriter, r *http.Request, title, place, text string) {
	if !s.config.Watch || !isLocal(r) {
		plain(w, http.StatusInternalServerError)
		return
	}
	showTraceback(w, r, traceback{Title: title, Place: place, Text: text})
}

// cutPrefix has a class see the path below its prefix, as applications do.
func (s *WSGI) cutPrefix(r *http.Request) {
	prefix := s.config.Prefix
	if prefix == "" || !strings.HasPrefix(r.URL.Path, prefix) {
		return
	}
	escaped := r.URL.EscapedPath()
	r.URL.Path = cmp.Or(r.URL.Path[len(prefix):], "/")
	if r.URL.RawPath = ""; strings.HasPrefix(escaped, prefix) {
		r.URL.RawPath = cmp.Or(escaped[len(prefix):], "/")
	}
	r.Header.Set("X-Forwarded-Prefix", prefix)
}

// newHandlerProxy passes requests to a subclass of BaseHTTPRequestHandler as
// they came, but for the prefix: it reads them itself. Each has a connection of its own, so that
// the handler's client_address is true.
func (s *WSGI) newHandlerProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", "worker"
			p.Out.Host = p.In.Host
			s.cutPrefix(p.Out)
		},
		Transport: &http.Transport{
			DialContext:           s.dial,
			DisableKeepAlives:     true,
			DisableCompression:    true,
			ResponseHeaderTimeout: s.config.Timeout,
		},
		FlushInterval: -1,
		ErrorHandler:  s.handlerFailed,
		ErrorLog:      log.New(lineWriter(s.config.Log), s.config.scheme()+": ", 0),
	}
}

// clientKey has the address of a request's client in its context.
type clientKey struct{}

// usedLane says over which lane a request went.
type usedLane struct{ conn *laneConn }

type usedLaneKey struct{}

// serveHandler answers r by the class.
func (s *WSGI) serveHandler(w http.ResponseWriter, r *http.Request) {
	used := new(usedLane)
	ctx := context.WithValue(r.Context(), clientKey{}, r.RemoteAddr)
	ctx = context.WithValue(ctx, usedLaneKey{}, used)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(g httptrace.GotConnInfo) { used.conn, _ = g.Conn.(*laneConn) },
	})
	r = r.WithContext(ctx)
	if r.ContentLength > 0 {
		// Once all is sent, the transport looks for more. If the answer has
		// begun by then, net/http has closed its content, and the answer would
		// be given up for that.
		r.Body = exactly{io.LimitReader(r.Body, r.ContentLength), r.Body}
	}
	s.proxy.ServeHTTP(w, r)
}

// exactly is content that ends with its length.
type exactly struct {
	io.Reader
	io.Closer
}

// dial makes a lane for a request.
func (s *WSGI) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, _ := ctx.Value(clientKey{}).(string)
	if host, port, err := net.SplitHostPort(client); err == nil && len(client) < 60 {
		client = host + "|" + port
	} else {
		client = "127.0.0.1|0"
	}
	l, err := s.pool.acquireFor(ctx, client)
	if err != nil {
		return nil, err
	}
	l.since = time.Now()
	return &laneConn{Conn: l.conn, lane: l}, nil
}

// laneConn is a lane as a connection.
type laneConn struct {
	net.Conn
	lane  *lane
	begun atomic.Bool // the answer
	once  sync.Once
}

func (c *laneConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.begun.Store(true)
	}
	return n, err
}

// Close gives the lane back, whose thread may still be busy.
func (c *laneConn) Close() error {
	c.once.Do(func() {
		c.lane.begun = c.begun.Load()
		c.lane.worker.server.pool.release(c.lane, false)
	})
	return nil
}

// handlerFailed answers a request that the class has not answered.
func (s *WSGI) handlerFailed(w http.ResponseWriter, r *http.Request, err error) {
	var broken *ImportError
	var timeout net.Error
	used, _ := r.Context().Value(usedLaneKey{}).(*usedLane)
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case errors.As(err, &broken):
		s.explain(w, r, "cannot import "+broken.App, broken.Place, broken.Error())
	case errors.Is(err, errQueueFull), errors.Is(err, errClosed):
		w.Header().Set("Retry-After", "1")
		plain(w, http.StatusServiceUnavailable)
	case errors.As(err, &timeout) && timeout.Timeout() && used != nil && used.conn != nil:
		s.replaceStuck(used.conn.lane.worker)
		plain(w, http.StatusGatewayTimeout)
	default:
		s.config.Log(s.config.scheme() + ": " + strings.ReplaceAll(err.Error(), "\n", " ") + ": " + r.Method + " " + r.URL.Path)
		plain(w, http.StatusBadGateway)
	}
}
