package auth

import (
	"net"
	"net/netip"
)

// address returns the address in a RemoteAddr, without its port. That of a
// client of a Unix socket is not valid.
func address(remote string) netip.Addr {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// nameOf is how the log calls an address.
func nameOf(a netip.Addr) string {
	if !a.IsValid() {
		return "unix"
	}
	return a.String()
}

// networks returns what guesses from an address are counted for. Whoever has an
// address of IPv6 has 2^64 of them, and who has a site 65536 times as many. All
// clients of Unix sockets are one.
func networks(a netip.Addr) []netip.Prefix {
	switch {
	case !a.IsValid():
		return []netip.Prefix{{}}
	case a.Is4():
		return []netip.Prefix{netip.PrefixFrom(a, 32)}
	}
	host, _ := a.Prefix(64)
	site, _ := a.Prefix(48)
	return []netip.Prefix{host, site}
}

// InClear returns a warning if passwords would travel as plain text beyond this
// machine, and "" otherwise. The addresses are those that are listened on
// without TLS.
func InClear(listening []net.Addr) string {
	for _, l := range listening {
		if t, ok := l.(*net.TCPAddr); ok && !t.IP.IsLoopback() {
			return "passwords travel as plain text, which others in the network can read: add --tls"
		}
	}
	return ""
}
