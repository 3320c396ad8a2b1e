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
		return ownSocket(l, p.path), nil
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
	if l, err = config.Listen(ctx, "unix", p.path); err != nil {
		return nil, err
	}
	return ownSocket(l, p.path), nil
}

// socket is a listener that removes its file when it is closed, unless another
// server has put its own there meanwhile.
type socket struct {
	net.Listener
	path string
	file fs.FileInfo
}

func ownSocket(l net.Listener, path string) net.Listener {
	u, ok := l.(*net.UnixListener)
	file, err := os.Lstat(path)
	if !ok || err != nil {
		return l
	}
	u.SetUnlinkOnClose(false)
	return socket{l, path, file}
}

func (s socket) Close() error {
	err := s.Listener.Close()
	if now, gone := os.Lstat(s.path); err == nil && gone == nil && os.SameFile(s.file, now) {
		os.Remove(s.path)
	}
	return err
}
