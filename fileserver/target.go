package fileserver

import (
	"errors"
	"runtime"
	"strings"
)

// target is what the path of a request names: a file or directory below the
// root, as [fs.FS] spells it ("." for the root itself, no slash at either
// end), though its bytes need not be UTF-8.
type target struct {
	name  string
	slash bool // the path ended in a slash, so a directory is meant
	exact bool // it is no path that a client asked for, and has no cleaner one
}

var (
	errEncoding = errors.New("invalid percent-encoding in the path")
	errNoName   = errors.New("no file can have this name")
	errAbove    = errors.New("path leads above the root")
)

// parseTarget reads a percent-encoded path. It fails with errEncoding for
// what is no path at all, with errAbove for one that leads above the root, and
// with errNoName for one that no file can have: segments of the target that are
// no names are then as they were sent.
//
// Dot segments are removed (RFC 3986, 5.2.4), encoded or not; unlike there,
// one that leads above the root names nothing. Empty segments are ignored, as
// other servers of files do. An encoded slash stays within its segment, and so
// names nothing: it is data there (RFC 3986, 2.2), and a file name has none.
func parseTarget(path string) (target, error) {
	if path == "" || path[0] != '/' {
		return target{}, errEncoding
	}
	if t, ok := plainTarget(path); ok {
		return t, nil
	}
	var segments []string
	t := target{}
	var refused error
	above := false
	for raw := range strings.SplitSeq(path[1:], "/") {
		segment, err := unescape(raw)
		if err != nil {
			return target{}, err
		}
		t.slash = false
		switch segment {
		case "", ".":
			t.slash = true
		case "..":
			t.slash = true
			if len(segments) == 0 {
				above = true
				continue
			}
			segments = segments[:len(segments)-1]
		default:
			if !isName(segment) {
				refused, segment = errNoName, raw // a mount may know it
			}
			segments = append(segments, segment)
		}
	}
	if t.name = strings.Join(segments, "/"); t.name == "" {
		t.name = "."
	}
	if above {
		return t, errAbove
	}
	return t, refused
}

// plainTarget reads the usual path, which is its own name: nothing encoded, no
// dot or empty segment.
func plainTarget(path string) (target, bool) {
	t := target{name: path[1:]}
	if t.name == "" {
		return target{name: ".", slash: true}, true
	}
	last := byte('/')
	for i := range len(t.name) {
		c := t.name[i]
		if last == '/' && (c == '/' || c == '.') || c == '%' || c < ' ' || c == '\\' || c == ':' {
			return target{}, false
		}
		last = c
	}
	if last == '/' {
		t.name, t.slash = t.name[:len(t.name)-1], true
	}
	if runtime.GOOS == "windows" {
		for segment := range strings.SplitSeq(t.name, "/") {
			if !isName(segment) {
				return target{}, false
			}
		}
	}
	return t, true
}

// unescape decodes the percent-encoded octets of a path segment.
func unescape(s string) (string, error) {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for ; i >= 0; i = strings.IndexByte(s, '%') {
		if i+2 >= len(s) {
			return "", errEncoding
		}
		hi, lo := unhex(s[i+1]), unhex(s[i+2])
		if hi < 0 || lo < 0 {
			return "", errEncoding
		}
		b = append(append(b, s[:i]...), byte(hi<<4|lo))
		s = s[i+3:]
	}
	return string(append(b, s...)), nil
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// isName reports whether a file of this system can have this name.
func isName(segment string) bool {
	if strings.ContainsAny(segment, "/\x00") {
		return false
	}
	return runtime.GOOS != "windows" || isWindowsName(segment)
}

// isWindowsName reports whether Windows takes segment for one plain name, and
// for no other than the one it spells.
func isWindowsName(segment string) bool {
	for i := range len(segment) {
		if c := segment[i]; c < ' ' || strings.IndexByte(`\:*?"<>|`, c) >= 0 {
			return false // separators, streams (name:stream), wildcards
		}
	}
	if last := segment[len(segment)-1]; last == '.' || last == ' ' {
		return false // dropped by Windows: ".env." would open ".env"
	}
	if i := strings.LastIndexByte(segment, '~'); i >= 0 && i+1 < len(segment) && isDigit(segment[i+1]) {
		return false // short form of another name: GIT~1 is .git
	}
	stem, _, _ := strings.Cut(segment, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return false
	}
	if port, ok := strings.CutPrefix(stem, "COM"); ok {
		return !isPortNumber(port)
	}
	if port, ok := strings.CutPrefix(stem, "LPT"); ok {
		return !isPortNumber(port)
	}
	return true
}

// isPortNumber reports whether s numbers a device: Windows takes superscripts.
func isPortNumber(s string) bool {
	return len(s) == 1 && isDigit(s[0]) || s == "¹" || s == "²" || s == "³"
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isHidden reports whether the name, or a directory on the way to it, begins
// with a dot. What lies in /.well-known/ is meant for strangers (RFC 8615).
func isHidden(name string) bool {
	if name == "." {
		return false
	}
	for i := 0; i < len(name); i++ {
		if name[i] == '.' && (i == 0 || name[i-1] == '/') {
			if i > 0 || !isWellKnown(name) {
				return true
			}
		}
	}
	return false
}

func isWellKnown(name string) bool {
	rest, ok := strings.CutPrefix(name, ".well-known")
	return ok && (rest == "" || rest[0] == '/')
}
