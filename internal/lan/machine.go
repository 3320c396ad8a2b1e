package lan

import (
	"net"
	"net/netip"
	"os"
	"runtime"
)

// Machine is what has to be known of a machine to tell its addresses.
type Machine struct {
	Cards    []Card
	Outbound []netip.Addr // from which it speaks to the rest of the world
	Name     string       // its host name
	Answers  bool         // to its .local name (RFC 6762)
}

// This describes this machine as it is now. It sends nothing. What the system
// does not tell is left empty.
func This() Machine {
	m := Machine{Cards: cards(), Outbound: outbound(), Answers: answers(runtime.GOOS, os.DirFS("/"))}
	m.Name, _ = os.Hostname()
	return m
}

func cards() []Card {
	interfaces, _ := net.Interfaces()
	var cards []Card
	for _, i := range interfaces {
		const running = net.FlagUp | net.FlagRunning
		c := Card{
			Name:         i.Name,
			Up:           i.Flags&running == running,
			Loopback:     i.Flags&net.FlagLoopback != 0,
			PointToPoint: i.Flags&net.FlagPointToPoint != 0,
		}
		addresses, _ := i.Addrs()
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				c.Prefixes = append(c.Prefixes, p)
			}
		}
		cards = append(cards, c)
	}
	return cards
}

// elsewhere are addresses that are nobody's (RFC 5737, RFC 3849), so that the
// way to them is the default route.
var elsewhere = []string{"203.0.113.1:9", "[2001:db8::1]:9"}

// outbound asks the system for its own end of a connection to elsewhere: of
// UDP, where to connect is to say so to the system, and to nobody else.
func outbound() []netip.Addr {
	var ips []netip.Addr
	for _, there := range elsewhere {
		conn, err := net.Dial("udp", there)
		if err != nil {
			continue // no route
		}
		if here, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			ips = append(ips, here.AddrPort().Addr().Unmap())
		}
		conn.Close()
	}
	return ips
}
