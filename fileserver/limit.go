package fileserver

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// errBusy is why an answer cannot be had at the moment.
var errBusy = errors.New("too much of this is asked for at the same time")

// maxWait is how long a request waits for its turn with what few may do at
// once.
const maxWait = 5 * time.Second

// turns has room for those that may do something at the same time.
type turns chan struct{}

// enter waits for room, until ctx ends or the wait is too long. Who has entered
// leaves.
func (t turns) enter(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return errBusy
	}
}

func (t turns) leave() { <-t }

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
