package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
)

// Listen opens a listener for every place that the addresses lead to, in their
// order. Without addresses it listens on all interfaces, in IPv4 and IPv6, or
// in whichever of them the machine has.
//
// An address is one of
//   - an IP address, in brackets or not, with a zone or not; "::" includes IPv4
//     unless an IPv4 address is given, too
//   - a host name or the name of an interface, for all its addresses
//   - "unix:PATH"; a socket that is left over there from a server that is gone
//     is replaced, and the file is removed when the listener is closed
//   - "fd:N", a listening socket that the process has inherited; it is closed
//     with the listener
//
// Of a name's addresses, those that the machine does not have are passed over
// as long as there are others. Port 0 takes a free port, the same one for all
// addresses.
//
// On an error, the listeners that were opened are closed. Whether the place is
// in use or not allowed can be told by [errors.Is] with [syscall.EADDRINUSE]
// and [syscall.EACCES].
func Listen(ctx context.Context, addresses []string, port int) ([]net.Listener, error) {
	if port < 0 || port > 65535 {
		return nil, fmt.Errorf("listen on port %d: not in the range from 0 to 65535", port)
	}
	if len(addresses) == 0 {
		addresses = []string{""}
	}
	var places []place
	for _, address := range addresses {
		p, err := find(ctx, address)
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return openAll(ctx, places, port)
}

// openAll opens the places, those with a port first: it may have to be tried
// with another one, and what else there is cannot be opened twice.
func openAll(ctx context.Context, places []place, port int) ([]net.Listener, error) {
	opened, err := openSamePort(ctx, places, port)
	if err != nil {
		return nil, err
	}
	for i, p := range places {
		var l net.Listener
		switch {
		case p.path != "":
			l, err = openUnix(ctx, p)
		case p.fd >= 0:
			l, err = openInherited(p)
		default:
			continue
		}
		if err != nil {
			closeAll(opened)
			return nil, fmt.Errorf("listen on %q: %w", p.typed, plain(err))
		}
		opened[i] = append(opened[i], l)
	}
	return slices.Concat(opened...), nil
}

func closeAll(opened [][]net.Listener) {
	for _, l := range slices.Concat(opened...) {
		l.Close()
	}
}

// plain returns the error of the system itself, whose caller says in better
// words what was tried.
func plain(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return portable(errno)
	}
	return err
}
