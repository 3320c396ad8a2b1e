//go:build amd64 || arm64

package lane

import (
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

const (
	maxRead  = 2 * maxHead // at once
	maxWrite = 32 << 10    // of small answers, at once
)

// worker has what it takes to answer from memory. It is used for one connection at
// a time, and for none that waits for its client.
type worker struct {
	lane    *Lane
	patient bool // it may wait for the disk
	in      []byte
	out     []byte
	due     []due
	now     outgoing
	stat    unix.Stat_t
	later   []*conn // that have had their turn, and are still busy
	looked  looked
	looking atomic.Pointer[folder] // in which the disk is looked at
	looks   atomic.Uint64          // how often it has been

	tick   int64 // the time, as lane.now has it
	second int64
	date   [dateSize]byte

	record  fileserver.Record
	request http.Request
}

// due is an answer of which observers are to be told when it has been written.
type due struct {
	*entry
	begun     time.Time
	transfers []fileserver.Transfer
}

func newWorker(l *Lane) *worker {
	return &worker{lane: l, in: make([]byte, maxRead), out: make([]byte, 0, maxWrite)}
}

var workers = sync.Pool{New: func() any { return newWorker(nil) }}

// looked are answers that have been found to be current since the last events were
// taken. A request for one of them that had begun to come by then need not have the
// disk looked at again: that was done after it was sent.
type looked struct {
	entries [16]*entry
	next    int
}

func (l *looked) has(e *entry) bool { return slices.Contains(l.entries[:], e) }

func (l *looked) add(e *entry) {
	l.entries[l.next%len(l.entries)] = e
	l.next++
}

// worker returns a worker that may wait for the disk.
func (l *Lane) worker() *worker {
	w := workers.Get().(*worker)
	w.lane, w.patient = l, true
	w.look()
	return w
}

// free makes the worker another's.
func (w *worker) free() {
	clear(w.due[:cap(w.due)])
	w.looked = looked{}
	w.record, w.request, w.now, w.lane = fileserver.Record{}, http.Request{}, outgoing{}, nil
	workers.Put(w)
}

// look looks at the clock.
func (w *worker) look() {
	now := time.Now()
	w.tick = int64(now.Sub(w.lane.began))
	if second := now.Unix(); second != w.second {
		w.second, w.date = second, dateOf(now)
	}
}

// answer answers the heads that data begins with, as far as answers to them are
// remembered, notes what is to be done about the next, and keeps the rest. Early
// says that the first had begun to come before the last events were taken. It
// reports whether the connection is still the caller's.
func (w *worker) answer(c *conn, data []byte, early bool) (open bool) {
	l := w.lane
	w.out, w.due = w.out[:0], w.due[:0]
	for len(data) > 0 {
		n, verdict := cut(data)
		if verdict == partial {
			break
		}
		var e *entry
		if verdict == whole {
			e = l.memory.recall(data[:n], c.local)
		}
		var file *sending
		if e != nil && !(early && w.looked.has(e)) {
			var current bool
			w.looks.Add(1)
			w.looking.Store(e.basis.folder)
			file, current = e.open(l.files, l.generation(), &w.stat)
			if w.looking.Store(nil); !current {
				l.memory.forget(data[:n], c.local, e)
				e = nil
			} else if file == nil {
				w.looked.add(e)
			}
		}
		early = false
		if e == nil {
			if len(w.out) > 0 {
				if open := w.flush(c, nil, nil, data, false); !open || c.out != nil {
					return open
				}
			}
			c.task = &task{data: clone(data), unknown: n, foreign: verdict == foreign}
			return true
		}
		data = data[n:]
		c.rest(w.tick)
		content := w.append(c, e)
		if content == nil && file == nil && !e.closes && len(data) > 0 && len(w.out) < maxWrite/2 {
			continue
		}
		if open := w.flush(c, content, file, data, e.closes); !open || c.out != nil {
			return open
		}
	}
	if len(w.out) > 0 {
		if open := w.flush(c, nil, nil, data, false); !open || c.out != nil {
			return open
		}
	}
	c.keep(data, w.tick)
	return true
}

// append adds an answer to those that are to be written. It returns its content if
// there is no room for that.
func (w *worker) append(c *conn, e *entry) []byte {
	if w.lane.observed || w.lane.told {
		w.due = append(w.due, due{entry: e, begun: time.Now()})
		if w.lane.told && e.sends {
			w.due[len(w.due)-1].transfers = w.lane.files.Transfers(w.recordOf(c, e), e.length)
		}
	}
	w.out = e.appendHead(w.out, &w.date)
	if len(w.out)+len(e.content) > maxWrite {
		return e.content
	}
	w.out = append(w.out, e.content...)
	return nil
}

// flush writes what was added, and then the content. It reports whether the
// connection is still the caller's, and leaves there what is still to be written.
func (w *worker) flush(c *conn, content []byte, file *sending, rest []byte, closes bool) (open bool) {
	w.now = outgoing{bytes: [2][]byte{w.out, content}, file: file, due: w.due, closes: closes, rest: rest}
	open = w.push(c, &w.now)
	w.out, w.due = w.out[:0], w.due[:0]
	return open
}

// resume goes on with what is on its way. It reports whether the connection is
// still the caller's.
func (w *worker) resume(c *conn) (open bool) {
	o := c.out
	if !w.push(c, o) {
		return false
	}
	if c.out == nil && len(o.rest) > 0 {
		return w.answer(c, o.rest, false)
	}
	return true
}

// push writes o, and does what follows from how far it got. It reports whether the
// connection is still the caller's; what is left to be written is c.out then.
func (w *worker) push(c *conn, o *outgoing) (open bool) {
	before := o.sent
	result, err := o.push(c.fd, w.out[:cap(w.out)], w.patient)
	switch result {
	case done:
		c.out = nil
		if c.phase.Load() == writing {
			c.rest(w.lane.now())
		}
		w.tell(c, o, nil)
		if o.closes {
			c.close()
		}
		return !o.closes
	case failed:
		c.out = o
		c.fail(err)
		return false
	}
	if o == c.out {
		o.bytes[0] = clone(o.bytes[0]) // which may be the worker's
	} else {
		c.out = o.park()
	}
	if o.sent > before || c.phase.Load() != writing {
		c.phase.Store(writing)
		c.since.Store(w.lane.now())
	}
	w.move(c.out)
	switch {
	case result == waits:
		return !c.release()
	case w.patient: // what yields, and nothing blocks
		runtime.Gosched()
		return true
	case result == yields:
		w.later = append(w.later, c)
	default:
		go c.perform()
	}
	return false
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// tell tells observers of answers, of which o.sent bytes have been written.
func (w *worker) tell(c *conn, o *outgoing, err error) {
	left := o.sent
	for i := range o.due {
		d := &o.due[i]
		left -= int64(len(d.bytes))
		sent := max(0, min(left, d.length))
		left -= d.length
		for _, t := range d.transfers {
			t.Moved(sent)
			t.End(err)
		}
		if !w.lane.observed {
			continue
		}
		record := w.recordOf(c, d.entry)
		record.Time, record.Sent = d.begun, sent
		w.lane.files.Observe(record, err)
	}
}

// move tells how far the last answer has got.
func (w *worker) move(o *outgoing) {
	if !w.lane.told || len(o.due) == 0 {
		return
	}
	left := o.sent
	for _, d := range o.due {
		left -= int64(len(d.bytes))
		if d.length > 0 && left > 0 && left < d.length {
			for _, t := range d.transfers {
				t.Moved(left)
			}
		}
		left -= d.length
	}
}

// recordOf returns the record of an answer to a client, which is good until the
// next one.
func (w *worker) recordOf(c *conn, e *entry) *fileserver.Record {
	w.record, w.request = *e.record, *e.record.Request
	w.record.Client, w.request.RemoteAddr = c.address(), c.address()
	w.record.Request = &w.request
	return &w.record
}
