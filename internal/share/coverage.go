package share

import "slices"

// maxSpans is more than any downloader fetches at once.
const maxSpans = 64

// span is the bytes from first up to end, which is behind the last.
type span struct{ first, end int64 }

// coverage is a set of bytes: spans in order that do not touch.
type coverage []span

// add adds a span. When there are too many holes, the smallest is taken for
// filled.
func (c *coverage) add(s span) {
	if s.first >= s.end {
		return
	}
	from, _ := slices.BinarySearchFunc(*c, s.first, func(old span, first int64) int {
		if old.end < first {
			return -1
		}
		return 1
	})
	to := from
	for ; to < len(*c) && (*c)[to].first <= s.end; to++ {
		s = span{min(s.first, (*c)[to].first), max(s.end, (*c)[to].end)}
	}
	*c = slices.Replace(*c, from, to, s)
	if len(*c) > maxSpans {
		c.fill()
	}
}

// fill fills the smallest hole.
func (c *coverage) fill() {
	smallest := 1
	for i := range *c {
		if i > 0 && (*c)[i].first-(*c)[i-1].end < (*c)[smallest].first-(*c)[smallest-1].end {
			smallest = i
		}
	}
	(*c)[smallest-1].end = (*c)[smallest].end
	*c = slices.Delete(*c, smallest, smallest+1)
}

// isWhole reports whether all of so many bytes are there.
func (c coverage) isWhole(length int64) bool {
	return length == 0 || len(c) == 1 && c[0].first == 0 && c[0].end >= length
}
