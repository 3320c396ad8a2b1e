package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// place is where one address of the caller's leads: to a number of IP
// addresses, to the path of a Unix socket, or to an inherited descriptor.
type place struct {
	typed string
	ips   []netip.Addr
	path  string
	fd    int // -1: none
}

// find finds out where an address leads.
func find(ctx context.Context, address string) (place, error) {
	p := place{typed: address, fd: -1}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if p.path = path; path == "" {
			return p, fmt.Errorf("listen on %q: no path", address)
		}
		return p, nil
	}
	if number, ok := strings.CutPrefix(address, "fd:"); ok {
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil {
			return p, fmt.Errorf("listen on %q: not a descriptor", address)
		}
		p.fd = int(n)
		return p, nil
	}
	ips, err := findIPs(ctx, address)
	if err != nil {
		return p, fmt.Errorf("listen on %q: %w", address, err)
	}
	for _, ip := range ips {
		if ip = ip.Unmap(); !slices.Contains(p.ips, ip) {
			p.ips = append(p.ips, ip)
		}
	}
	return p, nil
}

var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

func findIPs(ctx context.Context, address string) ([]netip.Addr, error) {
	if address == "" {
		return []netip.Addr{netip.IPv6Unspecified()}, nil
	}
	bare := address
	if strings.HasPrefix(bare, "[") && strings.HasSuffix(bare, "]") {
		bare = bare[1 : len(bare)-1]
	}
	if ip, err := netip.ParseAddr(bare); err == nil {
		if ip.IsLinkLocalUnicast() && ip.Is6() && ip.Zone() == "" {
			return nil, errors.New("a link-local address needs its interface, as in fe80::1%eth0")
		}
		return []netip.Addr{ip}, nil
	}
	if strings.EqualFold(address, "localhost") { // RFC 6761, 6.3: nobody needs to be asked
		return loopback, nil
	}
	if card, err := net.InterfaceByName(address); err == nil {
		return interfaceIPs(card)
	}
	if _, port, err := net.SplitHostPort(address); err == nil && port != "" {
		return nil, errors.New("an address is given without its port")
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", address)
	if notFound, ok := errors.AsType[*net.DNSError](err); ok && notFound.IsNotFound {
		return nil, errors.New("no address or interface of this name")
	}
	return ips, err
}

// interfaceIPs returns the addresses of a network interface, with a zone where
// they mean nothing without it.
func interfaceIPs(card *net.Interface) ([]netip.Addr, error) {
	prefixes, err := card.Addrs()
	if err != nil {
		return nil, err
	}
	var ips []netip.Addr
	for _, p := range prefixes {
		prefix, err := netip.ParsePrefix(p.String())
		if err != nil {
			continue // not of the Internet protocols
		}
		ip := prefix.Addr()
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(card.Name)
		}
		ips = append(ips, ip)
	}
	if len(ips) == 0 {
		return nil, errors.New("the interface has no address")
	}
	return ips, nil
}
