//go:build unix

package main

import (
	"strings"
	"testing"
)

const h2loadOutput = `starting benchmark...
spawning thread #0: 16 total client(s). Timing-based test with 0s of warm-up time and 1s of main duration for measurements.
TLS Protocol: TLSv1.3
Application protocol: h2
Main benchmark duration is over for thread #0. Stopping all clients.

finished in 1.28s, 16000.50 req/s, 17.55MB/s
requests: 16100 total, 16144 started, 16090 done, 16000 succeeded, 100 failed, 20 errored, 3 timeout
status codes: 16000 2xx, 10 3xx, 70 4xx, 7 5xx
traffic: 17.55MB (18401056) total, 1.65MB (1728000) headers (space savings 39.66%), 15.63MB (16384000) data
                     min         max         mean         sd        +/- sd
time for request:       28us    104.98ms      8.59ms     11.39ms    94.44%
req/s           :    1067.20     1126.92     1084.32       15.95    81.25%
`

func TestParseH2load(t *testing.T) {
	t.Parallel()
	got, err := parseH2load(h2loadOutput)
	want := sample{rate: 16000.5, requests: 16090, errors: 100, refused: 77, bytes: 16384000}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestParseH2loadRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"",
		strings.Replace(h2loadOutput, "16000.50 req/s", "many req/s", 1),
		strings.Replace(h2loadOutput, "16090 done, ", "", 1),
		strings.Replace(h2loadOutput, "70 4xx", "some 4xx", 1),
		strings.Replace(h2loadOutput, "(16384000) data", "(all) data", 1),
		strings.Replace(h2loadOutput, "traffic:", "nothing:", 1),
	} {
		if got, err := parseH2load(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}
