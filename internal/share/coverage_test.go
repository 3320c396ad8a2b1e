package share

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCoverage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what  string
		add   []span
		want  coverage
		whole bool // of ten
	}{
		{"all", []span{{0, 10}}, coverage{{0, 10}}, true},
		{"more", []span{{0, 11}}, coverage{{0, 11}}, true},
		{"nothing", []span{{5, 5}, {7, 3}}, nil, false},
		{"the beginning", []span{{0, 9}}, coverage{{0, 9}}, false},
		{"the end", []span{{1, 10}}, coverage{{1, 10}}, false},
		{"two that touch", []span{{0, 5}, {5, 10}}, coverage{{0, 10}}, true},
		{"the other way round", []span{{5, 10}, {0, 5}}, coverage{{0, 10}}, true},
		{"two that overlap", []span{{0, 7}, {4, 10}}, coverage{{0, 10}}, true},
		{"one in another", []span{{0, 10}, {4, 6}}, coverage{{0, 10}}, true},
		{"a hole", []span{{0, 4}, {5, 10}}, coverage{{0, 4}, {5, 10}}, false},
		{"the hole filled", []span{{0, 4}, {5, 10}, {4, 5}}, coverage{{0, 10}}, true},
		{"many at once", []span{{1, 2}, {3, 4}, {5, 6}, {8, 9}, {0, 7}}, coverage{{0, 7}, {8, 9}}, false},
		{"twice", []span{{2, 3}, {2, 3}}, coverage{{2, 3}}, false},
	}
	for _, tt := range tests {
		var c coverage
		for _, s := range tt.add {
			c.add(s)
		}
		if !slices.Equal(c, tt.want) || c.isWhole(10) != tt.whole {
			t.Errorf("%s: %v, whole: %t", tt.what, c, c.isWhole(10))
		}
	}
	if !coverage(nil).isWhole(0) {
		t.Error("nothing is not all of nothing")
	}
}

// TestCoverageRandom holds coverages against sets of bytes.
func TestCoverageRandom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var c coverage
		var bytes [40]bool
		for range 12 {
			first := random.Int64N(40)
			s := span{first, first + random.Int64N(41-first)}
			c.add(s)
			for i := s.first; i < s.end; i++ {
				bytes[i] = true
			}
		}
		var got [40]bool
		for i, s := range c {
			if s.first >= s.end || i > 0 && c[i-1].end >= s.first {
				t.Fatalf("%v is not in order", c)
			}
			for i := s.first; i < s.end; i++ {
				got[i] = true
			}
		}
		if got != bytes || c.isWhole(40) != !slices.Contains(bytes[:], false) {
			t.Fatalf("%v is not %v", c, bytes)
		}
	}
}

// TestCoverageBounded keeps few spans, and takes none for whole that has a hole
// of any size.
func TestCoverageBounded(t *testing.T) {
	t.Parallel()
	var c coverage
	const length = 100_000
	for i := range int64(length / 10) {
		c.add(span{i * 10, i*10 + 9})
		if len(c) > maxSpans {
			t.Fatalf("%d spans", len(c))
		}
	}
	if c.isWhole(length) {
		t.Error("whole with holes")
	}
	c = nil
	for i := range int64(maxSpans) {
		c.add(span{i * 100, i*100 + 50})
	}
	c.add(span{7000, 7001})
	c.add(span{7002, 7003})
	if last := c[len(c)-1]; len(c) != maxSpans || last != (span{7000, 7003}) {
		t.Errorf("%d spans, the last is %v: not the smallest hole was filled", len(c), last)
	}
}
