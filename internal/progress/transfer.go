package progress

import (
	"container/list"
	"sync/atomic"
	"time"
)

// Transfer is a file, or a part of one, on its way. Make one with
// [Board.Begin]. Its methods do nothing on nil.
type Transfer struct {
	board        *Board
	client, file string
	total        int64
	receiving    bool
	started      time.Time
	moved        atomic.Int64

	place *list.Element // nil once it has ended; guarded by the board's mu, as is the meter
	meter meter
}

// Moved tells how many bytes have been moved so far. It costs next to nothing.
func (t *Transfer) Moved(n int64) {
	if t != nil {
		t.moved.Store(n)
	}
}

// End tells that nothing more is moved. An error says that it broke off; nil,
// that all of it has been moved. Only the first call counts.
func (t *Transfer) End(err error) {
	if t == nil {
		return
	}
	b := t.board
	b.mu.Lock()
	if t.place == nil {
		b.mu.Unlock()
		return
	}
	b.running.Remove(t.place)
	t.place = nil
	lasted := time.Since(t.started)
	b.mu.Unlock()
	if lasted < shownAfter {
		return
	}
	if err == nil && t.total >= 0 {
		t.moved.Store(t.total)
	}
	b.out.Lock()
	defer b.out.Unlock()
	b.refresh(outcome(t.state(lasted), lasted, err == nil, b.columns()))
}

// state returns how a transfer stands.
func (t *Transfer) state(lasted time.Duration) state {
	return state{
		client: t.client, file: t.file, receiving: t.receiving,
		moved: t.moved.Load(), total: t.total,
		rate: t.meter.rate(lasted), stalled: t.meter.stalled(lasted),
	}
}
