//go:build unix

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// respond measures how long gserve takes to decide upon an answer, without a
// connection.
type respond struct{}

func (respond) name() string { return "respond" }

// decision is one kind of answer.
type decision struct {
	name                   string
	took                   time.Duration
	allocated, allocations int // bytes, and how often
}

func (respond) run(ctx context.Context, b *bench) error {
	words := b.pinned([]string{
		"go", "test", "-run", "^$", "-bench", "^BenchmarkRespond$", "-benchmem", "-benchtime", b.duration.String(), "github.com/gserve/gserve/fileserver",
	}, true)
	text, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	all, err := parseBenchmark(string(text))
	if err != nil {
		return err
	}
	cells := [][]string{{"answer", "time", "allocated", "allocations"}}
	for _, d := range all {
		cells = append(cells, []string{d.name, microseconds(d.took), fmt.Sprintf("%d bytes", d.allocated), strconv.Itoa(d.allocations)})
	}
	fmt.Fprintf(b.out, "### Respond alone, without a connection\n\n%s\n", markdown(cells))
	return nil
}

// parseBenchmark reads what go test -bench prints, lines such as
//
//	BenchmarkRespond/304-2   210000   5623 ns/op   2336 B/op   11 allocs/op
func parseBenchmark(text string) (all []decision, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 8 || !strings.HasPrefix(words[0], "Benchmark") || words[3] != "ns/op" {
			continue
		}
		_, name, _ := strings.Cut(words[0], "/")
		if at := strings.LastIndexByte(name, '-'); at > 0 { // how many cores it has
			name = name[:at]
		}
		d := decision{name: name}
		nanoseconds, err := strconv.ParseFloat(words[2], 64)
		if err != nil {
			return nil, fmt.Errorf("go test: cannot read %q: %w", line, err)
		}
		d.took = time.Duration(nanoseconds)
		for i := 4; i+1 < len(words); i += 2 {
			switch n, _ := strconv.Atoi(words[i]); words[i+1] {
			case "B/op":
				d.allocated = n
			case "allocs/op":
				d.allocations = n
			}
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("go test: its output has no benchmark: %s", text)
	}
	return all, nil
}
