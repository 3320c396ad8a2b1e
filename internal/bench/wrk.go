//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// sample is what one run of wrk tells.
type sample struct {
	rate     float64 // requests a second
	p50, p99 time.Duration
	requests int
	errors   int // of sockets, and answers that are neither 2xx nor 3xx

	processor time.Duration // of the server, for a request
	memory    float64       // of the server afterwards, in MiB
}

// load has wrk ask for url.
func (b *bench) load(ctx context.Context, url string, connections int, duration time.Duration) (sample, error) {
	words := b.pinned([]string{
		"wrk", "--latency", "--threads", "1", "--connections", strconv.Itoa(connections),
		"--duration", strconv.Itoa(int(duration.Seconds())) + "s", "--timeout", "5s", url,
	}, false)
	ctx, cancel := context.WithTimeout(ctx, duration+20*time.Second)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return sample{}, ctx.Err()
	case err != nil:
		return sample{}, fmt.Errorf("wrk: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	return parseWrk(string(out))
}

// parseWrk reads what wrk --latency prints.
func parseWrk(text string) (s sample, err error) {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		what := words[0]
		switch {
		case what == "50%":
			s.p50, err = time.ParseDuration(words[1])
		case what == "99%":
			s.p99, err = time.ParseDuration(words[1])
		case what == "Requests/sec:":
			s.rate, err = strconv.ParseFloat(words[1], 64)
		case words[1] == "requests" && len(words) > 2 && words[2] == "in":
			what = "requests"
			s.requests, err = strconv.Atoi(words[0])
		case what == "Socket": // errors: connect 0, read 0, write 0, timeout 0
			err = s.addErrors(words[2:])
		case what == "Non-2xx": // or 3xx responses: 0
			err = s.addErrors(words[3:])
		default:
			continue
		}
		if err != nil {
			return s, fmt.Errorf("wrk: cannot read %q: %w", strings.TrimSpace(line), err)
		}
		found[what] = true
	}
	for _, what := range []string{"50%", "99%", "Requests/sec:", "requests"} {
		if !found[what] {
			return s, fmt.Errorf("wrk: its output has no %s", what)
		}
	}
	return s, nil
}

// addErrors adds the numbers that stand behind their names.
func (s *sample) addErrors(words []string) error {
	for i := 1; i < len(words); i += 2 {
		n, err := strconv.Atoi(strings.TrimRight(words[i], ","))
		if err != nil {
			return err
		}
		s.errors += n
	}
	return nil
}
