//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
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
	errors   int   // of sockets, and answers that are neither 2xx nor 3xx
	refused  int   // those answers alone
	bytes    int64 // that arrived, as exact as they are told

	processor time.Duration // of the server, for a request
	memory    float64       // of the server afterwards, in MiB
}

// load asks a server over connections for a time.
type load func(ctx context.Context, b *bench, p *process, connections int, duration time.Duration) (sample, error)

// wrk has wrk ask.
func wrk(ctx context.Context, b *bench, p *process, connections int, duration time.Duration) (sample, error) {
	words := []string{
		"wrk", "--latency", "--threads", "1", "--connections", strconv.Itoa(connections),
		"--duration", seconds(duration), "--timeout", "5s",
	}
	for _, field := range p.fields() {
		words = append(words, "--header", field)
	}
	text, err := b.loader(ctx, duration, append(words, p.url))
	if err != nil {
		return sample{}, err
	}
	return parseWrk(text)
}

// loader runs a program that asks for a time, and returns what it prints.
func (b *bench) loader(ctx context.Context, duration time.Duration, words []string) (string, error) {
	name := words[0]
	words = b.pinned(words, false)
	ctx, cancel := context.WithTimeout(ctx, duration+20*time.Second)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return string(out), nil
}

// seconds is a duration as the programs take it, in whole seconds.
func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

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
			err = s.total(words)
		case what == "Socket": // errors: connect 0, read 0, write 0, timeout 0
			err = s.addErrors(words[2:])
		case what == "Non-2xx": // or 3xx responses: 0
			s.refused, err = strconv.Atoi(words[len(words)-1])
			s.errors += s.refused
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

// total reads "63423 requests in 4.01s, 10.22MB read".
func (s *sample) total(words []string) (err error) {
	if s.requests, err = strconv.Atoi(words[0]); err == nil && len(words) > 4 {
		s.bytes, err = parseBytes(words[4])
	}
	return err
}

// binaryUnits are those of wrk, each 1024 times the one before.
var binaryUnits = []string{"KB", "MB", "GB", "TB", "PB"}

// parseBytes reads a size as wrk writes it, "412.00B" or "10.22MB".
func parseBytes(text string) (int64, error) {
	digits, unit := strings.TrimSuffix(text, "B"), 1.0
	for i, name := range binaryUnits {
		if rest, ok := strings.CutSuffix(text, name); ok {
			digits, unit = rest, math.Pow(1024, float64(i+1))
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	return int64(n * unit), err
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
