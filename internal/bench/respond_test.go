//go:build unix

package main

import (
	"slices"
	"testing"
	"time"
)

func TestParseBenchmark(t *testing.T) {
	t.Parallel()
	got, err := parseBenchmark(`goos: linux
pkg: github.com/gserve/gserve/fileserver
BenchmarkRespond/hit-2         	   61324	     19600.5 ns/op	    1520 B/op	      13 allocs/op
BenchmarkRespond/404         	   70000	       950 ns/op	    1616 B/op	      10 allocs/op
PASS
`)
	want := []decision{{"hit", 19600 * time.Nanosecond, 1520, 13}, {"404", 950 * time.Nanosecond, 1616, 10}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "PASS\n", "BenchmarkRespond/hit-2 1 x ns/op 1 B/op 1 allocs/op\n"} {
		if got, err := parseBenchmark(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}
