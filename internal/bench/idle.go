//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// idle measures the memory that connections take on which nothing happens.
type idle struct {
	kept bool // after a request; else nothing has ever been asked
}

const (
	keptID   = "idle-kept" // as peers may keep none
	silentID = "idle-silent"

	crowd    = 10_000 // connections
	settling = 2 * time.Second
	perIdle  = 4 * kibibyte // that gserve may take for each
	backlog  = 100          // connections that a server need not have accepted yet
)

func (i idle) name() string {
	if i.kept {
		return keptID
	}
	return silentID
}

func (i idle) run(ctx context.Context, b *bench) error {
	raiseDescriptors()
	var failed []error
	var names, figures []string
	q := &question{path: "/1k.txt", right: b.whole("1k.txt")}
	for at, s := range b.serversOf(i.name(), q, setup{Crowded: true}) {
		if !b.has(s) || ctx.Err() != nil {
			continue
		}
		each, err := b.idleMemory(ctx, s, i.kept)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		fmt.Fprintf(b.progress, "%s: %s %s bytes\n", i.name(), s.name, thousands(each))
		names, figures = append(names, s.name), append(figures, thousands(each))
		if at == 0 {
			b.verdicts = append(b.verdicts, verdict{
				what: i.name() + ": bytes for a connection", wanted: "at most " + thousands(perIdle), is: thousands(each), holds: each <= perIdle,
			})
		}
	}
	title := thousands(crowd) + " idle connections, after a request"
	if !i.kept {
		title = thousands(crowd) + " idle connections that never asked"
	}
	b.tellFigures(title, "bytes for each", names, figures)
	return errors.Join(failed...)
}

// idleMemory is what a connection takes in a server that has a crowd of them.
func (b *bench) idleMemory(ctx context.Context, s server, asks bool) (float64, error) {
	n := min(crowd, int(descriptors())-500)
	if s.crowd > 0 {
		n = min(n, s.crowd)
	}
	p, err := b.start(ctx, s)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	before, err := p.settled(ctx)
	if err != nil {
		return 0, err
	}
	connections, err := p.fill(ctx, n, asks)
	defer func() {
		for _, c := range connections {
			c.Close()
		}
	}()
	if err != nil {
		return 0, err
	}
	after, err := p.settled(ctx)
	if err != nil {
		return 0, err
	}
	if closed := countClosed(connections); closed > 0 {
		return 0, fmt.Errorf("it has closed %d of %d connections", closed, n)
	}
	return (after - before) * mebibyte / float64(n), nil
}

// fill opens n connections, and asks on each or on none.
func (p *process) fill(ctx context.Context, n int, asks bool) (connections []net.Conn, err error) {
	batch := cmp.Or(p.backlog, backlog)
	for range n {
		c, err := p.dial(ctx)
		if err != nil {
			return connections, err
		}
		connections = append(connections, c)
		if asks {
			c.SetDeadline(time.Now().Add(longest))
			_, err = p.askOn(c)
		} else if len(connections)%batch == 0 {
			err = p.check(ctx) // so that the server has accepted those before
		}
		if err != nil {
			return connections, err
		}
	}
	return connections, nil
}

// settled is the memory of a server that answers, a while later.
func (p *process) settled(ctx context.Context) (mebibytes float64, err error) {
	if err := p.check(ctx); err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(settling):
	}
	return usageOf(p.group).resident, nil
}

// countClosed counts the connections that the other side has closed.
func countClosed(connections []net.Conn) (closed int) {
	for _, c := range connections {
		raw, err := c.(*net.TCPConn).SyscallConn()
		if err != nil {
			closed++
			continue
		}
		err = raw.Control(func(descriptor uintptr) {
			n, _, err := syscall.Recvfrom(int(descriptor), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			if n == 0 && err == nil || err != nil && !errors.Is(err, syscall.EAGAIN) {
				closed++
			}
		})
		if err != nil {
			closed++
		}
	}
	return closed
}
