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
	short       string // title in the summary; "" where there is none
	connections int
	part        int // of the duration of a measurement; 0 is all
	servers     []server
	load        load         // nil: wrk
	needs       string       // program that has to be installed, or ""
	prepare     func() error // before the servers start; nil: nothing
	targets     []target
	tail        string // server whose p99 gserve's is judged by, or ""
}

func (c comparison) name() string { return c.id }

// warmUp is for a server before it is measured.
const warmUp = time.Second

// run starts all servers and measures them by turns.
func (c comparison) run(ctx context.Context, b *bench) error {
	if c.needs != "" && b.versions[c.needs] == "" {
		return fmt.Errorf("%s is not installed", c.needs)
	}
	if c.prepare != nil {
		if err := c.prepare(); err != nil {
			return err
		}
	}
	running, failed := c.start(ctx, b)
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	if len(running) == 0 {
		return errors.Join(failed...)
	}
	rows := make([]row, len(running))
	for i, p := range running {
		rows[i].name = p.name
	}
	failed = append(failed, c.turns(ctx, b, running, rows)...)
	b.printTable(c.title, rows)
	b.judge(c, rows)
	b.summarize(c, rows)
	return errors.Join(failed...)
}

// start starts those of the servers that are there, or none without the first,
// as there is nothing to compare the others with.
func (c comparison) start(ctx context.Context, b *bench) (running []*process, failed []error) {
	for i, s := range c.servers {
		if !b.has(s) {
			fmt.Fprintf(b.progress, "%s: %s is not installed, so it is left out\n", c.id, s.needs)
			continue
		}
		p, err := b.start(ctx, s)
		if err != nil {
			failed = append(failed, err)
		} else {
			running = append(running, p)
		}
		if err != nil && i == 0 {
			break
		}
	}
	return running, failed
}

// turns measures every server once a round. Each round begins with another one,
// so that none is always behind the same neighbour.
func (c comparison) turns(ctx context.Context, b *bench, running []*process, rows []row) (failed []error) {
	load := c.load
	if load == nil {
		load = wrk
	}
	for _, p := range running {
		if p.asks == nil { // files need none, as the first of many rounds is one
			load(ctx, b, p, c.connections, warmUp)
		}
	}
	duration := max(time.Second, b.duration/time.Duration(max(1, c.part)))
	for round := range b.rounds {
		for i := range running {
			at := (i + round) % len(running)
			p := running[at]
			s, err := b.observe(ctx, p, load, c.connections, duration)
			if ctx.Err() != nil {
				return append(failed, ctx.Err())
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			}
			rows[at].samples = append(rows[at].samples, s)
			fmt.Fprintf(b.progress, "%s, round %d of %d: %s %s/s\n", c.id, round+1, b.rounds, p.name, thousands(s.rate))
		}
	}
	return failed
}

// observe measures a server, and has a look at what it uses for that. It has to
// answer as it should before, and so does what it answers meanwhile.
func (b *bench) observe(ctx context.Context, p *process, load load, connections int, duration time.Duration) (sample, error) {
	var right answer
	if p.asks != nil {
		var err error
		if right, err = p.ask(ctx); err != nil {
			return sample{errors: 1}, err
		}
	}
	before := usageOf(p.group)
	s, err := load(ctx, b, p, connections, duration)
	if err != nil {
		return s, err
	}
	after := usageOf(p.group)
	s.memory = after.memory
	if s.requests > 0 {
		s.processor = (after.processor - before.processor) / time.Duration(s.requests)
	}
	if p.asks == nil {
		return s, p.check(ctx)
	}
	if p.setup.HTTP2 {
		connections *= streams
	}
	err = p.asks.tally(s, right, connections)
	if p.asks.status >= 400 {
		s.errors -= s.refused // as it should be
	}
	return s, err
}

// summarize puts what the rows come to into the summary.
func (b *bench) summarize(c comparison, rows []row) {
	b.summary.add(c.short, rows)
	if c.tail == "" {
		return
	}
	var servers, tails []string
	for _, r := range rows {
		servers, tails = append(servers, r.name), append(tails, milliseconds(r.p99()))
	}
	b.summary.addFigures("p99 of "+c.title, servers, tails)
}

// has tells whether what a server needs is installed.
func (b *bench) has(s server) bool { return s.needs == "" || b.versions[s.needs] != "" }
