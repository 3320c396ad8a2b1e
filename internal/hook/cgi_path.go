package hook

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errPathEncoding = errors.New("invalid percent-encoding in the path")
	errPathName     = errors.New("no file can have this name")
	errElsewhere    = errors.New("path is not below the prefix")
)

// requestPath is the path of a request in segments. Dot segments have been
// removed, empty ones are kept for PATH_INFO: the last one is empty if the path
// ends in a slash.
type requestPath []pathSegment

type pathSegment struct {
	text string // decoded, may hold slashes
	raw  string // as it was sent
}

// parsePath reads the path of u as the file server does, so that both mean the
// same by it: dot segments count decoded, and one that leads up skips empty
// segments.
func parsePath(u *url.URL) (requestPath, error) {
	var path requestPath
	slash := false
	for raw := range strings.SplitSeq(strings.TrimPrefix(rawPath(u), "/"), "/") {
		text, err := url.PathUnescape(raw)
		if err != nil {
			return nil, errPathEncoding
		}
		slash = text == "." || text == ".."
		switch {
		case text == "..":
			for len(path) > 0 && path[len(path)-1].text == "" {
				path = path[:len(path)-1]
			}
			if len(path) == 0 {
				return nil, errElsewhere
			}
			path = path[:len(path)-1]
		case text == ".":
		case !isInfo(text):
			return nil, errPathName
		default:
			path = append(path, pathSegment{text, raw})
		}
	}
	if slash {
		path = append(path, pathSegment{})
	}
	return path, nil
}

// rawPath returns the path of u as it was sent, unless a handler before this
// one has edited u.
func rawPath(u *url.URL) string {
	if decoded, err := url.PathUnescape(u.RawPath); u.RawPath != "" && err == nil && decoded == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// isInfo reports whether a decoded segment may get into PATH_INFO. A NUL would
// end the variable, and programs join it to a folder (RFC 3875, 4.1.5 leaves it
// to the server which paths it rejects).
func isInfo(text string) bool {
	if strings.Contains(text, "\x00") {
		return false
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == ".." {
			return false
		}
	}
	return true
}

// below returns how many segments of p make up the prefix, empty ones among
// them included.
func (p requestPath) below(prefix []string) (n int, ok bool) {
	for _, want := range prefix {
		for n < len(p) && p[n].text == "" {
			n++
		}
		if n == len(p) || p[n].text != want {
			return 0, false
		}
		n++
	}
	return n, true
}

// info returns the segments from n on, decoded, as a PATH_INFO.
func (p requestPath) info(n int) string {
	var info strings.Builder
	for _, segment := range p[n:] {
		info.WriteString("/" + segment.text)
	}
	return info.String()
}

// prefixSegments returns the segments of a prefix as it was configured.
func prefixSegments(prefix string) []string {
	return strings.FieldsFunc(prefix, func(r rune) bool { return r == '/' })
}
