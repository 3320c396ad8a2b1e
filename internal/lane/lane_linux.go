//go:build amd64 || arm64

package lane

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Options are what the answers of the files depend on besides requests and files.
type Options struct {
	// Generation changes when answers may, though no file does that they are made
	// of: when rules are read anew. It is called for every request. Nil: never.
	Generation func() uint64
}

// Lane answers requests on TCP connections as long as it can. Make one with [New].
type Lane struct {
	files      *fileserver.Server
	generation func() uint64
	observed   bool
	told       bool // of transfers
	settling   time.Duration
	unused     time.Duration
	memory     *memory
	head, idle time.Duration // that clients may take for a head, and for the next request
	full, left func()
	admit      func(netip.Addr) (ok, later bool)
	leave      func(netip.Addr)

	began     time.Time
	patience  atomic.Int64 // with a client that takes nothing
	draining  atomic.Bool
	poll      poll
	listeners sync.Map // by their descriptors
	loops     loops
	conns     table
	open      atomic.Int64 // connections
	tasks     atomic.Int64 // that are being done
	starts    sync.Once
	tidies    sync.Once
	running   sync.WaitGroup // loops and the sweeper
	stopped   chan struct{}  // closed when no new connections are to come
	stop      func()
	ended     chan struct{} // closed by Close
}

// New returns a lane for the files of s, nil if it could remember none of its
// answers. Besides files and the options, gates, filters, routers and
// transformations of s must depend on nothing but the heads of requests and
// whether their clients are on this machine. A gate is asked about a head once.
func New(s *fileserver.Server, options Options) *Lane {
	if !s.Remembers() {
		return nil
	}
	l := &Lane{
		files:      s,
		generation: options.Generation,
		observed:   s.IsObserved(),
		told:       s.AreTransfersTold(),
		settling:   settling,
		unused:     unusedAfter,
		full:       func() {},
		left:       func() {},
		admit:      func(netip.Addr) (ok, later bool) { return true, false },
		leave:      func(netip.Addr) {},
		memory:     newMemory(),
		began:      time.Now(),
		stopped:    make(chan struct{}),
		ended:      make(chan struct{}),
	}
	if l.generation == nil {
		l.generation = func() uint64 { return 0 }
	}
	l.stop = sync.OnceFunc(func() { close(l.stopped) })
	return l
}

// Bound sets how long clients may take for the head of a request, for the next
// request, and to take any of the content. It is called before [Lane.Serve].
func (l *Lane) Bound(head, idle, stall time.Duration) {
	l.head, l.idle = head, idle
	l.patience.Store(int64(stall))
}

// Notify has full be called when descriptors have run out, to close what is idle,
// and left when a connection has ended since [Lane.Hurry]. It is called before
// [Lane.Serve].
func (l *Lane) Notify(full, left func()) { l.full, l.left = full, left }

// Admit has admit be asked whether a client may come in, or later, for each new
// connection, and leave be told when one that might has ended. One that is passed
// on has not. It is called before [Lane.Serve].
func (l *Lane) Admit(admit func(client netip.Addr) (ok, later bool), leave func(client netip.Addr)) {
	l.admit, l.leave = admit, leave
}

// Serve takes connections from a listener, which it closes, until the lane is
// stopped or the listener fails. It returns the error of the latter. Connections
// that are not for the lane go to pass, with what has been read from them.
func (l *Lane) Serve(tcp *net.TCPListener, pass func(nc net.Conn, read []byte)) error {
	var err error
	l.starts.Do(func() { err = l.start() })
	if err != nil {
		return err
	}
	li, err := l.listen(tcp, pass)
	if err != nil {
		return err
	}
	defer li.close()
	select {
	case <-l.stopped:
		return nil
	case err := <-li.failed:
		return err
	}
}

// Hurry stops the lane: it takes no new connections, closes those without a
// request, and the others when they have their answers. From now on it has this
// patience with those who do not take them.
func (l *Lane) Hurry(patience time.Duration) {
	l.patience.Store(int64(patience))
	l.draining.Store(true)
	l.stop()
	l.CloseIdle()
}

// CloseIdle closes the connections on which no request is under way.
func (l *Lane) CloseIdle() {
	for c := range l.conns.all {
		c.endIf(c.isIdle)
	}
}

// Waiting yields the connections on which no request is under way, except for new
// ones, which have as much grace: a number for [Lane.End], the client, and since
// when it is waited for.
func (l *Lane) Waiting(grace time.Duration, yield func(id uint64, client netip.Addr, since time.Time) bool) {
	now := l.now()
	for c := range l.conns.all {
		since, phase := c.since.Load(), c.phase.Load()
		if phase == writing || phase == fresh && now-since <= int64(grace) {
			continue
		}
		if c.state.Load() == idle && !yield(c.id(), c.client.Addr(), l.began.Add(time.Duration(since))) {
			return
		}
	}
}

// End closes the connection with this number if no request is under way on it, and
// reports whether it did.
func (l *Lane) End(id uint64) bool {
	c := l.conns.get(int32(id>>32), int32(id))
	return c != nil && c.endIf(func() bool { return c.phase.Load() != writing })
}

// Len returns how many connections the lane has.
func (l *Lane) Len() int { return int(l.open.Load()) }

// Cut ends all connections at once.
func (l *Lane) Cut() {
	l.draining.Store(true)
	for c := range l.conns.all {
		c.cut()
	}
}

// Close ends the lane, whose connections have ended.
func (l *Lane) Close() {
	l.stop()
	l.starts.Do(func() {}) // nothing is to be started any more
	close(l.ended)
	l.poll.wake()
	stopped := make(chan struct{})
	go func() {
		l.running.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(lastWait): // a disk may hold up a loop for ever
		return
	}
	l.memory.clear()
	if l.Len() == 0 { // or else somebody may still use it
		l.poll.close()
	}
}

// lastWait is how long the end waits for loops.
const lastWait = time.Second

// sweep ends the connections whose time is up, and looks after the loops.
func (l *Lane) sweep() {
	every := max(min(l.head, l.idle)/20, 10*time.Millisecond)
	ticker := time.NewTicker(min(every, time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-ticker.C:
		}
		now := l.now()
		if l.loops.relieve(l, now) {
			for c := range l.conns.all {
				c.remind()
			}
		}
		for c := range l.conns.all {
			c.endIf(func() bool { return c.isOverdue(now) })
		}
	}
}

// tidy forgets what nobody asks for any more.
func (l *Lane) tidy() {
	ticker := time.NewTicker(l.unused)
	defer ticker.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-ticker.C:
			l.memory.forgetUnused()
		}
	}
}

// now returns a time that only goes forward.
func (l *Lane) now() int64 { return int64(time.Since(l.began)) }
