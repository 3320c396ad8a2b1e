//go:build amd64 || arm64

package lane

import (
	"net/http"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// task is a head that no answer is remembered for.
type task struct {
	data    []byte // that has been read, and not been answered
	unknown int    // length of the head at its start
	foreign bool   // what data begins with is for net/http
}

// decide has the task of the connection done, which is the caller's: the head is
// decided and answered, or the connection goes to net/http. It reports whether it
// is still the caller's.
func (c *conn) decide(w *worker) (open bool) {
	t := c.task
	c.task = nil
	begun := time.Now()
	if !t.foreign && isPlain(t.data[:t.unknown]) {
		if r, ok := parse(t.data[:t.unknown], c.address()); ok {
			if e, file, ok := c.lane.decide(r, t.data[:t.unknown], c.local, begun); ok {
				return w.begin(c, e, file, begun, t.data[t.unknown:])
			}
		}
	}
	c.handOver(t.data)
	return false
}

// decide decides r, and remembers the answer if it may. It returns false if net/http
// is to answer.
func (l *Lane) decide(r *http.Request, head []byte, local int, begun time.Time) (e *entry, file *sending, ok bool) {
	generation := l.generation()
	var p fileserver.Response
	basis, ok := l.consider(r, &p)
	if !ok {
		return nil, nil, false
	}
	defer p.Close()
	e = &entry{top: basis.Top, generation: generation, source: -1}
	if e.rendered, ok = render(r, &p); !ok {
		return nil, nil, false
	}
	if l.observed || l.told {
		e.record = l.files.Note(r, &p)
	}
	limit := int64(maxContent)
	if e.sends = r.Method == "GET" && p.Status != http.StatusNotModified; e.sends {
		e.length = p.Meta.Length
		if len(p.Ranges) == 1 {
			e.first, e.length, limit = p.Ranges[0].First, p.Ranges[0].Length(), maxPart
		}
	}
	switch {
	case !e.sends:
	case p.Content.Bytes != nil:
		e.content = p.Content.Bytes[e.first : e.first+e.length]
		if limit == maxPart {
			e.content = clone(e.content) // or else a few bytes of it would keep all
		}
	case e.length > limit:
		if file, ok = source(&p); !ok {
			return nil, nil, false
		}
		file.next, file.end = e.first, e.first+e.length
	default:
		content := &buffer{bytes: make([]byte, 0, e.length)}
		if _, err := p.WriteContent(content); err != nil {
			return nil, nil, false // net/http will find the file as it is now
		}
		e.content = content.bytes
	}
	if len(e.content) <= int(limit) {
		l.keep(head, local, e, file, basis, begun)
	}
	return e, file, true
}

// source returns the file that holds the content, open once more.
func source(p *fileserver.Response) (*sending, bool) {
	f, described, ok := p.Content.Origin()
	if !ok || described.Size() != p.Meta.Length {
		return nil, false
	}
	defer runtime.KeepAlive(f)
	file, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, false
	}
	var s unix.Stat_t
	if _, err := unix.Pread(file, make([]byte, 1), p.Meta.Length-1); err != nil || lookAtSelf(file, &s) != nil || s.Size != described.Size() || !described.ModTime().Equal(time.Unix(s.Mtim.Unix())) {
		unix.Close(file)
		return nil, false
	}
	return &sending{file: file, state: newState(&s)}, true
}

// begin writes an answer that was decided just now.
func (w *worker) begin(c *conn, e *entry, file *sending, begun time.Time, rest []byte) (open bool) {
	w.look()
	c.rest(w.tick)
	w.out, w.due = w.out[:0], w.due[:0]
	content := w.append(c, e)
	for i := range w.due {
		w.due[i].begun = begun
	}
	open = w.flush(c, content, file, rest, e.closes)
	if open && c.out == nil && len(rest) > 0 {
		return w.answer(c, rest, false)
	}
	return open
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
func (l *Lane) keep(head []byte, local int, e *entry, file *sending, from fileserver.Basis, begun time.Time) {
	f, err := l.memory.folders.open(from.Top, from.Folder)
	if err != nil {
		return // it is changing, or there are many already
	}
	var ok bool
	if e.basis, ok = newBasis(f, from, begun.Add(-l.settling)); !ok {
		return
	}
	if file != nil {
		if e.source = e.basis.find(&file.state); e.source < 0 {
			e.basis.folder.release()
			return
		}
	}
	l.memory.remember(clone(head), local, e)
	l.tidies.Do(func() { go l.tidy() })
}

// buffer collects content.
type buffer struct{ bytes []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}
