package cli

import (
	"fmt"
	"net"
	"strconv"
)

// banner returns the line that python's http.server prints for an address
// once it is open, and that scripts wait for.
func banner(addr net.Addr, secure bool) string {
	protocol, scheme := "HTTP", "http"
	if secure {
		protocol, scheme = "HTTPS", "https"
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return fmt.Sprintf("Serving %s on %s:%s ...", protocol, addr.Network(), addr)
	}
	host, port := tcp.AddrPort().Addr().Unmap().String(), strconv.Itoa(tcp.Port)
	return fmt.Sprintf("Serving %s on %s port %s (%s://%s/) ...", protocol, host, port, scheme, net.JoinHostPort(host, port))
}
