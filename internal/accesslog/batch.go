package accesslog

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// fullBatch is how much is written before its time: more would not make a
	// line cheaper.
	fullBatch = 32 << 10
	// maxBatch is what is kept while the log takes nothing. Requests do not wait
	// for it: what is more is dropped, and told.
	maxBatch = 1 << 20
	// standstill is how long lines that are to be written at once are waited for.
	// A log that takes longer is not waited for until it takes something.
	standstill = 250 * time.Millisecond
)

// batch gathers lines, and writes many of them by one Write. Nobody who adds one
// waits for that, unless they are to be written at once.
type batch struct {
	w     io.Writer
	after time.Duration // 0: at once

	mu      sync.Mutex
	lines   []byte // not written yet
	spare   []byte // for lines, while those before are written
	lost    int    // records that found no room
	due     bool   // somebody will write the lines
	writing bool
	stands  bool          // the log has been waited for in vain
	written chan struct{} // closed when lines are; nil: nobody waits for that
	closed  bool
	timer   *time.Timer
	idle    sync.Cond // nobody is writing
}

func newBatch(w io.Writer, after time.Duration) *batch {
	b := &batch{w: w, after: after}
	b.idle.L = &b.mu
	return b
}

// add takes the lines of one record.
func (b *batch) add(lines []byte) {
	if written := b.take(lines); written != nil {
		b.await(written)
	}
}

// take takes lines, and returns what is closed when they are written if that is to
// be waited for.
func (b *batch) take(lines []byte) (written <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil
	case len(b.lines)+len(lines) > maxBatch:
		b.lost++
		return nil
	}
	b.lines = append(b.lines, lines...)
	if b.after == 0 && !b.stands {
		if b.written == nil {
			b.written = make(chan struct{})
		}
		written = b.written
	}
	switch {
	case b.writing: // who writes looks for more
	case len(b.lines) >= fullBatch, b.after == 0:
		b.writing = true
		go b.write()
	case !b.due:
		b.due = true
		if b.timer == nil {
			b.timer = time.AfterFunc(b.after, b.flush)
		} else {
			b.timer.Reset(b.after)
		}
	}
	return written
}

// await waits for lines to be written, unless the log stands still.
func (b *batch) await(written <-chan struct{}) {
	patience := time.NewTimer(standstill)
	defer patience.Stop()
	select {
	case <-written:
		return
	case <-patience.C:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-written:
	default:
		b.stands = true
	}
}

// flush writes what there is, unless somebody does.
func (b *batch) flush() {
	b.mu.Lock()
	b.due = false
	if b.writing {
		b.mu.Unlock()
		return
	}
	b.writing = true
	b.mu.Unlock()
	b.write()
}

// write writes lines until there are no more. The caller has set b.writing.
func (b *batch) write() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.lines) > 0 || b.lost > 0 {
		lines, lost, written := b.lines, b.lost, b.written
		b.lines, b.lost, b.written = b.spare[:0], 0, nil
		b.mu.Unlock()
		if lost > 0 {
			lines = fmt.Appendf(lines, "gserve: the log was too slow: %d requests are not in it\n", lost)
		}
		b.w.Write(lines) // a log that cannot be written is no reason not to serve
		b.mu.Lock()
		if b.stands = false; written != nil {
			close(written)
		}
		if b.spare = lines; cap(lines) > 2*fullBatch {
			b.spare = nil
		}
	}
	b.writing = false
	b.idle.Broadcast()
}

// close writes what there is, but waits for that no longer than the patience.
func (b *batch) close(patience time.Duration) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	go b.flush()
	timeout := time.AfterFunc(patience, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines, b.lost, b.writing = nil, 0, false
		b.idle.Broadcast()
	})
	defer timeout.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.writing || len(b.lines) > 0 || b.lost > 0 {
		b.idle.Wait()
	}
}
