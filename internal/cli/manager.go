package cli

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/gserve/gserve/internal/service"
)

// findManager looks for the program that has started this one as a service, and
// for the sockets that it has opened. What it says about them in the environment
// is not for the programs that are started from here.
func (r *run) findManager(context.Context) (err error) {
	if r.manager, err = service.FindManager(r.Getenv, os.Getpid()); err != nil {
		r.say(err.Error())
	}
	sockets, err := service.Sockets(r.Getenv, os.Getpid())
	for _, name := range service.Variables {
		os.Unsetenv(name)
	}
	r.useSockets(sockets)
	return err
}

// useSockets has what the manager has opened be listened on, unless the user
// said where to listen.
func (r *run) useSockets(sockets []string) {
	c := &r.config
	isNamed := func(address string) bool { return strings.HasPrefix(address, "fd:") }
	switch {
	case len(sockets) == 0:
	case len(c.Bind) == 0 && !c.PortGiven:
		c.Bind = sockets
	case !slices.ContainsFunc(c.Bind, isNamed):
		r.say("the service manager's sockets are not used, as a port or an address is given")
	}
}

// tellManager tells the manager that gserve serves, and that it stops when ctx
// is done.
func (r *run) tellManager(ctx context.Context) {
	r.toManager(r.manager.Ready)
	r.isReady.Store(true)
	stopping := sync.OnceFunc(func() { r.toManager(r.manager.Stopping) })
	context.AfterFunc(ctx, stopping)
	r.closers = append(r.closers, func() error { stopping(); return nil })
	go r.manager.Watch(ctx)
}

// toManager tells the manager something. One that does not hear is no reason not
// to serve.
func (r *run) toManager(tell func() error) {
	if err := tell(); err != nil {
		r.say("cannot " + err.Error())
	}
}
