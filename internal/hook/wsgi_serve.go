//go:build unix

package hook

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"sync"
)

const (
	// maxInline is how much content comes with a request's head: it saves asking.
	maxInline = 64 << 10
	// maxTries is how many workers may be gone before a request has reached one.
	maxTries = 3
)

// ServeHTTP answers r by the application. If the answer cannot be completed, it
// ends the connection by a panic with [http.ErrAbortHandler], as net/http wants
// it.
func (s *WSGI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := belowPrefix(r.URL.Path, s.config.Prefix)
	switch {
	case !ok:
		plain(w, http.StatusNotFound)
		return
	case s.proxy != nil:
		s.serveHandler(w, r)
		return
	}
	c := calls.Get().(*call)
	defer c.done()
	c.server, c.w, c.r, c.remaining = s, w, r, -1
	if status := c.prepare(path); status != 0 {
		plain(w, status)
		return
	}
	c.run()
}

// call is one request on its way through a worker.
type call struct {
	server  *WSGI
	w       http.ResponseWriter
	r       *http.Request
	request []byte    // its frame
	content io.Reader // what is to be pulled, or nil
	spooled *content
	pulled  int64  // how much of content
	duplex  bool   // content may be pulled while the answer is sent
	spare   []byte // changes places with a lane's buffer
	large   []byte // for long data

	status    int   // of the answer; 0 before its head
	remaining int64 // of the Content-Length; -1 is without
	sent      bool  // anything has gone to w
	failed    bool  // the application has raised something
	err       error // of w
}

var calls = sync.Pool{New: func() any { return &call{spare: make([]byte, frameBuffer)} }}

func (c *call) done() {
	if c.spooled != nil {
		c.spooled.Close()
	}
	request, spare, large := c.request[:0], c.spare, c.large
	if cap(request) > 2*maxInline || len(spare) > frameBuffer {
		return
	}
	*c = call{request: request, spare: spare, large: large}
	calls.Put(c)
}

// prepare makes the frame of the request. Small content comes with it, so that
// a client that is slow to send it keeps no thread waiting.
func (c *call) prepare(path string) (status int) {
	r, length := c.r, int64(-1)
	inline := 0
	switch {
	case r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0:
		if r.Header["Content-Length"] != nil {
			length = 0
		}
	case r.ContentLength < 0:
		// Applications read what CONTENT_LENGTH says, and nothing without it.
		spooled, err := spool(r, math.MaxInt64-1)
		if err != nil {
			return contentStatus(err)
		}
		c.spooled, c.content, length = spooled, spooled.reader(), spooled.length
		if length <= maxInline {
			inline = int(length)
		}
	default:
		length, c.content = r.ContentLength, r.Body
		if length <= maxInline && r.Header["Expect"] == nil {
			inline = int(length)
		}
	}
	frame, ok := appendRequest(append(c.request[:0], "lengths."...), r, path, length)
	if !ok {
		return http.StatusBadRequest
	}
	head := len(frame) - requestFrame
	if c.content == nil || inline > 0 {
		putLengths(frame, head, uint32(inline))
	} else {
		putLengths(frame, head, pulled)
	}
	c.request = frame
	if inline > 0 {
		frame = append(frame, make([]byte, inline)...)
		c.request = frame
		if _, err := io.ReadFull(c.content, frame[len(frame)-inline:]); err != nil {
			return contentStatus(contentError(r, err))
		}
		c.content = nil
	}
	return 0
}

// contentStatus is the answer to a request whose content could not be had.
func contentStatus(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errSpool):
		return http.StatusInsufficientStorage
	}
	return http.StatusBadRequest // a client that has left does not see it
}

// run has a worker answer.
func (c *call) run() {
	s := c.server
	for range maxTries {
		l, err := s.pool.acquire(c.r.Context())
		if err != nil {
			c.refuse(err)
			return
		}
		again, err := c.runOn(l)
		switch {
		case again:
			continue
		case err != nil:
			c.fail(l, err)
		}
		return
	}
	plain(c.w, http.StatusBadGateway)
}

// runOn has the thread of a lane answer. It gives the lane back, also if the
// client makes it panic. It reports whether to try again with another one.
func (c *call) runOn(l *lane) (again bool, err error) {
	s, timeout := c.server, c.server.config.Timeout
	r := c.r
	returned := false
	stop := context.AfterFunc(r.Context(), l.closeQuietly)
	giveBack := func(usable bool) {
		if !returned {
			returned = true
			s.pool.release(l, stop() && usable)
		}
	}
	defer giveBack(false)
	if err := l.send(c.request, timeout); err != nil {
		// Nothing was run: the thread had gone before.
		return r.Context().Err() == nil && !isTimeout(err), err
	}
	file, err := c.answer(l, giveBack)
	if file != nil {
		defer file.Close()
	}
	if err != nil {
		if c.err == nil && isBroken(err) {
			s.pool.condemn(l.worker) // before another request gets to it
		}
		return c.mayRepeat(l), err
	}
	giveBack(true)
	if err := c.finish(file); err != nil {
		return false, err
	}
	c.drain()
	return false, nil
}

// maxDrain is what net/http reads of content that its handler did not want.
const maxDrain = 256 << 10

// drain reads what is left of the content after a full-duplex answer. net/http
// would do so, too, but then panics.
// More than that costs the client its connection.
func (c *call) drain() {
	if rest := c.r.ContentLength - c.pulled; c.duplex && rest <= maxDrain && (c.pulled > 0 || c.r.Header["Expect"] == nil) {
		io.CopyN(io.Discard, c.r.Body, rest)
	}
}

// mayRepeat reports whether a request that a reload has cut may start again in
// the new code: none of its answer was sent, and it is of a safe method (RFC
// 9110, 9.2.1) without content.
func (c *call) mayRepeat(l *lane) bool {
	m := c.r.Method
	return l.cut.Load() && !c.sent && c.status == 0 && c.r.Context().Err() == nil &&
		(m == http.MethodGet || m == http.MethodHead || m == http.MethodOptions) && c.r.ContentLength == 0
}

// refuse answers a request that got no lane.
func (c *call) refuse(err error) {
	var broken *ImportError
	switch {
	case c.r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case errors.As(err, &broken):
		c.server.explain(c.w, c.r, "cannot import "+broken.App, broken.Place, broken.Error())
	case errors.Is(err, errQueueFull), errors.Is(err, errClosed):
		c.w.Header().Set("Retry-After", "1")
		plain(c.w, http.StatusServiceUnavailable)
	default: // descriptors may have run out
		c.server.config.Log(c.server.config.scheme() + ": " + err.Error())
		plain(c.w, http.StatusServiceUnavailable)
	}
}

// fail answers a request whose lane broke.
func (c *call) fail(l *lane, err error) {
	timedOut := c.err == nil && isTimeout(err) && !l.begun
	if timedOut {
		c.server.replaceStuck(l.worker)
	}
	switch {
	case c.sent || c.err != nil || c.r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case errors.Is(err, errBrokenHead):
		c.complain(err)
		plain(c.w, http.StatusInternalServerError)
	case timedOut:
		plain(c.w, http.StatusGatewayTimeout)
	case l.cut.Load():
		c.w.Header().Set("Retry-After", "1")
		plain(c.w, http.StatusServiceUnavailable)
	default:
		plain(c.w, http.StatusBadGateway)
	}
}

// plain answers with the words of a status, as the rest of gserve does.
func plain(w http.ResponseWriter, status int) {
	http.Error(w, statusLine(status), status)
}
