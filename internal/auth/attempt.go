package auth

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	maxSleepers  = 256 // guesses that wait for their time
	maxQueue     = 64  // that wait for a core
	maxFollowers = 64  // requests that wait for what becomes of one with the same credentials
	maxName      = 64  // bytes of a name in the log
)

// attemptKey tells attempts apart: the same credentials, sent many times at
// once, are checked once.
type attemptKey struct {
	from   netip.Addr
	digest digest
}

// attempt is a check of credentials that is under way.
type attempt struct {
	done      chan struct{}
	verdict   verdict // once it is done
	followers int     // requests that came with the same since
}

// verdict is what became of credentials.
type verdict struct {
	right     bool
	abandoned bool          // by the client, before they were checked
	retry     time.Duration // not checked: there is too much to do before this time
}

// join returns the attempt with these credentials, and whether the caller has to
// make it.
func (g *Guard) join(key attemptKey) (a *attempt, leads, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a = g.attempts[key]; a == nil {
		a = &attempt{done: make(chan struct{})}
		g.attempts[key] = a
		return a, true, true
	}
	if a.followers >= maxFollowers {
		return nil, false, false
	}
	a.followers++
	return a, false, true
}

// follow waits for the end of another request's attempt.
func (g *Guard) follow(ctx context.Context, a *attempt) verdict {
	select {
	case <-a.done:
		return a.verdict
	case <-ctx.Done():
		return verdict{abandoned: true}
	}
}

// lead makes an attempt, and tells those that follow it.
func (g *Guard) lead(ctx context.Context, t *table, key attemptKey, c credentials, a *attempt) verdict {
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.attempts, key)
		close(a.done)
	}()
	a.verdict = g.attempt(ctx, t, key, c)
	return a.verdict
}

// attempt checks credentials when their time has come.
func (g *Guard) attempt(ctx context.Context, t *table, key attemptKey, c credentials) verdict {
	nets := networks(key.from)
	wait, ok := g.delays.reserve(nets)
	if !ok {
		return verdict{retry: wait}
	}
	if v, ok := g.wait(ctx, wait); !ok {
		g.delays.pardon(nets)
		return v
	}
	if g.verify(t, c) {
		g.delays.pardon(nets)
		g.memory.add(key.digest, t)
		return verdict{right: true}
	}
	g.config.Log(fmt.Sprintf("wrong name or password from %s, for %s, failure %d",
		nameOf(key.from), strconv.Quote(shorten(c.name)), g.delays.failures(nets[0])))
	return verdict{}
}

// verify computes a hash, and ends the turn.
func (g *Guard) verify(t *table, c credentials) bool {
	defer func() { <-g.turns }()
	return t.verify(c)
}

// wait waits for this long, and then for a turn to compute a hash. It is not ok
// if there is none; then the verdict says why.
func (g *Guard) wait(ctx context.Context, d time.Duration) (v verdict, ok bool) {
	if d > 0 {
		if v, ok := g.sleep(ctx, d); !ok {
			return v, false
		}
	}
	select {
	case g.turns <- struct{}{}:
		return v, true
	default:
	}
	if !g.enter(&g.queue, maxQueue) {
		return verdict{retry: maxDelay}, false
	}
	defer g.leave(&g.queue)
	select {
	case g.turns <- struct{}{}:
		return v, true
	case <-ctx.Done():
		return verdict{abandoned: true}, false
	}
}

func (g *Guard) sleep(ctx context.Context, d time.Duration) (v verdict, ok bool) {
	if !g.enter(&g.sleepers, maxSleepers) {
		return verdict{retry: d}, false
	}
	defer g.leave(&g.sleepers)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return v, true
	case <-ctx.Done():
		return verdict{abandoned: true}, false
	}
}

// enter takes one of a number of places, if there is one left.
func (g *Guard) enter(places *int, most int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if *places >= most {
		return false
	}
	*places++
	return true
}

func (g *Guard) leave(places *int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*places--
}

// shorten bounds what a stranger can write to the log.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "..."
}
