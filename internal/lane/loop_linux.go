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
	// place. It never takes this long but where a file system does not answer.
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
// for those who may wait from now on.
func (ls *loops) relieve(l *Lane, now int64) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	stuck := 0
	for _, o := range ls.all {
		if since := o.since.Load(); since == 0 || now-since < stuckAfter {
			continue
		}
		stuck++
		if f := o.worker.looking.Load(); f != nil {
			f.slow.Store(true)
		}
	}
	if stuck == len(ls.all) && stuck < maxLoops {
		ls.add(l)
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
				c.ready(w, e.Events&unix.EPOLLIN != 0)
			}
		}
	}
	w.turn()
	return false
}

// turn has those go on who have had their turn.
func (w *worker) turn() {
	now := w.later
	w.later = nil
	for _, c := range now {
		c.serve(w, false)
	}
}
