//go:build unix

// Bench sets gserve beside its peers, in one run on one machine, and prints
// tables for the README.
//
//	go run ./internal/bench apps
//	go run ./internal/bench -rounds 5 -duration 2s -cases flask,restart apps
//
// It builds gserve, starts the peers that are installed, checks that each
// answers what it should, and measures all of a case by turns, so that what
// else the machine does meets all of them. It never asserts a time: what a
// table says is for people to judge.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// suites are what can be measured, by their names on the command line.
var suites = map[string]func(*bench) []experiment{
	"apps": appsSuite,
}

// experiment is something to measure.
type experiment interface {
	name() string // for -cases
	// run prints a table. It also does so if the run is cut short, as far as
	// there is something to tell.
	run(ctx context.Context, b *bench) error
}

// bench is one run.
type bench struct {
	rounds   int
	duration time.Duration // of one measurement
	saves    int           // of the restart case
	cores    int           // that servers have
	python   string
	out      io.Writer // the tables
	progress io.Writer

	folder   string // temporary, with a copy of the applications
	gserve   string // the binary
	versions map[string]string
	verdicts []verdict
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// command does what the arguments say.
func command(ctx context.Context, args []string) error {
	b := &bench{out: os.Stdout, progress: os.Stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: go run ./internal/bench [flags] apps")
		flags.PrintDefaults()
	}
	flags.IntVar(&b.rounds, "rounds", 3, "how often each server is measured")
	flags.DurationVar(&b.duration, "duration", 4*time.Second, "of one measurement, at least 1s")
	flags.IntVar(&b.saves, "saves", 10, "how often the code of each server is changed")
	flags.IntVar(&b.cores, "cores", 2, "that servers have, if taskset is there")
	flags.StringVar(&b.python, "python", "/usr/bin/python3", "the Python of all servers")
	cases := flags.String("cases", "", "which to measure, with commas between them; all by default")
	limit := flags.Duration("limit", 6*time.Minute, "for the whole run, which is cut short then")
	if err := flags.Parse(args); err != nil {
		return err
	}
	suite := suites[flags.Arg(0)]
	switch {
	case suite == nil || flags.NArg() > 1:
		flags.Usage()
		return fmt.Errorf("%q is nothing to measure; write apps behind the flags", strings.Join(flags.Args(), " "))
	case b.rounds < 1 || b.saves < 1 || b.duration < time.Second:
		return errors.New("-rounds and -saves are at least 1, and -duration is at least 1s, as wrk takes no less")
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	return b.measure(ctx, suite, *cases)
}

// measure runs the cases that are chosen, and says what they ran on.
func (b *bench) measure(ctx context.Context, suite func(*bench) []experiment, cases string) error {
	defer b.remove()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	chosen, err := choose(suite(b), cases)
	if err != nil {
		return err
	}
	load, began := loadAverage(), time.Now()
	var failed []error
	for _, e := range chosen {
		if err := e.run(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", e.name(), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	b.printVerdicts()
	b.printConditions(load, time.Since(began))
	return errors.Join(failed...)
}

// choose returns the experiments whose names are listed.
func choose(all []experiment, names string) ([]experiment, error) {
	if names == "" {
		return all, nil
	}
	var chosen []experiment
	for name := range strings.SplitSeq(names, ",") {
		known := []string{}
		before := len(chosen)
		for _, e := range all {
			known = append(known, e.name())
			if e.name() == name {
				chosen = append(chosen, e)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("no case is called %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
