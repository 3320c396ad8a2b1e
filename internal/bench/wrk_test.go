//go:build unix

package main

import (
	"strings"
	"testing"
	"time"
)

const wrkOutput = `Running 4s test @ http://127.0.0.1:8000/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.02ms    1.10ms  38.11ms   91.42%
    Req/Sec    15.91k     0.91k   17.60k    68.29%
  Latency Distribution
     50%  870.00us
     75%    2.31ms
     90%    2.90ms
     99%    1.20s 
  63423 requests in 4.01s, 10.22MB read
  Socket errors: connect 1, read 20, write 0, timeout 300
  Non-2xx or 3xx responses: 4000
Requests/sec:  15823.11
Transfer/sec:      2.55MB
`

func TestParseWrk(t *testing.T) {
	t.Parallel()
	got, err := parseWrk(wrkOutput)
	want := sample{rate: 15823.11, p50: 870 * time.Microsecond, p99: 1200 * time.Millisecond, requests: 63423, errors: 4321, refused: 4000, bytes: 10716446}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestParseWrkWithoutErrors(t *testing.T) {
	t.Parallel()
	var kept []string
	for line := range strings.Lines(wrkOutput) {
		if !strings.Contains(line, "errors") && !strings.Contains(line, "Non-2xx") {
			kept = append(kept, line)
		}
	}
	if got, err := parseWrk(strings.Join(kept, "")); err != nil || got.errors != 0 {
		t.Errorf("got %d errors, %v, want none", got.errors, err)
	}
}

func TestParseWrkRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"",
		"unable to connect to 127.0.0.1:1 Connection refused\n",
		strings.Replace(wrkOutput, "15823.11", "many", 1),
		strings.Replace(wrkOutput, "99%", "98%", 1),
		strings.Replace(wrkOutput, "10.22MB", "much", 1),
		strings.Replace(wrkOutput, "responses: 4000", "responses: few", 1),
	} {
		if got, err := parseWrk(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"412.00B": 412, "1.50KB": 1536, "10.22MB": 10716446, "2.00GB": 2 << 30} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
	}
}
