//go:build !unix

package httpd

import (
	"errors"
	"net"
)

func openInherited(place) (net.Listener, error) {
	return nil, errors.New("inherited sockets are not supported on this system")
}
