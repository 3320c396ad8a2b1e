package httpd

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// boundContent bounds the wait for the content of requests: for content that
// the handler reads, the wait for the next piece of it; for content that it
// does not read, the time in which net/http skips it, which would wait without
// end for what was announced and never sent.
func boundContent(next http.Handler, bounds limits) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		c := &content{
			ReadCloser: r.Body,
			deadline:   http.NewResponseController(w).SetReadDeadline,
			stall:      bounds.stall,
			shared:     r.ProtoMajor >= 2,
			conn:       connOf(r),
		}
		defer c.leave()
		if !c.shared {
			c.deadline(time.Now().Add(bounds.unread))
		}
		// net/http looks at the Body of its own request to find out what of it
		// is left, so that one stays as it is.
		bounded := *r
		bounded.Body = c
		defer func() { r.MultipartForm = bounded.MultipartForm }() // whose files net/http removes
		next.ServeHTTP(w, &bounded)
	})
}

// content is the content of a request that sets a deadline before each read.
type content struct {
	io.ReadCloser
	stall  time.Duration
	shared bool // the connection is, with other requests: HTTP/2
	conn   *conn

	mu       sync.Mutex
	deadline func(time.Time) error // nil: no longer ours to set
}

func (c *content) Read(p []byte) (int, error) {
	c.bound(time.Now().Add(c.stall))
	c.conn.work(-1)
	n, err := c.ReadCloser.Read(p)
	c.conn.work(1)
	if c.shared {
		c.bound(time.Time{}) // it would end the content while nobody reads, too
	}
	if err != nil {
		// At the end of the content, net/http lifts the deadline and begins to
		// wait for what comes next. That must not end with a deadline of ours.
		c.leave()
	}
	return n, err
}

func (c *content) bound(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline != nil {
		c.deadline(t)
	}
}

// leave ends the setting of deadlines: a read that comes after the handler has
// returned, by a goroutine of it, must not set one for the next request.
func (c *content) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = nil
}
