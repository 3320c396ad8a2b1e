package auth

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeFailures     = 3  // of an address, before it is slowed
	freeSiteFailures = 30 // of all addresses of a site
	firstDelay       = 500 * time.Millisecond
	maxDelay         = 8 * time.Second
	maxWait          = 10 * time.Second // who would wait longer is told to come again
	failureMemory    = 15 * time.Minute // after the last one
	maxTallies       = 4096
)

// delays has those wait who guess passwords: the more failures there were in a
// network, the longer until the next guess from there is looked at. Guesses are
// taken one after the other, so that many at once gain nothing.
type delays struct {
	mu      sync.Mutex
	tallies map[netip.Prefix]*tally
}

// tally is what is held against a network.
type tally struct {
	failures int       // with guesses that are being looked at
	next     time.Time // when another guess may be looked at
	last     time.Time
}

// delayAfter returns how long after the start of a guess the next one may start.
func delayAfter(failures int, n netip.Prefix) time.Duration {
	over := failures - freeFailures
	if n.IsValid() && n.Bits() == 48 {
		over = failures - freeSiteFailures
	}
	switch {
	case over < 0:
		return 0
	case over > 4:
		return maxDelay
	}
	return firstDelay << over
}

// reserve takes a turn for a guess, which begins after the wait. It counts as a
// failure until it is pardoned. It is not ok if the wait is too long to be had;
// then nothing is counted.
func (d *delays) reserve(networks []netip.Prefix) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	start := now
	for _, n := range networks {
		if t := d.tallies[n]; t != nil && t.next.After(start) {
			start = t.next
		}
	}
	wait = start.Sub(now)
	if wait > maxWait {
		return wait, false
	}
	for _, n := range networks {
		t := d.tally(n, now)
		t.failures++
		t.next, t.last = start.Add(delayAfter(t.failures, n)), now
	}
	return wait, true
}

// failures returns how many there are of a network.
func (d *delays) failures(n netip.Prefix) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.tallies[n]; t != nil {
		return t.failures
	}
	return 0
}

// pardon takes back what a guess counted for that was none. The failures before
// it are not forgiven: a user could wipe out those of guesses at others.
func (d *delays) pardon(networks []netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range networks {
		if t := d.tallies[n]; t != nil && t.failures > 0 {
			t.failures--
		}
	}
}

// tally returns what is held against a network, new if there is nothing or it
// is too old. If there are too many, the oldest has to go.
func (d *delays) tally(n netip.Prefix, now time.Time) *tally {
	if t := d.tallies[n]; t != nil {
		if now.Sub(t.last) > failureMemory {
			*t = tally{}
		}
		return t
	}
	if d.tallies == nil {
		d.tallies = make(map[netip.Prefix]*tally)
	}
	if len(d.tallies) >= maxTallies {
		d.drop(now)
	}
	t := &tally{}
	d.tallies[n] = t
	return t
}

func (d *delays) drop(now time.Time) {
	var oldest netip.Prefix
	at := now
	for n, t := range d.tallies {
		switch {
		case now.Sub(t.last) > failureMemory:
			delete(d.tallies, n)
		case !t.last.After(at):
			oldest, at = n, t.last
		}
	}
	if len(d.tallies) >= maxTallies {
		delete(d.tallies, oldest)
	}
}
