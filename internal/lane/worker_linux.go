//go:build amd64 || arm64

package lane

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

const (
	maxRead  = 2 * maxHead // at once
	maxWrite = 32 << 10    // of small answers, at once
)

// worker has what it takes to answer from memory. It is used for one connection at
// a time, and for none that waits.
type worker struct {
	lane *Lane
	in   []byte
	out  []byte
	due  []due
	stat unix.Stat_t

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

// look looks at the clock.
func (w *worker) look() {
	now := time.Now()
	w.tick = int64(now.Sub(w.lane.began))
	if second := now.Unix(); second != w.second {
		w.second, w.date = second, dateOf(now)
	}
}

// answer answers the heads that data begins with, as far as answers to them are
// remembered, and keeps the rest. It returns a task if there is more to be done,
// and whether the connection is open otherwise.
func (w *worker) answer(c *conn, data []byte) (t *task, open bool) {
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
		if e != nil && !e.isCurrent(l.files, l.generation(), &w.stat) {
			l.memory.forget(data[:n], c.local, e)
			e = nil
		}
		if e == nil {
			return &task{unsent: w.unsent(nil), due: w.owed(), data: clone(data), unknown: n, foreign: verdict == foreign}, false
		}
		data = data[n:]
		c.rest(w.tick)
		content := w.append(c, e)
		if content == nil && !e.closes && len(data) > 0 && len(w.out) < maxWrite/2 {
			continue
		}
		if t := w.flush(c, content, data, e.closes); t != nil {
			return t, false
		} else if e.closes {
			c.close()
			return nil, false
		}
	}
	if len(w.out) > 0 {
		if t := w.flush(c, nil, data, false); t != nil {
			return t, false
		}
	}
	c.keep(data, w.tick)
	return nil, true
}

// append adds an answer to those that are to be written. It returns its content if
// there is no room for that.
func (w *worker) append(c *conn, e *entry) []byte {
	if w.lane.observed || w.lane.told {
		w.due = append(w.due, due{entry: e, begun: time.Now()})
		if w.lane.told && e.sends {
			w.due[len(w.due)-1].transfers = w.lane.files.Transfers(w.recordOf(c, e), int64(len(e.content)))
		}
	}
	w.out = e.appendHead(w.out, &w.date)
	if len(w.out)+len(e.content) > maxWrite {
		return e.content
	}
	w.out = append(w.out, e.content...)
	return nil
}

// flush writes what was added. It returns a task if the client does not take all
// of it at once.
func (w *worker) flush(c *conn, content, data []byte, closes bool) *task {
	n, errno := write(c.fd, w.out, content, false)
	for errno == unix.EINTR {
		n, errno = write(c.fd, w.out, content, false)
	}
	switch {
	case errno == 0 && n == len(w.out)+len(content):
		w.tell(c, n, nil)
		w.out, w.due = w.out[:0], w.due[:0]
		return nil
	case errno == unix.EAGAIN:
		n = 0
	case errno != 0:
		w.tell(c, 0, errno)
		return &task{over: true}
	}
	t := &task{due: w.owed(), written: n, data: clone(data), over: closes}
	if n < len(w.out) {
		t.unsent = [2][]byte{clone(w.out[n:]), content}
	} else {
		t.unsent = [2][]byte{content[n-len(w.out):]}
	}
	return t
}

// unsent returns a copy of what was added and is not written.
func (w *worker) unsent(content []byte) [2][]byte { return [2][]byte{clone(w.out), content} }

func (w *worker) owed() []due { return append([]due(nil), w.due...) }

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// tell tells observers of answers, of which this many bytes have been written.
func (w *worker) tell(c *conn, written int, err error) {
	for i := range w.due {
		d := &w.due[i]
		written -= len(d.bytes)
		sent := int64(max(0, min(written, len(d.content))))
		written -= len(d.content)
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

// recordOf returns the record of an answer to a client, which is good until the
// next one.
func (w *worker) recordOf(c *conn, e *entry) *fileserver.Record {
	w.record, w.request = *e.record, *e.record.Request
	w.record.Client, w.request.RemoteAddr = c.address(), c.address()
	w.record.Request = &w.request
	return &w.record
}
