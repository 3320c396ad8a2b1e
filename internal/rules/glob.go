package rules

import "strings"

// glob is a text with gaps: one segment with placeholders ("blog-:year.html"),
// or what follows the segments of a pattern with "*" ("*.jpg").
type glob struct {
	literals []string // around the gaps, so one more than these
	least    int      // octets in a gap: 1 for a placeholder, 0 for "*"
}

// isGap reports whether g is one gap and nothing else.
func (g *glob) isGap() bool {
	return len(g.literals) == 2 && g.literals[0] == "" && g.literals[1] == ""
}

// match reports whether s fits, and adds what stands in the gaps to values.
// The first gap takes as much as it can, then the second, and so on: so the
// literals are looked for from the end, each as far to the right as it may be.
// No other place needs to be tried, because none leaves more room to the left.
func (g *glob) match(s string, values []string) ([]string, bool) {
	last := len(g.literals) - 1
	first, end := len(g.literals[0]), len(s)-len(g.literals[last])
	if end < first+g.least || !strings.HasPrefix(s, g.literals[0]) || !strings.HasSuffix(s, g.literals[last]) || !isBoundary(s, end) {
		return values, false
	}
	base := len(values)
	for i := last - 1; i > 0; i-- {
		at := lastIndex(s, g.literals[i], end-g.least)
		if at < first+g.least {
			return values[:base], false
		}
		values = append(values, s[at+len(g.literals[i]):end])
		end = at
	}
	values = append(values, s[first:end])
	for i, j := base, len(values)-1; i < j; i, j = i+1, j-1 {
		values[i], values[j] = values[j], values[i]
	}
	return values, true
}

// lastIndex returns where literal is last found in s up to end, or -1.
func lastIndex(s, literal string, end int) int {
	for end >= len(literal) {
		at := strings.LastIndex(s[:end], literal)
		if at < 0 || isBoundary(s, at) {
			return at
		}
		end = at + len(literal) - 1
	}
	return -1
}

// isBoundary reports whether i is not within an encoded octet.
func isBoundary(s string, i int) bool {
	return (i < 1 || s[i-1] != '%') && (i < 2 || s[i-2] != '%')
}

// fits is match for those who do not ask what stands in the gaps.
func (g *glob) fits(s string) bool {
	if len(g.literals) == 2 {
		end := len(s) - len(g.literals[1])
		return end >= len(g.literals[0])+g.least && strings.HasPrefix(s, g.literals[0]) && strings.HasSuffix(s, g.literals[1]) && isBoundary(s, end)
	}
	_, ok := g.match(s, make([]string, 0, maxCaptures))
	return ok
}

// fill adds the text with values in its gaps to b, and returns those left.
func (g *glob) fill(b *strings.Builder, values []string) []string {
	for i, literal := range g.literals {
		if i > 0 {
			b.WriteString(values[0])
			values = values[1:]
		}
		b.WriteString(literal)
	}
	return values
}
