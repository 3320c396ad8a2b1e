//go:build amd64 || arm64

package lane

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Whose a connection is. Events tell of something new once, so one that comes
// while the connection is somebody's is noted for them.
const (
	idle  int32 = iota // nobody's: it waits for its client
	busy               // a loop's or a goroutine's
	again              // busy, and there is something new
	gone               // closed, or handed over
)

// What a connection waits for while it is idle.
const (
	fresh   int32 = iota // the first request
	headed               // the rest of a head
	waiting              // the next request
)

// conn is a connection of the lane. While it is idle, it has no buffer but what it
// has read of a head.
type conn struct {
	lane   *Lane
	pass   func(net.Conn, []byte)
	fd     int32
	serial int32
	local  int // index of memory.entries
	client netip.AddrPort
	name   string // of client, once it is known
	unread []byte // that has been read, and is not a whole head yet

	state atomic.Int32
	phase atomic.Int32
	since atomic.Int64 // when the phase began

	wake atomic.Pointer[chan struct{}] // of a goroutine that writes
	mu   sync.Mutex                    // of the descriptor, against its being closed
}

// ready is called when there is something new on the connection.
func (c *conn) ready(w *worker) {
	for {
		switch state := c.state.Load(); {
		case state == idle && c.state.CompareAndSwap(idle, busy):
			c.serve(w)
			return
		case state == busy && c.state.CompareAndSwap(busy, again), state == again:
			c.notify()
			return
		case state == gone:
			return
		}
	}
}

// notify has a goroutine that waits to write look again.
func (c *conn) notify() {
	if wake := c.wake.Load(); wake != nil {
		select {
		case *wake <- struct{}{}:
		default:
		}
	}
}

// release makes the connection nobody's, unless there is something new.
func (c *conn) release() bool {
	if c.state.CompareAndSwap(busy, idle) {
		if c.lane.draining.Load() && c.state.CompareAndSwap(idle, busy) {
			c.close()
		}
		return true
	}
	c.state.Store(busy)
	return false
}

// serve reads from the connection, which is the caller's, and answers until there
// is no more, or what is to be done may take its time.
func (c *conn) serve(w *worker) {
	if t := c.read(w); t != nil {
		go c.perform(t)
	}
}

// read reads and answers. It returns a task if there is one, and else has given
// the connection up.
func (c *conn) read(w *worker) *task {
	for {
		n := copy(w.in, c.unread)
		m, err := read(c.fd, w.in[n:])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			if c.release() {
				return nil
			}
			continue
		case err != 0 || m == 0:
			c.close()
			return nil
		}
		c.unread = nil
		t, open := w.answer(c, w.in[:n+m])
		if t != nil || !open {
			return t
		}
		// What was there has been read, if it was less than there was room for.
		if n+m < len(w.in) && c.release() {
			return nil
		}
	}
}

// keep notes what has been read of the next head.
func (c *conn) keep(data []byte, now int64) {
	if len(data) == 0 {
		c.rest(now)
		return
	}
	if c.phase.Load() == waiting {
		c.phase.Store(headed)
		c.since.Store(now)
	}
	c.unread = append([]byte(nil), data...)
}

// rest notes that a request has been answered.
func (c *conn) rest(now int64) {
	c.phase.Store(waiting)
	c.since.Store(now)
}

// isOverdue reports whether the connection has waited for too long.
func (c *conn) isOverdue(now int64) bool {
	limit := c.lane.head
	if c.phase.Load() == waiting {
		limit = c.lane.idle
	}
	return now-c.since.Load() > int64(limit)
}

// close ends the connection, which is the caller's.
func (c *conn) close() {
	c.leave()
	c.mu.Lock()
	unix.RawSyscall(unix.SYS_CLOSE, uintptr(c.fd), 0, 0) // of a socket, it does not wait
	c.mu.Unlock()
	c.left()
}

// leave takes the connection out of the table.
func (c *conn) leave() {
	c.lane.conns.set(c.fd, nil)
	c.mu.Lock()
	c.state.Store(gone)
	c.mu.Unlock()
}

func (c *conn) left() {
	c.lane.open.Add(-1)
	if c.lane.draining.Load() {
		c.lane.left()
	}
}

// cut ends the connection in the midst of an answer, whosoever it is: the client
// is told by a reset.
func (c *conn) cut() {
	c.mu.Lock()
	if c.state.Load() != gone {
		unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		unix.Shutdown(int(c.fd), unix.SHUT_RDWR)
	}
	c.mu.Unlock()
	c.notify()
	if c.state.CompareAndSwap(idle, busy) {
		c.close()
	}
}

// handOver gives the connection to net/http, with what has been read.
func (c *conn) handOver(data []byte) {
	c.leave()
	c.lane.poll.remove(int(c.fd))
	f := os.NewFile(uintptr(c.fd), "")
	nc, err := net.FileConn(f)
	f.Close()
	if err == nil {
		c.pass(nc, data)
	}
	c.left()
}

// address returns the address of the client as text.
func (c *conn) address() string {
	if c.name == "" {
		c.name = c.client.String()
	}
	return c.name
}

// stalled reports whether the client has taken nothing for too long, and else how
// long it still may.
func (c *conn) stalled(progress time.Time) (left time.Duration, stalled bool) {
	left = time.Duration(c.lane.patience.Load()) - time.Since(progress)
	return left, left <= 0
}
