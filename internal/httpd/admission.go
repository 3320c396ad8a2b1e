package httpd

import (
	"net"
	"net/netip"
	"sync"
)

// admission counts the connections, and holds them to two bounds: how many there
// are in all, and of one client.
type admission struct {
	most int // in all; 0: no bound
	each int // of one client; 0: no bound

	mu     sync.Mutex
	ended  bool // nobody is let in any more
	open   int
	crowds map[netip.Addr]int // how many each client has that has a bound
}

// verdict is what an admission says of a new connection.
type verdict int

const (
	admitted verdict = iota
	crowded          // its client has as many as it may
	full             // there are as many as there may be
	over             // nobody is let in any more
)

func newAdmission(most, each int) *admission {
	return &admission{most: most, each: each, crowds: make(map[netip.Addr]int)}
}

// admit counts a new connection if there is a place for it. A client that has its
// share learns nothing of the others: it does not make them leave.
func (a *admission) admit(client netip.Addr) verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.ended:
		return over
	case a.each > 0 && client.IsValid() && a.crowds[client] >= a.each:
		return crowded
	case a.most > 0 && a.open >= a.most:
		return full
	}
	a.enter(client)
	return admitted
}

// count counts a connection that nobody was asked about.
func (a *admission) count(client netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.enter(client)
}

// enter is called with a.mu.
func (a *admission) enter(client netip.Addr) {
	a.open++
	if client.IsValid() {
		a.crowds[client]++
	}
}

// leave gives the place of a connection back.
func (a *admission) leave(client netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	if !client.IsValid() {
		return
	}
	if a.crowds[client]--; a.crowds[client] <= 0 {
		delete(a.crowds, client)
	}
}

// crowd returns how many connections a client has. Those of a client without a
// bound count one by one: it may be a proxy, which speaks for many.
func (a *admission) crowd(client netip.Addr) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(1, a.crowds[client])
}

// end lets nobody in any more.
func (a *admission) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// clientOf returns whom the connections from an address are counted for. A host
// has as many addresses of IPv6 as it likes, so that is their network of 64 bits.
// It is the zero address, which has no bound, for programs on this machine.
func clientOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || addr.IsLoopback() {
		return netip.Addr{}
	}
	if addr.Is4() {
		return addr
	}
	network, _ := addr.Prefix(64) // which an IPv6 address has
	return network.Addr()
}

// peerOf returns the address of the other end of nc, the zero one if it has none.
func peerOf(nc net.Conn) netip.Addr {
	if tcp, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	return netip.Addr{}
}
