package rules

import (
	"bytes"
	"strings"
)

// request is what rules are matched against.
type request struct {
	path  string // its segments in the one spelling, no slash at either end
	whole string // the path with the slash at its end, if it has one
	query string // as it was sent
}

// readRequest reads a path as the server of files does: dot segments are
// removed, empty ones ignored. It fails for what is no path, and for one that
// leads above the root.
func readRequest(path, query string) (request, bool) {
	if path == "" || path[0] != '/' {
		return request{}, false
	}
	whole := path[1:]
	if !isUsual(whole) {
		var ok bool
		if whole, ok = resolve(whole); !ok {
			return request{}, false
		}
	}
	return request{strings.TrimSuffix(whole, "/"), whole, query}, true
}

// isUsual reports whether a path is in the one spelling, with no segment that
// is empty or begins with a dot.
func isUsual(path string) bool {
	last := byte('/')
	for i := range len(path) {
		c := path[i]
		if last == '/' && (c == '/' || c == '.') || c != '/' && !segmentSet[c] {
			return false
		}
		last = c
	}
	return true
}

// resolve spells a path, and removes the segments that are none.
func resolve(path string) (string, bool) {
	b := make([]byte, 0, len(path)+16)
	for rest, more := path, true; more; {
		var raw string
		raw, rest, more = strings.Cut(rest, "/")
		start := len(b)
		var ok bool
		if b, ok = appendSpelled(b, raw, segmentSet); !ok {
			return "", false
		}
		switch string(b[start:]) {
		case "", ".":
			b = b[:start]
		case "..":
			if start == 0 {
				return "", false
			}
			b = b[:bytes.LastIndexByte(b[:start-1], '/')+1]
		default:
			if more {
				b = append(b, '/')
			}
		}
	}
	return string(b), true
}
