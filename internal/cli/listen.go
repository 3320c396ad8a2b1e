package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/gserve/gserve/internal/httpd"
)

// maxTries is how many ports are tried, the default one included.
const maxTries = 100

// listen opens what c asks for. If nobody named a port and the default one is
// in use, it takes the next that is free.
func (sys System) listen(ctx context.Context, c Config) ([]net.Listener, error) {
	open := sys.Listen
	if open == nil {
		open = httpd.Listen
	}
	listeners, err := open(ctx, c.Bind, c.Port)
	if err == nil || c.PortGiven || !c.needsPort() || !isInUse(err) {
		return listeners, explainListen(err, c)
	}
	for port := c.Port + 1; port < c.Port+maxTries; port++ {
		listeners, again := open(ctx, c.Bind, port)
		if again == nil {
			fmt.Fprintf(sys.Stderr, "gserve: port %d is in use, using %d\n", c.Port, port)
			return listeners, nil
		}
		if !isInUse(again) {
			break
		}
	}
	return nil, explainListen(err, c)
}

// needsPort reports whether c listens on a port, and not just on sockets that
// are named or open already.
func (c *Config) needsPort() bool {
	for _, address := range c.Bind {
		if !isSocket(address) {
			return true
		}
	}
	return len(c.Bind) == 0
}

// isSocket reports whether an address of --bind goes without a port.
func isSocket(address string) bool {
	return strings.HasPrefix(address, "unix:") || strings.HasPrefix(address, "fd:")
}

func isInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// explainListen says in our words why c cannot be listened on.
func explainListen(err error, c Config) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if !strings.HasPrefix(err.Error(), "listen on ") {
		err = fmt.Errorf("listen on %s: %w", c.address(), err)
	}
	err = fmt.Errorf("cannot %w", err)
	switch {
	case isInUse(err) && c.needsPort() && c.Port < 65535:
		return advise(err, `another program has that port; try "gserve %d" or 0 for a free port`, c.Port+1)
	case errors.Is(err, fs.ErrPermission) && c.needsPort() && 0 < c.Port && c.Port < 1024:
		return advise(err, `ports below 1024 need privileges; try "gserve 8080"`)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return advise(err, "no interface of this machine has that address")
	}
	return err
}

// address returns what c listens on, for an error that does not tell.
func (c *Config) address() string {
	host := strings.Join(c.Bind, ", ")
	if !c.needsPort() || len(c.Bind) > 1 {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(c.Port))
}
