//go:build amd64 || arm64

package lane

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poll waits for events on all descriptors at once.
type poll struct {
	file  int // of epoll
	event int // that wakes the loops
}

// Events carry a descriptor and a serial number: positive for connections, which
// use descriptors one after another.
const (
	wakeSerial     = -1
	listenerSerial = -2
)

// connEvents are those of connections: each is told of once.
const connEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff

func (p *poll) open() (err error) {
	if p.file, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if p.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(p.file)
		p.file = 0
		return err
	}
	return p.add(p.event, wakeSerial, unix.EPOLLIN)
}

func (p *poll) add(fd int, serial int32, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: serial}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.file), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func (p *poll) remove(fd int) { unix.EpollCtl(p.file, unix.EPOLL_CTL_DEL, fd, nil) }

// wake has every loop look whether it is to go on. The event stays.
func (p *poll) wake() {
	if p.file != 0 {
		unix.Write(p.event, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (p *poll) close() {
	if p.file != 0 {
		unix.Close(p.event)
		unix.Close(p.file)
	}
}

// shortly is for how long a loop waits in milliseconds without telling the
// scheduler of it. Whenever the lane is busy, the next event comes sooner; the
// scheduler would meanwhile give what the loop runs on to others, and take it back.
// To stop the world, as for garbage collection, the runtime interrupts the wait.
const shortly = 5

// wait waits for events, or only looks for them.
func (p *poll) wait(events []unix.EpollEvent, look bool) int {
	patience := uintptr(shortly)
	if look {
		patience = 0
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.file), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), patience, 0, 0)
	if errno != 0 {
		return 0 // EINTR
	}
	if n > 0 || look {
		return int(n)
	}
	waited, err := unix.EpollWait(p.file, events, -1)
	if err != nil {
		return 0
	}
	return waited
}

// start begins to wait for events.
func (l *Lane) start() error {
	if err := l.poll.open(); err != nil {
		return os.NewSyscallError("epoll", err)
	}
	// One loop for each processor that we have, and something to run all else on
	// while they wait.
	loops := min(runtime.GOMAXPROCS(0), maxLoops/2)
	if runtime.GOMAXPROCS(0) == loops {
		runtime.GOMAXPROCS(loops + 1)
	}
	l.loops.mu.Lock()
	l.loops.usual = loops
	l.loops.mu.Unlock()
	for range loops {
		l.loops.start(l)
	}
	l.running.Go(l.sweep)
	return nil
}

// listening is a listener of the lane.
type listening struct {
	lane   *Lane
	file   int
	pass   func(net.Conn, []byte)
	failed chan error

	mu     sync.Mutex
	closed bool
	paused int // who waits before others are taken
}

// listen takes a listener over. A copy of it is used that package net does not
// know of, which would be woken by each connection.
func (l *Lane) listen(tcp *net.TCPListener, pass func(net.Conn, []byte)) (*listening, error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	li := &listening{lane: l, pass: pass, failed: make(chan error, 1)}
	failed := raw.Control(func(fd uintptr) { li.file, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3) })
	if err = errors.Join(failed, err); err != nil {
		return nil, err
	}
	tcp.Close()
	// Connections take these over from their listener. Package net sets them, too,
	// for each of its own.
	for _, o := range [...]struct{ level, name, value int }{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9},
		{unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent},
	} {
		_ = unix.SetsockoptInt(li.file, o.level, o.name, o.value)
	}
	l.listeners.Store(li.file, li)
	if err := l.poll.add(li.file, listenerSerial, unix.EPOLLIN); err != nil {
		li.close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return li, nil
}

// maxUnsent is how many bytes the system takes from us ahead of those that are on
// their way, so that a client that is slow is seen to move.
const maxUnsent = 128 << 10

func (li *listening) close() {
	li.mu.Lock()
	defer li.mu.Unlock()
	li.closed = true
	li.lane.poll.remove(li.file)
	li.lane.listeners.Delete(li.file)
	unix.Close(li.file)
}

// maxAccepted is how many connections are taken at once, so that those that are
// there have their turn.
const maxAccepted = 64

// accept takes new connections.
func (li *listening) accept(w *worker) {
	for range maxAccepted {
		if li.isPaused() {
			return
		}
		fd, client, errno := accept(li.file)
		switch errno {
		case 0:
			if !li.admit(fd, client, w) {
				return
			}
		case unix.EAGAIN:
			return
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			li.pause()
			return
		case unix.EBADF, unix.EINVAL, unix.ENOTSOCK, unix.EOPNOTSUPP:
			select {
			case li.failed <- os.NewSyscallError("accept", errno):
			default:
			}
			li.lane.poll.remove(li.file)
			return
		}
		// All else is the fault of one connection.
	}
}

