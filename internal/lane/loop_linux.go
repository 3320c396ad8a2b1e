//go:build amd64 || arm64

package lane

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxEvents = 128 // that a loop takes at once
	maxLoops  = 64

	// stuckAfter is how long a loop may be at work until another one takes its
	// place, and how long one look at a file may take. It never takes this long but
	// where a file system does not answer, or everything is slow.
	stuckAfter = int64(time.Second)
)

// loops are the goroutines that answer what comes.
type loops struct {
	usual int // how many there are, unless some are stuck

	mu  sync.Mutex
	all []*loop
}

// loop is one of them.
type loop struct {
	since  atomic.Int64 // when it began to work, 0 while it waits for events
	worker *worker

	// What is known of it, guarded by loops.mu.
	isStuck  bool
	looks    uint64 // that it had begun
	lookedAt int64  // when that was seen first
}

// start starts another loop.
func (ls *loops) start(l *Lane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.add(l)
}

func (ls *loops) add(l *Lane) {
	o := &loop{worker: newWorker(l)}
	ls.all = append(ls.all, o)
	l.running.Go(func() { l.loop(o) })
}

// relieve starts another loop if all are stuck. Folders that they are stuck at are
// for those who may wait from now on. It reports whether one is newly stuck.
func (ls *loops) relieve(l *Lane, now int64) (found bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	stuck := 0
	for _, o := range ls.all {
		if since := o.since.Load(); since == 0 || now-since < stuckAfter {
			o.isStuck = false
			continue
		}
		stuck++
		if !o.isStuck {
			o.isStuck, found = true, true
		}
		o.judge(now)
	}
	if stuck == len(ls.all) && stuck < maxLoops {
		ls.add(l)
	}
	return found
}

// judge finds the folder slow in which one look takes too long.
func (o *loop) judge(now int64) {
	f, looks := o.worker.looking.Load(), o.worker.looks.Load()
	switch {
	case f == nil || looks != o.looks || o.lookedAt == 0:
		o.looks, o.lookedAt = looks, now
	case now-o.lookedAt >= stuckAfter:
		f.slow.Store(true)
	}
}

// leaves reports whether a loop is one too many. It is not one of them then.
func (ls *loops) leaves(o *loop) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(ls.all) <= ls.usual {
		return false
	}
	ls.all = slices.DeleteFunc(ls.all, func(other *loop) bool { return other == o })
	return true
}

// loop answers what comes, until the lane ends or o is one too many.
func (l *Lane) loop(o *loop) {
	w := o.worker
	events := make([]unix.EpollEvent, maxEvents)
	for {
		n := l.poll.wait(events, len(w.later) > 0)
		w.look()
		o.since.Store(w.tick)
		if ended := l.handle(w, events[:n]); ended {
			return
		}
		o.since.Store(0)
		if l.now()-w.tick > stuckAfter && l.loops.leaves(o) {
			for len(w.later) > 0 {
				w.turn() // rather than to leave them to nobody
			}
			return
		}
		if l.tasks.Load() > 0 {
			runtime.Gosched() // those who do them have their turn
		}
	}
}

// handle answers what came, and then has those go on who have had their turn.
func (l *Lane) handle(w *worker, events []unix.EpollEvent) (ended bool) {
	w.looked = looked{}
	for i := range events {
		e := &events[i]
		switch e.Pad {
		case wakeSerial:
			return true
		case listenerSerial:
			if li, ok := l.listeners.Load(int(e.Fd)); ok {
				li.(*listening).accept(w)
			}
		default:
			if c := l.conns.get(e.Fd, e.Pad); c != nil {
				if e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
					c.ended.Store(true)
				}
				c.ready(w, e.Events&unix.EPOLLIN != 0)
			}
		}
	}
	w.turn()
	return false
}

// turn has those go on who have had their turn.
func (w *worker) turn() {
	if len(w.later) == 0 {
		return
	}
	w.look() // what came before may have taken its time
	now := w.later
	w.later = nil
	for _, c := range now {
		c.serve(w, false)
	}
}
