package live

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	mediaType  = "text/event-stream"
	maxStreams = 256
	retry      = 500 * time.Millisecond // after which browsers connect again
	interval   = 25 * time.Second       // between signs of life; servers and proxies cut what is silent for 60 s
	patience   = 10 * time.Second       // for a client to take an event
)

// ServeHTTP answers with a stream of events (HTML, 9.2) until the client leaves,
// or l is closed. A client tells the version of what it shows in the query, or
// when it connects again by the id of the last event.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path != l.path:
		http.Error(w, "404 Not Found", http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
	default:
		h.Set("Content-Type", mediaType)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		if r.ProtoMajor == 1 {
			// Chromium would keep the connection of a stream that a page has left
			// for 5 s, in hope of its end, and it has six of them.
			h.Set("Connection", "close")
		}
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			l.stream(w, r)
		}
	}
}

// stream writes events.
func (l *Live) stream(w http.ResponseWriter, r *http.Request) {
	ctx, leave := l.streams.enter(r.Context())
	defer leave()
	client := &client{w, http.NewResponseController(w)}
	if client.send(fmt.Appendf(nil, "retry: %d\n\n", retry.Milliseconds())) != nil {
		return
	}
	alive := time.NewTicker(interval)
	defer alive.Stop()
	version := versionOf(r)
	for sign := true; ; {
		c, next := l.changes.since(version)
		version = c.Version
		if client.send(events(&c, sign)) != nil {
			return
		}
		sign = false
		select {
		case <-next:
		case <-alive.C:
			sign = true
		case <-ctx.Done():
			return
		case <-l.done:
			return
		}
	}
}

// versionOf returns the version of what the client shows. One that does not
// tell is taken to show what never was.
func versionOf(r *http.Request) int {
	told := cmp.Or(r.Header.Get("Last-Event-Id"), r.URL.Query().Get("since"))
	version, err := strconv.Atoi(told)
	if err != nil || version < 0 {
		return -1
	}
	return version
}

// events returns the change as an event if it is one, and then a sign of life if
// one is due.
func events(c *change, sign bool) []byte {
	var b bytes.Buffer
	if !c.isNone() {
		data, err := json.Marshal(c)
		if err != nil {
			panic(err) // of numbers and strings, all can be told
		}
		fmt.Fprintf(&b, "event: change\nid: %d\ndata: %s\n\n", c.Version, data)
	}
	if sign {
		fmt.Fprintf(&b, "event: alive\nid: %d\ndata: %[1]d\n\n", c.Version)
	}
	return b.Bytes()
}

// client is who takes events.
type client struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send sends events at once, or fails if the client does not take them.
func (c *client) send(events []byte) error {
	if len(events) == 0 {
		return nil
	}
	_ = c.control.SetWriteDeadline(time.Now().Add(patience)) // a writer that has none waits longer
	if _, err := c.w.Write(events); err != nil {
		return err
	}
	if err := c.control.Flush(); err != nil {
		return err
	}
	return c.control.SetWriteDeadline(time.Time{})
}

// streams are those that are open, the oldest first.
type streams struct {
	mu   sync.Mutex
	open []*context.CancelFunc
}

// enter adds a stream, which ends with the context that is returned. The oldest
// one makes room if there are too many. Who has entered leaves.
func (s *streams) enter(ctx context.Context) (_ context.Context, leave func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == maxStreams {
		(*s.open[0])()
		s.open = slices.Delete(s.open, 0, 1)
	}
	s.open = append(s.open, &cancel)
	return ctx, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.Index(s.open, &cancel); i >= 0 {
			s.open = slices.Delete(s.open, i, i+1)
		}
	}
}
