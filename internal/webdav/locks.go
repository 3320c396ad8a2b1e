package webdav

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"
)

// lock is one on a name, whether something has that name or not.
type lock struct {
	token   string
	root    string // the name
	deep    bool   // on all below, too
	shared  bool
	owner   owner
	client  string
	timeout time.Duration
	expires time.Time
}

func (l *lock) covers(name string) bool {
	return name == l.root || l.deep && isWithin(name, l.root)
}

// claim is a name that a request is about to change something at.
type claim struct {
	name   string
	member bool // the name comes into use or ceases to be, which changes its folder
	below  bool // all below changes, too
	alone  bool // no other request may change it at the same time
}

// meets reports whether two requests that are under way must not be.
func (c claim) meets(other claim) bool {
	return (c.alone || other.alone) && (c.name == other.name ||
		c.below && isWithin(other.name, c.name) || other.below && isWithin(c.name, other.name))
}

// touches reports whether a claim is a matter of a lock (RFC 4918, 7.4 and 7.5).
func (c claim) touches(l *lock) bool {
	if l.covers(c.name) || c.below && isWithin(l.root, c.name) {
		return true
	}
	folder, _ := split(c.name)
	return c.member && c.name != "." && l.root == folder
}

// What clients can have the table hold. File managers lock one file at a time,
// and office programs those that are open; all that come by way of one proxy
// are one client.
const (
	maxLocks       = 1024
	maxClientLocks = 512
)

// locks is the table of all locks. It holds few, so each question goes through
// all of them.
type locks struct {
	now func() time.Time

	mu      sync.Mutex
	byToken map[string]*lock
	claims  map[*claim]bool // of requests that are under way
}

func newLocks(now func() time.Time) *locks {
	return &locks{now: now, byToken: map[string]*lock{}, claims: map[*claim]bool{}}
}

// expire is called with mu held.
func (t *locks) expire() {
	now := t.now()
	for token, l := range t.byToken {
		if now.After(l.expires) {
			delete(t.byToken, token)
		}
	}
}

// add takes up a lock, and returns it with its token. It fails if another one or
// a request is in its way, or if there are too many.
func (t *locks) add(l lock) (lock, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	each := 0
	for _, other := range t.byToken {
		if (!l.shared || !other.shared) && (other.covers(l.root) || l.deep && isWithin(other.root, l.root)) {
			return lock{}, errConflict
		}
		if other.client == l.client {
			each++
		}
	}
	for c := range t.claims {
		if c.touches(&l) {
			return lock{}, errConflict
		}
	}
	if len(t.byToken) >= maxLocks || each >= maxClientLocks {
		return lock{}, errLocks
	}
	l.token, l.expires = newToken(), t.now().Add(l.timeout)
	t.byToken[l.token] = &l
	return l, nil
}

// refresh has a lock that covers a name last longer.
func (t *locks) refresh(token, name string, timeout time.Duration) (lock, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	l := t.byToken[token]
	if l == nil || !l.covers(name) {
		return lock{}, false
	}
	l.timeout, l.expires = timeout, t.now().Add(timeout)
	return *l, true
}

// remove drops a lock that covers a name.
func (t *locks) remove(token, name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	l := t.byToken[token]
	if l == nil || !l.covers(name) {
		return false
	}
	delete(t.byToken, token)
	return true
}

// drop removes the locks on a name that is no longer in use, and on all below.
func (t *locks) drop(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for token, l := range t.byToken {
		if isWithin(l.root, name) {
			delete(t.byToken, token)
		}
	}
}

// covers reports whether a token is that of a lock on a name.
func (t *locks) covers(token, name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	l := t.byToken[token]
	return l != nil && l.covers(name)
}

// on returns the locks on a name.
func (t *locks) on(name string) (found []lock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	for _, l := range t.byToken {
		if l.covers(name) {
			found = append(found, *l)
		}
	}
	return found
}

// begin notes what a request claims, unless that is locked and the request does
// not submit the tokens. Of shared locks, one token will do. No lock on what is
// claimed is given to anybody before end.
func (t *locks) begin(tokens map[string]bool, claims ...claim) (end func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	for _, c := range claims {
		if !t.admits(c, tokens) {
			return nil, false
		}
	}
	noted := make([]*claim, len(claims))
	for i := range claims {
		noted[i] = &claims[i]
		t.claims[noted[i]] = true
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, c := range noted {
			delete(t.claims, c)
		}
	}, true
}

// admits is called with mu held.
func (t *locks) admits(c claim, tokens map[string]bool) bool {
	for other := range t.claims {
		if c.meets(*other) {
			return false
		}
	}
	shared, submitted := false, false
	for _, l := range t.byToken {
		switch {
		case !c.touches(l):
		case l.shared:
			shared, submitted = true, submitted || tokens[l.token]
		case !tokens[l.token]:
			return false
		}
	}
	return !shared || submitted
}

// newToken returns a URI that is unique (RFC 4918, 6.5), and that nobody can
// guess.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, 5.4
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
