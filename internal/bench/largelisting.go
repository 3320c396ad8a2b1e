//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
)

// largeListing measures how long the listing of a large folder takes, alone.
type largeListing struct{}

const (
	largeListingID = "listing-100000"
	large          = 100_000 // files
	largeRounds    = 3
)

func (largeListing) name() string { return largeListingID }

func (l largeListing) run(ctx context.Context, b *bench) error {
	fmt.Fprintf(b.progress, "%s: making files\n", l.name())
	if err := errors.Join(b.makeMany("many", large), b.settle("many")); err != nil {
		return err
	}
	var failed []error
	var running []*process
	var first, whole []times
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	q := &question{path: "/many/", fields: []string{"Accept: text/html"}, right: lists(large)}
	for _, s := range b.serversOf(largeListingID, q, setup{}) {
		if !b.has(s) {
			continue
		}
		p, err := b.start(ctx, s)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		running = append(running, p)
		first, whole = append(first, times{server: s.name}), append(whole, times{server: s.name})
	}
	for round := range largeRounds {
		for i, p := range running {
			a, err := p.ask(ctx)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			first[i].took, whole[i].took = append(first[i].took, a.firstByte), append(whole[i].took, a.whole)
			fmt.Fprintf(b.progress, "%s, round %d of %d: %s %s\n", l.name(), round+1, largeRounds, p.name, milliseconds(a.whole))
		}
		if ctx.Err() != nil {
			break
		}
	}
	b.tell("A listing of 100,000 files", []string{"first byte", "whole"}, first, whole)
	b.judgeTimes(l.name()+": time", whole, "python", 1.0/20)
	return errors.Join(failed...)
}
