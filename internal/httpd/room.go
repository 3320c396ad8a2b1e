package httpd

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// admit reports whether a connection from addr may stay, which then has a place
// until [connections.leave]. It makes room by ending connections that wait for
// their clients; one that may come later may ask again when there is some.
func (s *connections) admit(addr netip.Addr) (ok, later bool) {
	client := clientOf(addr)
	for range 3 { // others may take the place that was made
		switch s.places.admit(client) {
		case admitted:
			return true, false
		case over:
			return false, false
		case crowded:
			if !s.makeRoom(client, s.places.each, maxSearch) {
				s.log.Printf("http: a client has all %d connections that it may have, and more are closed: %v", s.places.each, addr)
				return false, false
			}
		case full:
			if !s.makeRoom(netip.Addr{}, s.places.most, 2*maxSearch) { // others come before a crowd
				s.log.Printf("http: all %d connections are in use, and new ones wait", s.places.most)
				return false, true
			}
		}
	}
	return false, true
}

// leave gives the place of a connection from addr back.
func (s *connections) leave(addr netip.Addr) {
	s.places.leave(clientOf(addr))
	select {
	case s.room <- struct{}{}:
	default:
	}
}

// lookAgain is how long somebody who wants to come in waits, at most, before the
// next look for connections that have become idle.
const lookAgain = 20 * time.Millisecond

// await waits until a connection from addr may come in, and reports whether it may.
func (s *connections) await(addr netip.Addr) bool {
	for {
		ok, later := s.admit(addr)
		if !later {
			return ok
		}
		select {
		case <-s.room:
		case <-time.After(lookAgain):
		}
	}
}

// waiter is a connection that waits for its client: for a request, or the rest of
// its head.
type waiter struct {
	crowd int // how many connections its client has
	since time.Time
	conn  *conn  // nil for one of the lane
	id    uint64 // that the lane has for it
}

// rank sorts the waiters that are to go first to the front: those of the client
// with the most connections, so that nobody can push others out by a crowd of
// their own, and of these, those that have waited for longest.
func (w waiter) rank(other waiter) int {
	return cmp.Or(cmp.Compare(other.crowd, w.crowd), w.since.Compare(other.since))
}

// makeRoom ends a few connections that wait, of this client or of any if that is
// the zero one, and reports whether there were some. A few, as it looks at all of
// them: where most connections may be open, it is not called for each new one. If
// too much time has gone into that of late, it does nothing.
func (s *connections) makeRoom(client netip.Addr, most int, limit time.Duration) bool {
	s.search.Lock()
	defer s.search.Unlock()
	begun := time.Now()
	if !s.search.affords(begun, limit) {
		return false
	}
	ended := false
	for _, w := range s.waiting(client, 1+most/512, begun) {
		ended = s.endWaiter(w) || ended
	}
	s.search.spend(time.Now(), begun)
	return ended
}

// waiting returns the first n of the connections that wait, in their rank.
func (s *connections) waiting(client netip.Addr, n int, now time.Time) []waiter {
	var first []waiter
	consider := func(w waiter, of netip.Addr) {
		if client.IsValid() && of != client {
			return
		}
		w.crowd = s.places.crowd(of)
		i, _ := slices.BinarySearchFunc(first, w, waiter.rank)
		if i < n {
			first = slices.Insert(first[:min(len(first), n-1)], i, w)
		}
	}
	s.mu.Lock()
	for c := range s.open {
		if since, ok := c.waits(now); ok {
			consider(waiter{since: since, conn: c}, c.client)
		}
	}
	s.mu.Unlock()
	if s.bounded != nil {
		s.bounded.Waiting(s.grace, func(id uint64, addr netip.Addr, since time.Time) bool {
			consider(waiter{since: since, id: id}, clientOf(addr))
			return true
		})
	}
	return first
}

// endWaiter ends a connection unless it has a request by now, and reports whether
// it did.
func (s *connections) endWaiter(w waiter) bool {
	if w.conn == nil {
		return s.bounded.End(w.id)
	}
	if _, ok := w.conn.waits(time.Now()); !ok {
		return false
	}
	w.conn.drop()
	return true
}

// waits reports whether the connection waits for its client, and since when.
func (c *conn) waits(now time.Time) (since time.Time, ok bool) {
	since = c.set.begun.Add(time.Duration(c.since.Load()))
	switch http.ConnState(c.state.Load()) {
	case http.StateIdle:
		return since, true
	case http.StateNew: // net/http has no whole head of it yet
		return since, now.Sub(since) >= c.set.grace
	}
	return since, false
}

// search is the time that goes into looking for connections that wait. A fifth of
// it may, and some of that at once: that is many looks at a few connections, or
// some at thousands, which somebody may be provoking.
type search struct {
	sync.Mutex
	spent time.Duration // beyond that fifth
	at    time.Time
}

const (
	maxSearch   = 20 * time.Millisecond
	searchShare = 5
)

// affords reports whether less than this limit has been spent of late.
func (s *search) affords(now time.Time, limit time.Duration) bool {
	s.spent = max(0, s.spent-now.Sub(s.at)/searchShare)
	s.at = now
	return s.spent < limit
}

func (s *search) spend(now, begun time.Time) { s.spent += now.Sub(begun) }
