package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
)

// tries is how often a port is looked for that is free on all addresses.
const tries = 10

// openSamePort opens the IP addresses of the places, all with the same port.
func openSamePort(ctx context.Context, places []place, port int) ([][]net.Listener, error) {
	var given []netip.Addr
	for _, p := range places {
		given = append(given, p.ips...)
	}
	for try := 1; ; try++ {
		opened, err := openPort(ctx, places, given, port)
		if err == nil {
			return opened, nil
		}
		closeAll(opened)
		if port != 0 || try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
}

// openPort opens the addresses of each place once.
func openPort(ctx context.Context, places []place, given []netip.Addr, port int) ([][]net.Listener, error) {
	opened := make([][]net.Listener, len(places))
	var done []netip.Addr
	for i, p := range places {
		var missing error
		for _, ip := range p.ips {
			if slices.Contains(done, ip) || isCovered(ip, given) {
				continue
			}
			l, err := openIP(ctx, ip, given, port)
			if isMissing(err) {
				missing = err
				continue
			}
			if err != nil {
				return opened, err
			}
			done = append(done, ip)
			opened[i] = append(opened[i], l)
			port = l.Addr().(*net.TCPAddr).Port
		}
		if len(opened[i]) == 0 && missing != nil {
			return opened, missing
		}
	}
	return opened, nil
}

// isCovered reports whether all addresses of this one's family are given.
func isCovered(ip netip.Addr, given []netip.Addr) bool {
	return !ip.IsUnspecified() && slices.ContainsFunc(given, func(all netip.Addr) bool {
		return all.IsUnspecified() && all.Is4() == ip.Is4()
	})
}

// isMissing reports whether a listener was refused as the machine does not have
// the address.
func isMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

func openIP(ctx context.Context, ip netip.Addr, given []netip.Addr, port int) (net.Listener, error) {
	network, where := "tcp6", netip.AddrPortFrom(ip, uint16(port)).String()
	switch {
	case ip.Is4():
		network = "tcp4" // "tcp" would include IPv6 where all of IPv4 is meant
	case ip.IsUnspecified() && !slices.ContainsFunc(given, netip.Addr.Is4):
		network, where = "tcp", ":"+strconv.Itoa(port)
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // of which Linux forgets the zone, and which few clients speak
	l, err := config.Listen(ctx, network, where)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", where, plain(err))
	}
	return l, nil
}
