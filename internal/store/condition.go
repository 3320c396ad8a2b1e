package store

import (
	"fmt"
	"strings"
)

// evaluate checks the conditions against what is there (RFC 9110, 13.2.2).
func (c Conditions) evaluate(exists bool, tag string) error {
	if c.IfMatch != "" && (!exists || !matchAny(c.IfMatch, tag, matchStrongly)) {
		return fmt.Errorf("%w: If-Match", ErrCondition)
	}
	if c.IfNoneMatch != "" && exists && matchAny(c.IfNoneMatch, tag, matchWeakly) {
		return fmt.Errorf("%w: If-None-Match", ErrCondition)
	}
	return nil
}

// matchStrongly is the strong comparison of RFC 9110, 8.8.3.2.
func matchStrongly(a, b string) bool { return a == b && a != "" && !strings.HasPrefix(a, "W/") }

// matchWeakly is the weak comparison of RFC 9110, 8.8.3.2.
func matchWeakly(a, b string) bool {
	return b != "" && strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/")
}

// matchAny reports whether list is "*" or has a tag that match finds equal to
// tag. What follows a malformed member is not looked at.
func matchAny(list, tag string, match func(a, b string) bool) bool {
	if strings.Trim(list, " \t") == "*" {
		return true
	}
	for {
		list = strings.TrimLeft(list, " \t,") // RFC 9110, 5.6.1.2: empty members are ignored
		member, rest, ok := cutTag(list)
		if !ok {
			return false
		}
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ',' {
			return false
		}
		if match(member, tag) {
			return true
		}
		list = rest
	}
}

// cutTag takes an entity tag off the front of s (RFC 9110, 8.8.3).
func cutTag(s string) (tag, rest string, ok bool) {
	i := 0
	if strings.HasPrefix(s, "W/") {
		i = 2
	}
	if i == len(s) || s[i] != '"' {
		return "", s, false
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[:i+1], s[i+1:], true
		case c <= ' ' || c == 0x7f:
			return "", s, false
		}
	}
	return "", s, false
}
