package lan

import (
	"net/netip"
	"slices"
	"strings"
)

// Card is a network interface with its addresses.
type Card struct {
	Name         string
	Up           bool // with a link that is running
	Loopback     bool
	PointToPoint bool
	Prefixes     []netip.Prefix
}

// tunnels are what the names of cards begin with that lead into a VPN, in lower
// case. Their addresses are of no use to neighbours.
var tunnels = []string{
	"tun", "tap", "utun", "wg", "wireguard", "tailscale", "zt", "zerotier", "ppp", "ipsec", "gpd", "nordlynx", "proton", "openvpn", "nebula",
}

// bridges are what the names of cards begin with that lead to containers and
// virtual machines on this machine, in lower case.
var bridges = []string{
	"docker", "br-", "bridge", "veth", "vethernet", "virbr", "vnet", "cni", "podman", "nerdctl", "lxc", "lxdbr", "incusbr", "vmnet", "vmware",
	"vboxnet", "virtualbox", "flannel", "cali", "cilium", "weave", "kube", "nodelocaldns", "dummy", "waydroid", "mpqemubr", "multipass",
}

func (c *Card) isTunnel() bool {
	return c.PointToPoint || hasPrefix(c.Name, tunnels)
}

// isBridge reports whether a card leads to containers. One that leads to the
// rest of the world, too, has a bridge for its neighbours, such as br-lan.
func (c *Card) isBridge(outbound []netip.Addr) bool {
	return hasPrefix(c.Name, bridges) && !c.hasAny(outbound)
}

func hasPrefix(name string, prefixes []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// hasAny reports whether one of the addresses is the card's.
func (c *Card) hasAny(ips []netip.Addr) bool {
	return slices.ContainsFunc(ips, func(ip netip.Addr) bool {
		return slices.ContainsFunc(c.Prefixes, func(p netip.Prefix) bool { return unzoned(p.Addr()) == unzoned(ip) })
	})
}

func unzoned(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// addresses returns those that a URL can have and others reach, and of those
// in one IPv6 network, of which temporary addresses make many, the shortest.
// Link-local ones of IPv6 are none: they need the name of the visitor's own
// card, and browsers take none.
func (c *Card) addresses() []netip.Addr {
	var ips []netip.Addr
	for _, p := range c.Prefixes {
		ip := unzoned(p.Addr())
		if !isReachable(ip) {
			continue
		}
		i := slices.IndexFunc(ips, func(other netip.Addr) bool { return sameNetwork(ip, other) })
		switch {
		case i < 0:
			ips = append(ips, ip)
		case len(ip.String()) < len(ips[i].String()):
			ips[i] = ip
		}
	}
	return ips
}

// translated are the addresses by which machines in networks without IPv4
// reach it, and are not reached (RFC 7335).
var translated = netip.MustParsePrefix("192.0.0.0/29")

func isReachable(ip netip.Addr) bool {
	switch {
	case !ip.IsValid() || ip.IsUnspecified() || ip.IsLoopback() || ip.IsMulticast() || translated.Contains(ip):
		return false
	}
	return ip.Is4() || !ip.IsLinkLocalUnicast()
}

// sameNetwork reports whether two addresses of IPv6 differ in their last 64
// bits only, which a machine chooses itself (RFC 4291, 2.5.4).
func sameNetwork(a, b netip.Addr) bool {
	if a.Is4() || b.Is4() {
		return a == b
	}
	network, err := a.Prefix(64)
	return err == nil && network.Contains(b)
}
