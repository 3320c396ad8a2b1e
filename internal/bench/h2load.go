//go:build unix

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// streams is how many requests are under way on a connection of HTTP/2.
const streams = 10

// h2load has h2load ask by HTTP/2.
func h2load(ctx context.Context, b *bench, p *process, connections int, duration time.Duration) (sample, error) {
	words := []string{
		"h2load", "-t", "1", "-c", strconv.Itoa(connections), "-m", strconv.Itoa(streams), "-D", seconds(duration),
	}
	for _, field := range p.fields() {
		words = append(words, "-H", field)
	}
	text, err := b.loader(ctx, duration, append(words, p.url))
	if err != nil {
		return sample{}, err
	}
	return parseH2load(text)
}

// parseH2load reads what h2load prints at its end.
func parseH2load(text string) (s sample, err error) {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		what, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case strings.HasPrefix(what, "finished in "): // 1.00s, 25211.00 req/s, 27.31MB/s
			_, rate, _ := strings.Cut(what, ", ")
			rate, _, _ = strings.Cut(rate, " ")
			what = "finished"
			s.rate, err = strconv.ParseFloat(rate, 64)
		case what == "requests":
			err = s.counts(rest)
		case what == "status codes":
			s.refused, err = number(rest, "4xx", "5xx")
			s.errors += s.refused
		case what == "traffic":
			s.bytes, err = contentBytes(rest)
		default:
			continue
		}
		if err != nil {
			return s, fmt.Errorf("h2load: cannot read %q: %w", strings.TrimSpace(line), err)
		}
		found[what] = true
	}
	for _, what := range []string{"finished", "requests", "status codes", "traffic"} {
		if !found[what] {
			return s, fmt.Errorf("h2load: its output has no line for %q", what)
		}
	}
	return s, nil
}

// counts reads "25211 total, 25371 started, 25211 done, 25211 succeeded, 0
// failed, 0 errored, 0 timeout". An answer of 4xx or 5xx counts as failed, too.
func (s *sample) counts(text string) (err error) {
	if s.requests, err = number(text, "done"); err != nil {
		return err
	}
	lost, err := number(text, "errored", "timeout")
	s.errors += lost
	return err
}

// number adds the numbers that stand before some names.
func number(text string, names ...string) (sum int, err error) {
	for _, name := range names {
		before, _, found := strings.Cut(text, " "+name)
		if !found {
			return 0, fmt.Errorf("there is no number for %s", name)
		}
		n, err := strconv.Atoi(before[strings.LastIndexByte(before, ' ')+1:])
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// contentBytes reads "27.31MB (28636000) total, 0.50MB (524000) headers (space
// savings 85.00%), 24.60MB (25794560) data".
func contentBytes(text string) (int64, error) {
	before, _, found := strings.Cut(text, ") data")
	if !found {
		return 0, fmt.Errorf("there is no number for data")
	}
	return strconv.ParseInt(before[strings.LastIndexByte(before, '(')+1:], 10, 64)
}
