package fileserver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// errBusy is why an answer cannot be had at the moment.
var errBusy = errors.New("too much of this is asked for at the same time")

// maxWait is how long a request waits for its turn with what few may do at
// once.
const maxWait = 5 * time.Second

// maxLooking is how many requests may look at the disk at once. Each has a thread of
// the system for that, of which there are 10,000 at most before the runtime gives
// up, and often fewer: a network file system that went away would have them all.
const maxLooking = 2048

// looks are the requests that look at the disk.
type looks struct{ now atomic.Int64 }

// enter fails if there are too many. Who has entered leaves.
func (l *looks) enter() error {
	if l.now.Add(1) > maxLooking {
		l.leave()
		return errBusy
	}
	return nil
}

func (l *looks) leave() { l.now.Add(-1) }

// maxPause is how long one who has a turn may be stuck before another has it: on
// a network file system that went away, it would be for ever.
const maxPause = time.Second

// turns has room for those that may do something at the same time.
type turns chan struct{}

// enter waits for room, until ctx ends or the wait is too long. Who has entered
// leaves.
func (t turns) enter(ctx context.Context) (*turn, error) {
	select {
	case t <- struct{}{}:
		return newTurn(t), nil
	default:
	}
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case t <- struct{}{}:
		return newTurn(t), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience.C:
		return nil, errBusy
	}
}

// turn is room that somebody has. Who makes no step for maxPause loses it, and goes
// on without it when that can be done again. A nil turn is that of one who needs no
// room.
type turn struct {
	room  turns
	steps atomic.Int64

	mu    sync.Mutex
	seen  int64 // steps when it was looked at
	over  bool
	timer *time.Timer
}

// newTurn returns the turn of one who has room.
func newTurn(room turns) *turn {
	t := &turn{room: room}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(maxPause, t.look)
	return t
}

// step tells that its owner gets on.
func (t *turn) step() {
	if t != nil {
		t.steps.Add(1)
	}
}

// look has the turn be over if its owner is stuck.
func (t *turn) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch steps := t.steps.Load(); {
	case t.over:
	case steps == t.seen:
		t.end()
	default:
		t.seen = steps
		t.timer.Reset(maxPause)
	}
}

func (t *turn) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		t.end()
	}
}

func (t *turn) end() {
	t.over = true
	t.timer.Stop()
	<-t.room
}

// What answers that are made while they are sent may take together, and about
// what each takes: clients that are slow to take them could else have all the
// memory and descriptors that there are.
const (
	maxReserved  = 256 << 20 // bytes
	entryCost    = 160       // of an entry that waits to be listed
	archiveCost  = 8 << 20   // the names of a folder, and folders that are open
	encodingCost = 8 << 20   // the tables of an encoder
)

// budget is the memory that answers have reserved.
type budget struct{ used atomic.Int64 }

// reserve sets cost aside until p is closed, or fails if there is too little.
func (s *Server) reserve(p *Response, cost int64) error {
	if s.budget.used.Add(cost) > maxReserved && s.budget.used.Load() != cost {
		s.budget.used.Add(-cost)
		return errBusy
	}
	release := p.release
	var released atomic.Bool
	p.release = func() {
		if released.CompareAndSwap(false, true) {
			s.budget.used.Add(-cost)
		}
		if release != nil {
			release()
		}
	}
	return nil
}
