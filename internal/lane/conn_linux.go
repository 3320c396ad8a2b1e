//go:build amd64 || arm64

package lane

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

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
	writing              // the client, to take what is on its way
)

// maxRounds is how often a connection is read from, or written to, until others
// have their turn.
const maxRounds = 4

// conn is a connection of the lane. While it is idle, it has no buffer but what it
// has read of a head.
type conn struct {
	lane   *Lane
	pass   func(net.Conn, []byte)
	fd     int32
	serial int32
	local  int // index of memory.entries
	client netip.AddrPort
	name   string    // of client, once it is known
	last   *worker   // that has served it
	polled bool      // events tell of it
	unread []byte    // that has been read, and is not a whole head yet
	task   *task     // to be done next; nil for none
	out    *outgoing // to be written before; nil for none

	state atomic.Int32
	phase atomic.Int32
	since atomic.Int64 // when the phase began, or the client took something last

	ended atomic.Bool // the client sends no more, or has gone

	mu sync.Mutex // of the descriptor, against its being closed
}

// ready is called when there is something new on the connection: something to be
// read, or room for more.
func (c *conn) ready(w *worker, readable bool) {
	for {
		switch state := c.state.Load(); {
		case state == idle && c.state.CompareAndSwap(idle, busy):
			// If others have served it meanwhile, what was there may be gone.
			early := readable && c.last == w
			c.last = w
			c.serve(w, early)
			return
		case state == busy && c.state.CompareAndSwap(busy, again), state == again, state == gone:
			return
		}
	}
}

// release makes the connection nobody's, unless there is something new.
func (c *conn) release() bool {
	if !c.polled {
		if c.lane.poll.add(int(c.fd), c.serial, connEvents) != nil {
			c.close()
			return true
		}
		c.polled = true
	}
	pending := c.out != nil
	if !c.state.CompareAndSwap(busy, idle) {
		c.state.Store(busy)
		return false
	}
	if !pending && c.lane.draining.Load() && c.state.CompareAndSwap(idle, busy) {
		c.close()
	}
	return true
}

// serve writes, decides, reads and answers on the connection, which is the
// caller's, until it is given up. Early says that what is to be read had begun to
// come before the last events were taken.
func (c *conn) serve(w *worker, early bool) {
	open := true
	for round := 0; open; round++ {
		if round == maxRounds && !w.patient {
			w.later = append(w.later, c)
			return
		}
		if round > 0 {
			early = false
		}
		switch {
		case c.out != nil:
			open = w.resume(c)
		case c.task == nil:
			open = c.read(w, early)
		case w.patient:
			open = c.decide(w)
		default:
			go c.perform()
			return
		}
	}
}

// perform serves the connection where that may take its time.
func (c *conn) perform() {
	c.lane.tasks.Add(1)
	defer c.lane.tasks.Add(-1)
	w := c.lane.worker()
	defer w.free()
	c.last = w
	c.serve(w, false)
}

// read reads and answers. It reports whether the connection is still the caller's.
func (c *conn) read(w *worker, early bool) (open bool) {
	if w.patient {
		w.look()
	}
	n := copy(w.in, c.unread)
	m, err := read(c.fd, w.in[n:])
	switch {
	case err == unix.EINTR:
		return true
	case err == unix.EAGAIN:
		return !c.release()
	case err != 0 || m == 0:
		c.close()
		return false
	}
	c.unread = nil
	if !w.answer(c, w.in[:n+m], early) {
		return false
	}
	// What was there has been read, if it was less than there was room for.
	return n+m == len(w.in) || c.out != nil || c.task != nil || c.ended.Load() || !c.release()
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

// isIdle reports whether no request is under way on the connection.
func (c *conn) isIdle() bool {
	phase := c.phase.Load()
	return phase == waiting || phase != writing && c.lane.draining.Load()
}

// endIf ends the connection if it is nobody's and this holds of it, and reports
// whether it did.
func (c *conn) endIf(holds func() bool) bool {
	if !holds() || !c.state.CompareAndSwap(idle, busy) {
		return false
	}
	if holds() {
		c.expire()
		return true
	}
	if !c.release() {
		go c.perform()
	}
	return false
}

// id returns a number that no other connection has at the same time.
func (c *conn) id() uint64 { return uint64(c.fd)<<32 | uint64(c.serial) }

// isOverdue reports whether the connection has waited for too long.
func (c *conn) isOverdue(now int64) bool {
	limit := int64(c.lane.head)
	switch c.phase.Load() {
	case waiting:
		limit = int64(c.lane.idle)
	case writing:
		limit = c.lane.patience.Load()
	}
	return now-c.since.Load() > limit
}

// expire ends the connection, which is the caller's and whose time is up.
func (c *conn) expire() {
	if c.out == nil {
		c.close()
		return
	}
	c.reset()
	c.fail(os.ErrDeadlineExceeded)
}

// remind has the system tell once more what there is: a loop that is stuck may have
// been told of it.
func (c *conn) remind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() == idle {
		event := unix.EpollEvent{Events: connEvents, Fd: c.fd, Pad: c.serial}
		unix.EpollCtl(c.lane.poll.file, unix.EPOLL_CTL_MOD, int(c.fd), &event)
	}
}

// fail ends the connection, which is the caller's, in the midst of what is on its
// way.
func (c *conn) fail(err error) {
	if o := c.out; o != nil {
		w := c.lane.worker()
		w.tell(c, o, err)
		w.free()
		o.drop()
		c.out = nil
	}
	c.close()
}

// close ends the connection, which is the caller's.
func (c *conn) close() {
	c.leave()
	c.mu.Lock()
	unix.RawSyscall(unix.SYS_CLOSE, uintptr(c.fd), 0, 0) // of a socket, it does not wait
	c.mu.Unlock()
	c.lane.leave(c.client.Addr())
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

// cut ends the connection in the midst of an answer, whosoever it is.
func (c *conn) cut() {
	c.mu.Lock()
	if c.state.Load() != gone {
		c.reset()
	}
	c.mu.Unlock()
	if c.state.CompareAndSwap(idle, busy) {
		c.fail(net.ErrClosed)
	}
}

// reset tells the client that no more will come, and that this is not the end.
func (c *conn) reset() {
	unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Shutdown(int(c.fd), unix.SHUT_RDWR)
}

// handOver gives the connection to net/http, with what has been read.
func (c *conn) handOver(data []byte) {
	c.leave()
	if c.polled {
		c.lane.poll.remove(int(c.fd))
	}
	f := os.NewFile(uintptr(c.fd), "")
	nc, err := net.FileConn(f)
	f.Close()
	if err == nil {
		c.pass(nc, data)
	} else {
		c.lane.leave(c.client.Addr())
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
