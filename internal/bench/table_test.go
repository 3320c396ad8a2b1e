//go:build unix

package main

import (
	"strings"
	"testing"
	"time"
)

// fast and slow are three rounds, in the second of which the machine was busy.
var (
	fast = row{name: "gserve", samples: []sample{
		{rate: 12000, p50: 2 * time.Millisecond, p99: 9 * time.Millisecond, processor: 90 * time.Microsecond, memory: 61.4},
		{rate: 3000, p50: 8 * time.Millisecond, p99: 90 * time.Millisecond, processor: 95 * time.Microsecond, errors: 1, memory: 61.4},
		{rate: 12500, p50: 1900 * time.Microsecond, p99: 12345 * time.Microsecond, processor: 99500 * time.Nanosecond, errors: 2, memory: 61.4},
	}}
	slow = row{name: "other", samples: []sample{
		{rate: 8000, p50: 3 * time.Millisecond, p99: 120 * time.Millisecond},
		{rate: 2000, p50: 9 * time.Millisecond, p99: 140 * time.Millisecond},
		{rate: 99, p50: 3 * time.Millisecond, p99: 130 * time.Millisecond},
	}}
)

func TestPrintTable(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	printTable(&got, "Hello", []row{fast, slow, {name: "neither"}})
	const want = `### Hello

| server  | requests/s |     p50 |     p99 | errors | CPU/request | busy | memory | gserve is |
|---------|-----------:|--------:|--------:|-------:|------------:|-----:|-------:|----------:|
| gserve  |     12,000 | 2.00 ms | 12.3 ms |      3 |     95.0 µs | 108% | 61 MiB |           |
| other   |      2,000 | 3.00 ms |  130 ms |      0 |           - |    - |      - |     1.50x |
| neither |          - |       - |       - |      - |           - |    - |      - |           |

`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestRatioIsOfRounds(t *testing.T) {
	t.Parallel()
	if got := ratio(fast, slow); got != 1.5 {
		t.Errorf("got %v, want the median of 1.5, 1.5 and 126", got)
	}
	if got := ratio(fast, row{}); got != 0 {
		t.Errorf("got %v beside nothing, want 0", got)
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{0: "0.0", 42.26: "42.3", 999.6: "1,000", 15823.1: "15,823", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%v: got %s, want %s", n, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	if got := median([]int{9, 1, 5}); got != 5 {
		t.Errorf("got %d, want 5", got)
	}
	if got := median([]int{9, 1}); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	if got := median[int](nil); got != 0 {
		t.Errorf("got %d of nothing, want 0", got)
	}
}
