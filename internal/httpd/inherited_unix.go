//go:build unix

package httpd

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// openInherited makes a listener of the descriptor of a listening socket.
func openInherited(p place) (net.Listener, error) {
	// Nothing is done to a descriptor that is something else, such as one of
	// the Go runtime's own.
	listening, err := syscall.GetsockoptInt(p.fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err != nil {
		return nil, err
	}
	if listening == 0 {
		return nil, errors.New("the socket does not listen")
	}
	f := os.NewFile(uintptr(p.fd), p.typed)
	defer f.Close() // FileListener makes a copy
	return net.FileListener(f)
}
