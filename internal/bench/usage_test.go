//go:build unix

package main

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	got := parseStat([]byte("12 (a ) R) S 1 77 12 0 -1 4194560 1 2 3 4 10 20 300 4000 20 0 1\n"))
	if want := (stat{group: 77, processor: 43300 * time.Millisecond}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parseStat([]byte("12 (a) Z 1 77\n")); got != (stat{}) {
		t.Errorf("got %+v from half a line, want nothing", got)
	}
}

func TestMebibytesOf(t *testing.T) {
	t.Parallel()
	rollup := []byte("5581-7ffe ---p 00000000 00:00 0    [rollup]\nRss:    3072 kB\nPss:    1536 kB\nPss_Dirty:   4 kB\n")
	for name, want := range map[string]float64{"Rss": 3, "Pss": 1.5, "Swap": 0} {
		if got := mebibytesOf(rollup, name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
