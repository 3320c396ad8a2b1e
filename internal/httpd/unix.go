package httpd

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// maxUnixPath is the longest path of a socket, on the system that has the least
// room for one.
const maxUnixPath = 103

// openUnix listens on the path of a Unix socket. A socket on which nobody
// listens is left over from a server that was killed, and is replaced.
func openUnix(ctx context.Context, p place) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "unix", p.path)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EINVAL) && len(p.path) > maxUnixPath:
		return nil, errors.New("path too long for a socket")
	case !errors.Is(plain(err), syscall.EADDRINUSE):
		return nil, err
	}
	info, err := os.Lstat(p.path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return nil, errors.New("file exists and is not a socket")
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "unix", p.path)
	if err == nil {
		c.Close()
		return nil, syscall.EADDRINUSE
	}
	if !errors.Is(plain(err), syscall.ECONNREFUSED) {
		return nil, err
	}
	if err := os.Remove(p.path); err != nil {
		return nil, err
	}
	return config.Listen(ctx, "unix", p.path)
}
