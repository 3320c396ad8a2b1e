package service

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Health answers whether a root can be read: 200 or 503. It is an
// [http.Handler], and safe for concurrent use.
//
// A root that hangs, such as the file system of a server that has gone, has an
// answer within 2 s. It is asked one question at a time, so that one goroutine
// hangs with it, and not one for every request.
type Health struct {
	root reader
	say  func(string)
	wait time.Duration

	mu     sync.Mutex
	asked  *probe // that has no answer yet; nil: none
	failed bool   // the last answer that was told
}

// probe is one question to the root.
type probe struct {
	begun time.Time
	done  chan struct{} // is closed when there is an answer
	err   error
}

// healthWait is how long a root has for an answer. Who asks waits for 1 s
// (Kubernetes) up to 30 s (Docker); a disk that wakes takes longer once.
const healthWait = 2 * time.Second

// NewHealth returns the health of a root. The cause why it cannot be read is
// said, not answered: once, and that it can again. Nil tells nobody.
func NewHealth(root fs.FS, say func(string)) *Health {
	if say == nil {
		say = func(string) {}
	}
	return &Health{root: reader{root: root}, say: say, wait: healthWait}
}

var errHangs = errors.New("it does not answer")

// Check reports why the root cannot be read, nil if it can.
func (h *Health) Check(ctx context.Context) error {
	p := h.ask()
	timeout := time.NewTimer(h.wait - time.Since(p.begun))
	defer timeout.Stop()
	err := errHangs
	select {
	case <-p.done:
		err = p.err
	case <-timeout.C:
	case <-ctx.Done():
		return ctx.Err() // which says nothing about the root
	}
	h.tell(err)
	return err
}

// ask returns the question that is put to the root now.
func (h *Health) ask() *probe {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked == nil {
		p := &probe{begun: time.Now(), done: make(chan struct{})}
		h.asked = p
		go func() {
			p.err = h.root.read()
			h.mu.Lock()
			h.asked = nil
			h.mu.Unlock()
			close(p.done)
		}()
	}
	return h.asked
}

// tell says what has changed.
func (h *Health) tell(err error) {
	h.mu.Lock()
	changed := h.failed != (err != nil)
	h.failed = err != nil
	h.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		h.say("the folder cannot be read: " + err.Error())
	default:
		h.say("the folder can be read again")
	}
}

// ServeHTTP answers a GET or HEAD of any path. Clients are told no cause.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		answer(w, r, http.StatusMethodNotAllowed, "405 Method Not Allowed\n")
	case h.Check(r.Context()) != nil:
		answer(w, r, http.StatusServiceUnavailable, "503 Service Unavailable\n")
	default:
		answer(w, r, http.StatusOK, "ok\n")
	}
}

func answer(w http.ResponseWriter, r *http.Request, status int, content string) {
	fields := w.Header()
	fields.Set("Content-Type", "text/plain; charset=utf-8")
	fields.Set("Content-Length", strconv.Itoa(len(content)))
	fields.Set("X-Content-Type-Options", "nosniff")
	fields.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, content)
	}
}
