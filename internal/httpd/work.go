package httpd

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// connKey is what the connection of a request has for a key in its context.
type connKey struct{}

// withConn is the [http.Server]'s ConnContext.
func withConn(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	return context.WithValue(ctx, connKey{}, nc)
}

// connOf returns the connection of a request, nil if it is none of ours.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}

// noteWork notes on the connection that a handler is at work for it.
func noteWork(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := connOf(r)
		if c != nil {
			c.begun.Store(c.sent.Load())
		}
		c.work(1)
		defer c.work(-1)
		next.ServeHTTP(w, r)
	})
}

// work counts a handler that begins to work, or one that ends to; to wait for
// the client is no work.
func (c *conn) work(change int32) {
	if c != nil {
		c.busy.Add(change)
	}
}

// isComputing reports whether a handler is at work that has not begun to answer:
// it may take its time for that. One that has, and does not go on, is one that
// waits for an event.
func (c *conn) isComputing() bool {
	return c.busy.Load() > 0 && c.sent.Load() == c.begun.Load()
}
