//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// firstAnswer measures how long it takes from the start of a server until it
// answers.
type firstAnswer struct{}

func (firstAnswer) name() string { return "start" }

// starts are as many as the rounds of others, but at least these: they are short,
// and differ more.
const starts = 11

func (firstAnswer) run(ctx context.Context, b *bench) error {
	var failed []error
	var all []times
	var servers []server
	for _, s := range b.serversOf("start", &question{path: "/1k.txt", right: b.whole("1k.txt")}, setup{}) {
		if b.has(s) {
			s.pause = time.Millisecond
			servers, all = append(servers, s), append(all, times{server: s.name})
		}
	}
	rounds := max(starts, b.rounds)
	fmt.Fprintf(b.progress, "start, %d rounds\n", rounds)
	for range rounds {
		for i, s := range servers {
			p, err := b.start(ctx, s)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			p.stop()
			all[i].took = append(all[i].took, p.took)
		}
		if ctx.Err() != nil {
			break
		}
	}
	b.tell("From the start", []string{"to the first answer"}, all)
	b.judgeTimes("start: time", all, "http.FileServer", 1.5)
	return errors.Join(failed...)
}
