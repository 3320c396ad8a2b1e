package httpd

import (
	"net/http"
	"time"
)

// drain ends the connections: those without a request at once, the others when
// they are done, make no progress, or bounds.drain is over, or on force.
func (s *connections) drain(bounds limits, force <-chan struct{}) {
	s.hurry(bounds.drainStall)
	over := time.NewTimer(bounds.drain)
	defer over.Stop()
	look := time.NewTicker(bounds.drainStall / 20)
	defer look.Stop()
	seen := make(map[*conn]progress)
	for !s.isEmpty() {
		select {
		case <-s.left:
		case now := <-look.C:
			s.cutStalled(now, bounds.drainStall, seen)
		case <-over.C:
			s.cutAll(bounds.linger)
			return
		case <-force:
			s.cutAll(bounds.linger)
			return
		}
	}
}

// hurry closes the set to new members, closes those that have sent nothing or
// not a whole head yet, and has the others be quick.
//
// net/http would give the former five seconds, and then not answer.
func (s *connections) hurry(patience time.Duration) {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	s.places.end()
	if s.lane != nil {
		s.lane.Hurry(patience)
	}
	for _, c := range s.members() {
		if http.ConnState(c.state.Load()) == http.StateNew {
			c.Close()
		}
		c.hurry(patience)
	}
}

func (s *connections) isEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) == 0 && (s.lane == nil || s.lane.Len() == 0)
}

// progress is how far a connection had come, and since when.
type progress struct {
	moved int64
	since time.Time
}

// cutStalled cuts the connections on which nothing has moved for patience while
// the server waits for the client, and those that have become idle: of HTTP/1, net/http closes these itself, those of
// HTTP/2 have had their GOAWAY by now and could stay for a second.
func (s *connections) cutStalled(now time.Time, patience time.Duration, seen map[*conn]progress) {
	for _, c := range s.members() {
		moved := c.moved.Load()
		last, ok := seen[c]
		switch {
		case http.ConnState(c.state.Load()) == http.StateIdle:
			c.Close()
		case !ok || last.moved != moved || c.isComputing():
			seen[c] = progress{moved, now}
		case now.Sub(last.since) >= patience:
			c.cut()
		}
	}
}

// cutAll cuts all connections, and gives their handlers a moment to notice.
func (s *connections) cutAll(linger time.Duration) {
	if s.lane != nil {
		s.lane.Cut()
	}
	for _, c := range s.members() {
		c.cut()
	}
	over := time.NewTimer(linger)
	defer over.Stop()
	for !s.isEmpty() {
		select {
		case <-s.left:
		case <-over.C:
			return
		}
	}
}