// admit makes a new connection one of the lane, or refuses it. It returns false if
// there is no place for it now: then it is kept, and no others are taken until there
// is one.
func (li *listening) admit(fd int, client netip.AddrPort, w *worker) (more bool) {
	switch ok, later := li.lane.admit(client.Addr()); {
	case ok:
		li.add(fd, client, w)
	case later:
		li.suspend()
		go li.await(fd, client)
		return false
	default:
		refuse(fd)
	}
	return true
}

// askAgain is how often it is asked whether there is a place.
const askAgain = 20 * time.Millisecond

// await waits for a place for a new connection.
func (li *listening) await(fd int, client netip.AddrPort) {
	ticker := time.NewTicker(askAgain)
	defer ticker.Stop()
	for {
		select {
		case <-li.lane.stopped:
			refuse(fd)
			return
		case <-ticker.C:
		}
		ok, later := li.lane.admit(client.Addr())
		if later {
			continue
		}
		switch {
		case ok && li.lane.draining.Load(): // the place is that of one who had to go
			li.lane.leave(client.Addr())
			refuse(fd)
		case ok:
			w := li.lane.worker()
			li.add(fd, client, w)
			w.free()
		default:
			refuse(fd)
		}
		li.resume()
		return
	}
}

// refuse closes a connection by a reset, so that nothing of it is kept.
func refuse(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(fd)
}

// pause makes room, and takes no connections for a moment.
func (li *listening) pause() {
	li.suspend()
	go func() {
		li.lane.full() // which closes what is idle, here as well
		time.Sleep(10 * time.Millisecond)
		li.resume()
	}()
}

// suspend has no more connections be taken until as many have called resume.
func (li *listening) suspend() {
	li.mu.Lock()
	defer li.mu.Unlock()
	if li.paused++; !li.closed {
		li.lane.poll.remove(li.file)
	}
}

func (li *listening) isPaused() bool {
	li.mu.Lock()
	defer li.mu.Unlock()
	return li.closed || li.paused > 0
}

// resume takes connections again.
func (li *listening) resume() {
	li.mu.Lock()
	defer li.mu.Unlock()
	if li.paused--; li.paused == 0 && !li.closed {
		li.lane.poll.add(li.file, listenerSerial, unix.EPOLLIN)
	}
}

// add makes a new connection one of the lane.
func (li *listening) add(fd int, client netip.AddrPort, w *worker) {
	l := li.lane
	c := &conn{lane: l, pass: li.pass, fd: int32(fd), serial: rand.Int32N(1<<31-1) + 1, client: client}
	c.since.Store(w.tick)
	if c.client.Addr().IsLoopback() {
		c.local = 1
	}
	c.state.Store(busy)
	l.open.Add(1)
	l.conns.set(c.fd, c)
	c.last = w
	c.serve(w, false) // more often than not, there is a request already
}

// accept takes a connection without waiting, and returns the address of the client
// as package net has it.
func accept(listener int) (int, netip.AddrPort, syscall.Errno) {
	var from unix.RawSockaddrAny
	size := uint32(unsafe.Sizeof(from))
	fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	return int(fd), addressOf(&from), 0
}

func addressOf(from *unix.RawSockaddrAny) netip.AddrPort {
	switch from.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), bigEndian(a.Port))
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(from))
		addr := netip.AddrFrom16(a.Addr).Unmap()
		if a.Scope_id != 0 && addr.Is6() {
			zone := strconv.Itoa(int(a.Scope_id))
			if i, err := net.InterfaceByIndex(int(a.Scope_id)); err == nil {
				zone = i.Name
			}
			addr = addr.WithZone(zone)
		}
		return netip.AddrPortFrom(addr, bigEndian(a.Port))
	}
	return netip.AddrPort{}
}

// bigEndian returns a port of which the bytes are in the order of the network.
func bigEndian(port uint16) uint16 { return port<<8 | port>>8 }

// read reads without waiting.
func read(fd int32, b []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// write writes two pieces without waiting, more of which are to come.
func write(fd int32, first, second []byte, more bool) (int, syscall.Errno) {
	flags := uintptr(unix.MSG_NOSIGNAL | unix.MSG_DONTWAIT)
	if more {
		flags |= unix.MSG_MORE
	}
	if len(second) == 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(first))), uintptr(len(first)), flags, 0, 0)
		return int(n), errno
	}
	var pieces [2]unix.Iovec
	pieces[0].Base, pieces[1].Base = unsafe.SliceData(first), unsafe.SliceData(second)
	pieces[0].SetLen(len(first))
	pieces[1].SetLen(len(second))
	message := unix.Msghdr{Iov: &pieces[0]}
	message.SetIovlen(2)
	n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&message)), flags)
	return int(n), errno
}
