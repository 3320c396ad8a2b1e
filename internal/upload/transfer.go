package upload

import (
	"net/http"
	"sync"
	"time"
)

// transfer is a request that holds a resumable upload. Another one for the same
// upload ends it: a phone that slept comes back while its old connection still
// seems to be alive.
type transfer struct {
	interrupt func(time.Time) error // sets the deadline for reading its content
	once      sync.Once
	taken     chan struct{} // closed when another request wants the upload
	over      chan struct{} // closed when the upload is free
}

const (
	nudge   = 50 * time.Millisecond
	maxTake = 20 * time.Second
)

// begin takes an upload for a request, from the one that has it. The caller
// calls finish.
func (h *Handler) begin(r *http.Request, w http.ResponseWriter, token string) (*transfer, error) {
	t := &transfer{
		interrupt: http.NewResponseController(w).SetReadDeadline,
		taken:     make(chan struct{}),
		over:      make(chan struct{}),
	}
	for end := time.Now().Add(maxTake); time.Now().Before(end); {
		h.mu.Lock()
		held := h.active[token]
		if held == nil {
			h.active[token] = t
		}
		h.mu.Unlock()
		if held == nil {
			return t, nil
		}
		held.once.Do(func() { close(held.taken) })
		// Again and again: the listener sets deadlines, too.
		held.interrupt(time.Now().Add(-time.Second))
		select {
		case <-held.over:
		case <-time.After(nudge):
		case <-r.Context().Done():
			return nil, errTaken
		}
	}
	return nil, refusal{status: http.StatusServiceUnavailable, text: "another request holds this upload"}
}

// finish lets go of an upload.
func (h *Handler) finish(token string, t *transfer) {
	h.mu.Lock()
	delete(h.active, token)
	h.mu.Unlock()
	close(t.over)
}

func (t *transfer) isTaken() bool {
	select {
	case <-t.taken:
		return true
	default:
		return false
	}
}
