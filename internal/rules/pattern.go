package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// pattern is the path of a rule. Where it ends in a slash or not says nothing.
type pattern struct {
	segments []segment
	rest     *glob    // what follows the segments, from that with the first "*" on; nil: nothing
	names    []string // of the gaps, from left to right; "splat" is that of "*"
}

// segment is a literal one, or one with placeholders.
type segment struct {
	literal string
	glob    *glob
}

// splat is the name of what stands in place of "*".
const splat = "splat"

// parsePattern reads the path of a rule.
func parsePattern(path string) (pattern, error) {
	p, err := parsePath(path)
	if err == nil && len(p.names) > maxCaptures {
		err = fmt.Errorf("%s has more than %d placeholders", quote(path), maxCaptures)
	}
	return p, err
}

func parsePath(path string) (pattern, error) {
	if isURL(path) {
		return pattern{}, fmt.Errorf("rules for one host (%s) are not supported", quote(path))
	}
	if path == "" || path[0] != '/' {
		return pattern{}, fmt.Errorf("%s does not begin with a slash", quote(path))
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		return pattern{}, fmt.Errorf("%s has a %q, and only a path is matched", quote(path), path[i])
	}
	var p pattern
	for raw := range strings.SplitSeq(path, "/") {
		if raw == "" {
			continue
		}
		if err := p.add(raw); err != nil {
			return pattern{}, fmt.Errorf("%s %w", quote(path), err)
		}
	}
	return p, nil
}

// add adds a segment.
func (p *pattern) add(raw string) error {
	g, names, err := parseSegment(raw)
	if err != nil {
		return err
	}
	hasSplat := slices.Contains(names, "*")
	for _, name := range names {
		if name != "*" && slices.Contains(p.names, name) || name == "*" && p.rest == nil && slices.Contains(p.names, splat) {
			return errors.New("has two placeholders of one name")
		}
	}
	switch {
	case p.rest == nil && !hasSplat && len(names) == 0:
		p.segments = append(p.segments, segment{literal: g.literals[0]})
	case p.rest == nil && !hasSplat:
		p.segments = append(p.segments, segment{glob: g})
	case slices.ContainsFunc(names, func(name string) bool { return name != "*" }):
		return errors.New(`has a placeholder in the segment of a "*", or behind it, which is not supported`)
	case p.rest == nil:
		p.rest = &glob{literals: g.literals}
	default:
		last := &p.rest.literals[len(p.rest.literals)-1]
		*last += "/" + g.literals[0]
		p.rest.literals = append(p.rest.literals, g.literals[1:]...)
	}
	for _, name := range names {
		if name == "*" {
			name = splat
		}
		p.names = append(p.names, name)
	}
	return nil
}

// parseSegment reads a segment with the names of its gaps, which are "*" or
// that of a placeholder.
func parseSegment(raw string) (*glob, []string, error) {
	g := &glob{least: 1}
	var names []string
	for {
		start, end := nextGap(raw)
		literal, ok := appendSpelled(nil, raw[:start], segmentSet)
		if !ok {
			return nil, nil, errors.New(`has a "%" that encodes nothing`)
		}
		g.literals = append(g.literals, string(literal))
		if start == end {
			break
		}
		names = append(names, strings.TrimPrefix(raw[start:end], ":"))
		raw = raw[end:]
	}
	if len(names) == 0 && (g.literals[0] == "." || g.literals[0] == "..") {
		return nil, nil, errors.New("has a dot segment, which no request has")
	}
	return g, names, nil
}

// nextGap returns where in s the first "*" or ":name" is, or nothing at its end.
func nextGap(s string) (start, end int) {
	for i := range len(s) {
		if n := gapLength(s[i:]); n > 0 {
			return i, i + n
		}
	}
	return len(s), len(s)
}

// gapLength returns the length of the "*" or ":name" that s begins with, or 0.
func gapLength(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == '*':
		return 1
	case s[0] != ':' || len(s) < 2 || !isLetter(s[1]):
		return 0
	}
	n := 2
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// splats returns how many "*" p has.
func (p *pattern) splats() int {
	if p.rest == nil {
		return 0
	}
	return len(p.rest.literals) - 1
}

// shape returns what is equal for two patterns that match the same paths.
func (p *pattern) shape() string {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteString(s.literal)
		if s.glob != nil {
			b.WriteString(strings.Join(s.glob.literals, "\x00"))
		}
		b.WriteByte('/')
	}
	if p.rest != nil {
		b.WriteString(strings.Join(p.rest.literals, "\x01"))
	}
	return b.String()
}

// with returns the path that p matches with values in its gaps.
func (p *pattern) with(values []string) string {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteByte('/')
		if s.glob == nil {
			b.WriteString(s.literal)
		} else {
			values = s.glob.fill(&b, values)
		}
	}
	if p.rest != nil || len(p.segments) == 0 {
		b.WriteByte('/')
	}
	if p.rest != nil {
		p.rest.fill(&b, values)
	}
	return b.String()
}

// capture adds what stands in the gaps of a path that p matches to values.
func (p *pattern) capture(q *request, values []string) []string {
	rest := q.path
	for _, s := range p.segments {
		var value string
		value, rest, _ = strings.Cut(rest, "/")
		if s.glob != nil {
			values, _ = s.glob.match(value, values)
		}
	}
	if p.rest == nil {
		return values
	}
	values, _ = p.rest.match(rest, values)
	if last := len(values) - 1; p.rest.literals[len(p.rest.literals)-1] == "" && values[last] != "" {
		// A "*" at the end stands for the slash at the end too.
		values[last] = q.whole[len(q.path)-len(values[last]):]
	}
	return values
}
