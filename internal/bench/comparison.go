//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// comparison measures servers that do the same. The first one is gserve, which
// the others are compared with.
type comparison struct {
	id          string
	title       string
	connections int
	part        int // of the duration of a measurement; 0 is all
	servers     []server
	targets     []target
}

func (c comparison) name() string { return c.id }

// warmUp is for a server before it is measured.
const warmUp = time.Second

// run starts all servers and measures them by turns.
func (c comparison) run(ctx context.Context, b *bench) error {
	var failed []error
	var rows []row
	var running []*process
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	for i, s := range c.servers {
		if s.needs != "" && b.versions[s.needs] == "" {
			fmt.Fprintf(b.progress, "%s: %s is not installed, so it is left out\n", c.id, s.needs)
			continue
		}
		p, err := b.start(ctx, s)
		if err != nil && i == 0 {
			return err // nothing to compare the others with
		} else if err != nil {
			failed = append(failed, err)
			continue
		}
		running = append(running, p)
		rows = append(rows, row{name: s.name})
	}
	failed = append(failed, c.turns(ctx, b, running, rows)...)
	if len(rows) > 0 {
		printTable(b.out, c.title, rows)
		b.judge(c, rows)
	}
	return errors.Join(failed...)
}

// turns measures every server once a round. Each round begins with another one,
// so that none is always behind the same neighbour.
func (c comparison) turns(ctx context.Context, b *bench, running []*process, rows []row) (failed []error) {
	for _, p := range running {
		b.load(ctx, p.url, c.connections, warmUp)
	}
	duration := max(time.Second, b.duration/time.Duration(max(1, c.part)))
	for round := range b.rounds {
		for i := range running {
			at := (i + round) % len(running)
			p := running[at]
			s, err := b.observe(ctx, p, c.connections, duration)
			if ctx.Err() != nil {
				return append(failed, ctx.Err())
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			}
			rows[at].samples = append(rows[at].samples, s)
			fmt.Fprintf(b.progress, "%s, round %d of %d: %s %.0f/s\n", c.id, round+1, b.rounds, p.name, s.rate)
		}
	}
	return failed
}

// observe measures a server, and has a look at what it uses for that. It has to
// answer as it should afterwards, too.
func (b *bench) observe(ctx context.Context, p *process, connections int, duration time.Duration) (sample, error) {
	before := usageOf(p.group)
	s, err := b.load(ctx, p.url, connections, duration)
	if err != nil {
		return s, err
	}
	after := usageOf(p.group)
	s.memory = after.memory
	if s.requests > 0 {
		s.processor = (after.processor - before.processor) / time.Duration(s.requests)
	}
	return s, p.check(ctx)
}
