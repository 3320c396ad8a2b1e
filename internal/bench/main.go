//go:build unix

// Bench sets gserve beside its peers, in one run on one machine, and prints
// tables for the README.
//
//	go run ./internal/bench
//	go run ./internal/bench -rounds 1 -peers nginx,caddy files 1k 304
//	go run ./internal/bench -rounds 5 -duration 2s apps flask restart
//
// It builds gserve, starts the peers that are installed, checks that each
// answers what it should, and measures all of a case by turns, so that what
// else the machine does meets all of them. It never asserts a time: what a
// table says is for people to judge.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// experiment is something to measure.
type experiment interface {
	name() string // for -cases
	// run prints a table. It also does so if the run is cut short, as far as
	// there is something to tell.
	run(ctx context.Context, b *bench) error
}

// bench is one run.
type bench struct {
	suite    suite
	rounds   int
	duration time.Duration // of one measurement
	saves    int           // of the restart case
	cores    int           // that servers have
	python   string
	peers    []string  // of the files; none: all
	brief    bool      // only what goes into the README
	command  string    // that runs it again
	out      io.Writer // the tables
	progress io.Writer

	folder   string // temporary, with what the servers serve
	gserve   string // the binary
	versions map[string]string
	cases    []string // that have been measured
	verdicts []verdict
	summary  summary
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// command does what the arguments say.
func command(ctx context.Context, args []string, out, progress io.Writer) error {
	b := &bench{out: out, progress: progress, command: strings.Join(append([]string{"go run ./internal/bench"}, args...), " ")}
	cases, limit, err := b.parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return b.measure(ctx, cases)
}

// parse takes the arguments, and returns the cases to measure and how long all
// of them may take.
func (b *bench) parse(args []string) (cases []string, limit time.Duration, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(b.progress)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: go run ./internal/bench [flags] [files|apps [CASE ...]]")
		flags.PrintDefaults()
	}
	flags.IntVar(&b.rounds, "rounds", 0, "how often each server is measured; 5 for files, 3 for apps")
	flags.DurationVar(&b.duration, "duration", 0, "of one measurement, at least 1s; 1s for files, 4s for apps")
	flags.IntVar(&b.saves, "saves", 10, "how often the code of each server is changed")
	flags.IntVar(&b.cores, "cores", 0, "that servers have, if taskset is there; 1 for files, 2 for apps")
	flags.StringVar(&b.python, "python", "/usr/bin/python3", "the Python of all servers")
	flags.BoolVar(&b.brief, "markdown", false, "print only what goes into the README")
	peers := flags.String("peers", "", "of the files, with commas between them; all that are installed by default")
	listed := flags.String("cases", "", "which to measure, with commas between them; all by default")
	flags.DurationVar(&limit, "limit", 0, "for the whole run, which is cut short then; 15m for files, 6m for apps")
	if err := flags.Parse(args); err != nil {
		return nil, 0, err
	}
	suite, known := suites[cmp.Or(flags.Arg(0), "files")]
	if !known {
		flags.Usage()
		return nil, 0, fmt.Errorf("%q is nothing to measure; write files or apps behind the flags", flags.Arg(0))
	}
	b.suite, b.peers = suite, list(*peers)
	b.rounds, b.duration, b.cores = cmp.Or(b.rounds, suite.rounds), cmp.Or(b.duration, suite.duration), cmp.Or(b.cores, suite.cores)
	if b.rounds < 1 || b.saves < 1 || b.duration < time.Second {
		return nil, 0, errors.New("-rounds and -saves are at least 1, and -duration is at least 1s, as wrk takes no less")
	}
	return append(list(*listed), flags.Args()[min(1, flags.NArg()):]...), cmp.Or(limit, suite.limit), b.checkPeers()
}

// list is what stands between commas.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// measure runs the cases that are chosen, and says what they ran on.
func (b *bench) measure(ctx context.Context, cases []string) error {
	chosen, err := choose(b.suite.experiments(b), cases)
	if err != nil {
		return err
	}
	load, began := loadAverage(), time.Now()
	if warning := b.busy(load); warning != "" {
		fmt.Fprintln(b.progress, "warning:", warning)
	}
	defer b.remove()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	var failed []error
	for _, e := range chosen {
		b.cases = append(b.cases, e.name())
		if err := e.run(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", e.name(), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	b.summary.print(b.out)
	if !b.brief {
		b.printVerdicts()
	}
	b.printConditions(load, time.Since(began))
	return errors.Join(failed...)
}

// choose returns the experiments of some names, or all for none.
func choose(all []experiment, names []string) (chosen []experiment, err error) {
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		at := slices.IndexFunc(all, func(e experiment) bool { return e.name() == name })
		if at < 0 {
			var known []string
			for _, e := range all {
				known = append(known, e.name())
			}
			return nil, fmt.Errorf("no case is called %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}
