//go:build amd64 || arm64

package lane

import (
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// task is what is to be done on a connection that may take its time.
type task struct {
	unsent  [2][]byte // to be written first
	due     []due     // of which observers are told then
	written int       // bytes of them that have been written before
	over    bool      // the connection is to be closed then
	data    []byte    // that has been read, and not been answered
	unknown int       // length of the head at its start that no answer is remembered for; 0 for none
	foreign bool      // what data begins with is for net/http
}

// perform does what is to be done, and goes on until the connection is idle.
func (c *conn) perform(t *task) {
	c.lane.tasks.Add(1)
	defer c.lane.tasks.Add(-1)
	for t != nil {
		if !c.finish(t) || t.over {
			c.close()
			return
		}
		t = c.next(t)
	}
}

// finish writes what the task has to be written.
func (c *conn) finish(t *task) bool {
	n, err := c.send(t.unsent[0], t.unsent[1], false)
	if len(t.due) > 0 {
		w := c.lane.worker()
		w.due = append(w.due[:0], t.due...)
		w.tell(c, t.written+n, err)
		w.free()
	}
	return err == nil
}

// next goes on with what has been read.
func (c *conn) next(t *task) *task {
	switch {
	case t.foreign:
		c.handOver(t.data)
		return nil
	case t.unknown > 0:
		return c.decide(t)
	}
	w := c.lane.worker()
	defer w.free()
	if len(t.data) > 0 {
		if next, open := w.answer(c, t.data); next != nil || !open {
			return next
		}
	}
	return c.read(w)
}

func (l *Lane) worker() *worker {
	w := workers.Get().(*worker)
	w.lane = l
	w.look()
	return w
}

// free makes the worker another's.
func (w *worker) free() {
	clear(w.due[:cap(w.due)])
	w.record, w.request, w.lane = fileserver.Record{}, http.Request{}, nil
	workers.Put(w)
}

// decide has the head that the task begins with decided, and answers it.
func (c *conn) decide(t *task) *task {
	head := t.data[:t.unknown]
	l := c.lane
	begun := time.Now()
	if !isPlain(head) {
		c.handOver(t.data)
		return nil
	}
	r, ok := parse(head, c.address())
	if !ok {
		c.handOver(t.data)
		return nil
	}
	generation := l.generation()
	var p fileserver.Response
	basis, ok := l.consider(r, &p)
	if !ok {
		c.handOver(t.data)
		return nil
	}
	defer p.Close()
	e := &entry{top: basis.Top, generation: generation}
	if e.rendered, ok = render(r, &p); !ok {
		c.handOver(t.data)
		return nil
	}
	if l.observed || l.told {
		e.record = l.files.Note(r, &p)
	}
	e.sends = r.Method == "GET" && p.Status == http.StatusOK
	rest := t.data[t.unknown:]
	if e.sends && p.Meta.Length > maxContent {
		return c.stream(e, &p, begun, rest)
	}
	if e.sends {
		content := &buffer{bytes: make([]byte, 0, p.Meta.Length)}
		if _, err := p.WriteContent(content); err != nil {
			c.handOver(t.data) // which will find the file as it is now
			return nil
		}
		e.content = content.bytes
	}
	l.keep(head, c.local, e, basis, begun)
	return c.reply(e, begun, rest)
}

// consider has r decided. If that panics, it is for net/http to find out, which
// tells of it.
func (l *Lane) consider(r *http.Request, p *fileserver.Response) (basis fileserver.Basis, ok bool) {
	defer func() {
		if recover() != nil {
			p.Close()
			ok = false
		}
	}()
	return l.files.Consider(r, p)
}

// keep remembers an answer if it can be told when it is out of date.
func (l *Lane) keep(head []byte, local int, e *entry, from fileserver.Basis, begun time.Time) {
	f, err := l.memory.folders.open(from.Top, from.Folder)
	if errors.Is(err, errManyFolders) {
		l.memory.clear()
		return
	}
	if err != nil {
		return
	}
	var ok bool
	if e.basis, ok = newBasis(f, from.Names, from.Entries, begun.Add(-l.settling)); ok {
		l.memory.remember(clone(head), local, e)
	}
}

// reply returns the task to write an answer.
func (c *conn) reply(e *entry, begun time.Time, rest []byte) *task {
	w := c.lane.worker()
	defer w.free()
	c.rest(w.tick)
	t := &task{data: rest, over: e.closes, unsent: [2][]byte{e.appendHead(nil, &w.date), e.content}}
	if c.lane.observed || c.lane.told {
		d := due{entry: e, begun: begun}
		if c.lane.told && e.sends {
			d.transfers = c.lane.files.Transfers(w.recordOf(c, e), int64(len(e.content)))
		}
		t.due = []due{d}
	}
	return t
}

// stream answers with the content of a large file.
func (c *conn) stream(e *entry, p *fileserver.Response, begun time.Time, rest []byte) *task {
	w := c.lane.worker()
	c.rest(w.tick)
	head := e.appendHead(nil, &w.date)
	var transfers []fileserver.Transfer
	if c.lane.told {
		transfers = c.lane.files.Transfers(w.recordOf(c, e), p.Meta.Length)
	}
	w.free()
	_, err := c.send(head, nil, true)
	out := &sender{conn: c, transfers: transfers}
	if err == nil {
		_, err = p.WriteContent(out)
	}
	for _, t := range transfers {
		t.End(err)
	}
	if c.lane.observed {
		w := c.lane.worker()
		record := w.recordOf(c, e)
		record.Time, record.Sent = begun, out.sent
		c.lane.files.Observe(record, err)
		w.free()
	}
	return &task{data: rest, over: e.closes || err != nil}
}

// buffer collects content.
type buffer struct{ bytes []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// send writes two pieces, and waits for the client to take them.
func (c *conn) send(first, second []byte, more bool) (total int, err error) {
	err = c.push(func() (int, error) {
		if len(first)+len(second) == 0 {
			return 0, nil
		}
		n, errno := write(c.fd, first, second, more)
		if errno != 0 {
			return 0, errno
		}
		total += n
		if n < len(first) {
			first = first[n:]
			return n, unix.EAGAIN
		}
		first, second = second[n-len(first):], nil
		if len(first) > 0 {
			return n, unix.EAGAIN
		}
		return n, nil
	})
	return total, err
}

// push calls write until it no longer returns EAGAIN, and waits in between until
// the client has taken something. One that takes nothing for as long as the
// patience lasts is cut.
func (c *conn) push(write func() (int, error)) error {
	_, err := write()
	if err != unix.EAGAIN && err != unix.EINTR {
		return err
	}
	wake := make(chan struct{}, 1)
	c.wake.Store(&wake)
	defer c.wake.Store(nil)
	progress := time.Now()
	timer := time.NewTimer(math.MaxInt64)
	defer timer.Stop()
	for {
		n, err := write()
		if err != unix.EAGAIN && err != unix.EINTR {
			return err
		}
		if n > 0 {
			progress = time.Now()
			continue
		}
		left, stalled := c.stalled(progress)
		if stalled {
			c.cut()
			return os.ErrDeadlineExceeded
		}
		timer.Reset(left)
		select {
		case <-wake:
		case <-timer.C:
		}
	}
}

// sender writes content to a connection.
type sender struct {
	*conn
	transfers []fileserver.Transfer
	sent      int64
}

func (s *sender) Write(b []byte) (int, error) {
	n, err := s.send(b, nil, false)
	s.moved(n)
	return n, err
}

func (s *sender) moved(n int) {
	s.sent += int64(n)
	for _, t := range s.transfers {
		t.Moved(s.sent)
	}
}

// maxSent is how much the system is asked to send at once.
const maxSent = 512 << 10

// ReadFrom has the system send what comes from a file.
func (s *sender) ReadFrom(src io.Reader) (total int64, err error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	f, ok := limited.R.(*os.File)
	if !ok {
		return io.Copy(struct{ io.Writer }{s}, src)
	}
	in := int(f.Fd())
	defer runtime.KeepAlive(f)
	for limited.N > 0 && err == nil {
		end := false
		err = s.push(func() (int, error) {
			n, err := unix.Sendfile(int(s.fd), in, nil, int(min(limited.N, maxSent)))
			if n <= 0 {
				end = err == nil
				return 0, err
			}
			total += int64(n)
			limited.N -= int64(n)
			s.moved(n)
			return n, nil
		})
		if end {
			break
		}
	}
	return total, err
}
