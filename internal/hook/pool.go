//go:build unix

package hook

import (
	"context"
	"errors"
	"sync"
	"time"
)

var (
	errQueueFull = errors.New("too many requests wait")
	errClosed    = errors.New("the application is being ended")
)

// pool hands lanes to requests: one of the least busy worker, there the one that
// was used last, or a new one. Requests that find none wait, first come, first
// served.
type pool struct {
	mu      sync.Mutex
	current *generation // nil before the first is there
	held    bool        // a newer generation is due, requests wait for it
	closed  bool

	first, last *waiter
	waiting     int
	queue       int // bound of waiting
	threads     int // bound of lanes of a worker
}

// waiter is a request in the queue.
type waiter struct {
	prev, next *waiter
	queued     bool
	given      chan grant // of one
}

// grant is what a waiter gets: a lane, a worker to make one with, or neither.
type grant struct {
	worker *worker
	lane   *lane
	err    error
}

var waiters = sync.Pool{New: func() any { return &waiter{given: make(chan grant, 1)} }}

// acquire returns a lane for a request, which must go back by release.
func (p *pool) acquire(ctx context.Context) (*lane, error) { return p.acquireFor(ctx, "") }

// acquireFor returns a lane for the requests of one client. All are made for
// one, or none.
func (p *pool) acquireFor(ctx context.Context, client string) (*lane, error) {
	for {
		g := p.request(ctx)
		if g.err != nil || g.lane != nil {
			return g.lane, g.err
		}
		l, err := g.worker.newLane(client)
		if err == nil {
			return l, nil
		}
		p.mu.Lock()
		g.worker.busy--
		g.worker.lanes--
		if !errors.Is(err, errNoWorker) {
			p.pump()
			p.mu.Unlock()
			return nil, err
		}
		p.withdraw(g.worker) // its end will be noticed, and another take its place
		g.worker.endIfIdle()
		p.mu.Unlock()
	}
}

// request waits for its turn.
func (p *pool) request(ctx context.Context) grant {
	p.mu.Lock()
	if p.first == nil {
		if g, ok := p.reserve(); ok {
			p.mu.Unlock()
			return g
		}
	}
	if p.waiting >= p.queue {
		p.mu.Unlock()
		return grant{err: errQueueFull}
	}
	w := waiters.Get().(*waiter)
	p.push(w)
	p.mu.Unlock()
	select {
	case g := <-w.given:
		waiters.Put(w)
		return g
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.queued {
		p.remove(w)
	} else {
		p.restore(<-w.given)
	}
	waiters.Put(w)
	return grant{err: ctx.Err()}
}

// reserve takes a place in a worker, if one is to be had now, or the reason why
// there will be none. p.mu is held, here and in what follows.
func (p *pool) reserve() (grant, bool) {
	if p.closed {
		return grant{err: errClosed}, true
	}
	if p.held || p.current == nil {
		return grant{}, false
	}
	var best *worker
	for _, w := range p.current.workers {
		if w.hasRoom(p.threads) && (best == nil || w.busy < best.busy) {
			best = w
		}
	}
	switch {
	case best != nil:
		best.busy++
		if n := len(best.idle); n > 0 {
			l := best.idle[n-1]
			best.idle = best.idle[:n-1]
			return grant{lane: l}, true
		}
		best.lanes++
		return grant{worker: best}, true
	case p.current.failure != nil && !p.current.serves():
		return grant{err: p.current.failure}, true
	}
	return grant{}, false
}

// pump serves the queue as far as it goes.
func (p *pool) pump() {
	for p.first != nil {
		g, ok := p.reserve()
		if !ok {
			return
		}
		w := p.first
		p.remove(w)
		w.given <- g
	}
}

// release takes a lane back. If its thread may still be with a request, or the
// lane is broken, it is not usable.
func (p *pool) release(l *lane, usable bool) {
	w := l.worker
	p.mu.Lock()
	defer p.mu.Unlock()
	w.busy--
	if usable && w.serving {
		w.idle = append(w.idle, l)
	} else {
		p.drop(l, usable)
	}
	p.pump()
	w.endIfIdle()
}

// drop closes a lane that no request has.
func (p *pool) drop(l *lane, finished bool) {
	l.closeQuietly()
	w := l.worker
	w.lanes--
	delete(w.all, l.number)
	if !finished && !l.landed && !w.hasEnded() {
		w.drift(l)
	}
}

// restore gives back what a waiter got after it had left.
func (p *pool) restore(g grant) {
	switch {
	case g.lane != nil:
		w := g.lane.worker
		w.busy--
		if w.serving {
			w.idle = append(w.idle, g.lane)
		} else {
			p.drop(g.lane, true)
			w.endIfIdle()
		}
	case g.worker != nil:
		g.worker.busy--
		g.worker.lanes--
		g.worker.endIfIdle()
	}
	p.pump()
}

// withdraw has a worker get no more requests. Those it has go on.
func (p *pool) withdraw(w *worker) {
	w.serving = false
	for _, l := range w.idle {
		p.drop(l, true)
	}
	w.idle = nil
}

// condemn withdraws a worker that cannot go on. Its end will be noticed.
func (p *pool) condemn(w *worker) {
	p.mu.Lock()
	p.withdraw(w)
	w.endIfIdle()
	p.mu.Unlock()
}

// hold has new requests wait, or no longer.
func (p *pool) hold(yes bool) {
	p.mu.Lock()
	p.held = yes
	p.pump()
	p.mu.Unlock()
}

func (p *pool) push(w *waiter) {
	w.prev, w.next, w.queued = p.last, nil, true
	if p.last == nil {
		p.first = w
	} else {
		p.last.next = w
	}
	p.last = w
	p.waiting++
}

func (p *pool) remove(w *waiter) {
	if w.prev == nil {
		p.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		p.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next, w.queued = nil, nil, false
	p.waiting--
}

// maxDrift is how many threads of a worker may be busy for clients that have
// left, besides those that answer: an application cannot be interrupted, and an
// event stream only notices when it has an event.
const maxDrift = 64

// hasRoom reports whether a worker can take one more request.
func (w *worker) hasRoom(threads int) bool {
	if !w.serving {
		return false
	}
	if threads == 1 && len(w.adrift) > 0 {
		return false // wsgi.multithread says that there is never a second
	}
	return len(w.idle) > 0 || w.lanes < threads && w.lanes+len(w.adrift) < threads+maxDrift
}

// drift notes that the thread of a closed lane may still be busy. If that lasts
// longer than any request may, the worker is replaced.
func (w *worker) drift(l *lane) {
	var overdue *time.Timer
	if timeout := w.server.config.Timeout; timeout > 0 && !l.begun {
		overdue = time.AfterFunc(time.Until(l.since.Add(timeout)), func() { w.server.replaceStuck(w) })
	}
	w.adrift[l.number] = overdue
}

// landed notes that the thread of a lane has ended.
func (p *pool) landed(w *worker, number uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := w.all[number]; l != nil {
		l.landed = true // it is closed, but the request has not given it back
		return
	}
	overdue, ok := w.adrift[number]
	if !ok {
		return
	}
	if overdue != nil {
		overdue.Stop()
	}
	delete(w.adrift, number)
	p.pump()
}
