package lan

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
)

// maxAddresses bounds a list that somebody reads: more come from a machine
// full of containers only, and are the last ones.
const maxAddresses = 32

// Addresses returns where others can open what listens on the addresses given,
// which are those of the listeners; what is not TCP is passed over. Those that
// most visitors can use come first, and among them those of the card that
// leads to the rest of the world. Loopback is there only if nothing else is.
func (m Machine) Addresses(listening []net.Addr) []Address {
	sockets := socketsOf(listening)
	var list []candidate
	for _, s := range sockets {
		list = append(list, m.reaching(s, sockets)...)
	}
	if len(list) == 0 {
		list = loopback(sockets)
	}
	list = append(list, m.names(list)...)
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.rank, b.rank))
	})
	var addresses []Address
	for _, c := range list {
		if !slices.Contains(addresses, c.Address) && len(addresses) < maxAddresses {
			addresses = append(addresses, c.Address)
		}
	}
	return addresses
}

// candidate is an address with what its place in the list depends on.
type candidate struct {
	Address
	rank       int  // 0 on the card of the default route, 1 elsewhere
	neighbours bool // it is on a network that may have others
}

// socketsOf returns the places of the listeners of TCP.
func socketsOf(listening []net.Addr) []netip.AddrPort {
	var sockets []netip.AddrPort
	for _, a := range listening {
		if tcp, ok := a.(*net.TCPAddr); ok {
			s := tcp.AddrPort()
			ip := s.Addr().Unmap()
			if !ip.IsValid() {
				ip = netip.IPv6Unspecified() // as net has it: all addresses
			}
			sockets = append(sockets, netip.AddrPortFrom(ip, s.Port()))
		}
	}
	return sockets
}

// reaching returns the addresses that lead to one of the sockets, but for
// loopback.
func (m Machine) reaching(s netip.AddrPort, sockets []netip.AddrPort) []candidate {
	ip := s.Addr()
	switch {
	case ip.IsLoopback():
		return nil
	case !ip.IsUnspecified():
		return []candidate{m.candidate(ip, s.Port(), m.cardOf(ip))}
	}
	var list []candidate
	for i := range m.Cards {
		card := &m.Cards[i]
		if !card.Up || card.Loopback {
			continue
		}
		for _, ip := range card.addresses() {
			if takes(s, ip, sockets) {
				list = append(list, m.candidate(ip, s.Port(), card))
			}
		}
	}
	return list
}

// takes reports whether a socket on all addresses is on this one, too. That of
// IPv6 is on those of IPv4 unless another one has its port there.
func takes(s netip.AddrPort, ip netip.Addr, sockets []netip.AddrPort) bool {
	if s.Addr().Is4() || ip.Is6() {
		return s.Addr().Is4() == ip.Is4()
	}
	return !slices.ContainsFunc(sockets, func(other netip.AddrPort) bool { return other.Addr().Is4() && other.Port() == s.Port() })
}

func (m Machine) cardOf(ip netip.Addr) *Card {
	for i := range m.Cards {
		card := &m.Cards[i]
		if card.hasAny([]netip.Addr{ip}) && (ip.Zone() == "" || ip.Zone() == card.Name) {
			return card
		}
	}
	return nil
}

// candidate describes an address of a card. That is nil if none is known to have
// it: somebody sends on to us what comes there, as clouds do.
func (m Machine) candidate(ip netip.Addr, port uint16, card *Card) candidate {
	tunnel := card != nil && card.isTunnel()
	inside := card != nil && (card.Loopback || card.isBridge(m.Outbound))
	c := candidate{Address: Address{Host: ip.String(), Port: int(port)}, rank: 1}
	switch {
	case inside || ip.IsLinkLocalUnicast():
		c.Kind = Confined
	case tunnel:
		c.Kind = Tunnel
	case ip.Is4():
		c.Kind = IPv4
	default:
		c.Kind = IPv6
	}
	if card != nil && card.hasAny(m.Outbound) {
		c.rank = 0
	}
	c.neighbours = card != nil && !tunnel && !inside
	return c
}

// loopback returns the addresses by which this machine itself can open the
// sockets.
func loopback(sockets []netip.AddrPort) []candidate {
	var list []candidate
	for _, s := range sockets {
		ip := s.Addr()
		if ip.IsUnspecified() {
			v4 := netip.AddrFrom4([4]byte{127, 0, 0, 1})
			if ip = netip.IPv6Loopback(); takes(s, v4, sockets) {
				ip = v4
			}
		}
		list = append(list, candidate{Address: Address{Host: ip.String(), Port: int(s.Port()), Kind: Loopback}})
	}
	return list
}

// names returns the .local name with each port that neighbours can reach.
func (m Machine) names(list []candidate) []candidate {
	name := localName(m.Name)
	if !m.Answers || name == "" {
		return nil
	}
	var names []candidate
	for _, c := range list {
		if c.neighbours {
			names = append(names, candidate{Address: Address{Host: name, Port: c.Port, Kind: Name}})
		}
	}
	return names
}
