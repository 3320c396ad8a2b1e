// Package progress shows on a terminal who is fetching or sending what: one
// live line below the log while transfers run, and a line when one has ended.
//
// It decides what those lines say and when they are drawn, and keeps them apart
// from the log. Whether there is a terminal, its caller knows: without one
// there is no [Board], and nil is one that shows nothing. Names that clients
// chose are escaped, so that none can command the terminal.
package progress

import (
	"container/list"
	"io"
	"sync"
	"time"
)

const (
	// shownAfter is how long a transfer takes before it is worth a word. Most
	// are over by then, and would flicker.
	shownAfter = time.Second

	// interval is how often the live line is drawn: often enough to look alive,
	// and rarely enough to be read.
	interval = 250 * time.Millisecond
)

// Options say what a terminal is like.
type Options struct {
	// Width returns the columns of the terminal as it is now, 0 if they are
	// not known: then it has 80. Nil knows nothing.
	Width func() int
}

// Board is a terminal with a log, and the running transfers below it. Whatever
// else is to be shown on the terminal is written to the board. It is safe for
// concurrent use. A nil Board takes transfers, shows nothing, and cannot be
// written to.
type Board struct {
	width func() int

	out    sync.Mutex // held while the terminal is drawn; before mu
	screen screen

	mu      sync.Mutex // held briefly: a terminal that stands still keeps no transfer from starting
	running list.List  // of *Transfer, in the order of their start
	ticker  *time.Timer
	ticking bool
	closed  bool
}

// New returns a board on a terminal that knows the usual sequences of ANSI.
func New(w io.Writer, options Options) *Board {
	return &Board{width: options.Width, screen: screen{w: w}}
}

// Write adds to the log, above the live line. What does not end in a newline
// is shown at once, and the live line waits for the rest of it.
func (b *Board) Write(p []byte) (int, error) {
	b.out.Lock()
	defer b.out.Unlock()
	return b.screen.log(p)
}

// Begin tells of a transfer to a client, or from it. The file is a name for it
// that the user knows, and total how many bytes are to be moved, -1 if that is
// not known. The caller ends the transfer.
func (b *Board) Begin(client, file string, total int64, receiving bool) *Transfer {
	if b == nil {
		return nil
	}
	t := &Transfer{board: b, client: client, file: file, total: total, receiving: receiving}
	b.mu.Lock()
	defer b.mu.Unlock()
	t.started = time.Now()
	t.place = b.running.PushBack(t)
	if !b.ticking && !b.closed {
		b.ticking = true
		b.ticker = time.AfterFunc(interval, b.tick)
	}
	return t
}

// tick draws the live line, again and again as long as there are transfers.
func (b *Board) tick() {
	b.out.Lock()
	b.refresh("")
	b.out.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ticking = b.running.Len() > 0 && !b.closed; b.ticking {
		b.ticker.Reset(interval)
	}
}

// refresh adds a line about a transfer to the log, if there is one, and draws
// the live line as of now. It is called with out held.
func (b *Board) refresh(line string) {
	columns := b.columns()
	b.mu.Lock()
	closed := b.closed
	live := liveLine(b.summary(), columns)
	b.mu.Unlock()
	if !closed {
		b.screen.draw(line, live)
	}
}

// columns returns how many columns a line may have: a full one would make some
// terminals begin the next.
func (b *Board) columns() int {
	width := 0
	if b.width != nil {
		width = b.width()
	}
	if width <= 0 {
		width = 80
	}
	return width - 1
}

// summary returns how the transfers stand that are shown. It is called with mu
// held.
func (b *Board) summary() summary {
	var s summary
	now := time.Now()
	for e := b.running.Front(); e != nil; e = e.Next() {
		t := e.Value.(*Transfer)
		lasted := now.Sub(t.started)
		t.meter.observe(lasted, t.moved.Load())
		if lasted < shownAfter {
			continue
		}
		state := t.state(lasted)
		s.count++
		s.rate += state.rate
		if len(s.first) < maxNamed {
			s.first = append(s.first, state)
		}
	}
	return s
}

// Close takes the live line away for good. Transfers that still run are not
// shown any more; the log goes on.
func (b *Board) Close() {
	if b == nil {
		return
	}
	b.out.Lock()
	defer b.out.Unlock()
	b.mu.Lock()
	b.closed = true
	if b.ticker != nil {
		b.ticker.Stop()
	}
	b.mu.Unlock()
	b.screen.close()
}
