package upload

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// gate lets so many uploads through at a time, and half as many of one client,
// so that none can keep the others out.
type gate struct {
	all      chan struct{}
	patience time.Duration

	mu      sync.Mutex
	waiting int
	each    map[string]*queue
}

// queue is of one client, as long as somebody is in it.
type queue struct {
	places chan struct{}
	users  int
}

// maxWaiting is how many wait for their turn: each of them holds a connection.
const maxWaiting = 8192

var errFull = refusal{status: http.StatusServiceUnavailable, text: "there are too many uploads at once"}

func newGate(atOnce int, patience time.Duration) *gate {
	return &gate{all: make(chan struct{}, atOnce), patience: patience, each: map[string]*queue{}}
}

// enter waits for a turn. The caller calls leave when it is over.
func (g *gate) enter(ctx context.Context, client string) (leave func(), err error) {
	q := g.join(client)
	if q == nil {
		return nil, errFull
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	if !take(ctx, q.places) {
		g.part(client, q)
		return nil, errFull
	}
	if !take(ctx, g.all) {
		<-q.places
		g.part(client, q)
		return nil, errFull
	}
	return func() {
		<-g.all
		<-q.places
		g.part(client, q)
	}, nil
}

func take(ctx context.Context, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *gate) join(client string) *queue {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting == maxWaiting {
		return nil
	}
	g.waiting++
	q := g.each[client]
	if q == nil {
		q = &queue{places: make(chan struct{}, (cap(g.all)+1)/2)}
		g.each[client] = q
	}
	q.users++
	return q
}

func (g *gate) part(client string, q *queue) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	if q.users--; q.users == 0 {
		delete(g.each, client)
	}
}
