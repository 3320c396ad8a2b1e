package store

import (
	"net/url"
	"strings"
)

// ParsePath decodes a percent-encoded path once and removes its dot segments,
// encoded or not (RFC 3986, 5.2.4). It returns the name as a [Store] takes it,
// and whether the path ends in a slash, so that a folder is meant. A path that
// leads above the root, or has an encoded slash or NUL, names nothing.
func ParsePath(path string) (name string, slash, ok bool) {
	var segments []string
	for raw := range strings.SplitSeq(path, "/") {
		segment, err := url.PathUnescape(raw)
		if err != nil || strings.ContainsAny(segment, "/\x00") {
			return "", false, false
		}
		slash = true
		switch segment {
		case "", ".":
		case "..":
			if len(segments) == 0 {
				return "", false, false
			}
			segments = segments[:len(segments)-1]
		default:
			slash = false
			segments = append(segments, segment)
		}
	}
	if len(segments) == 0 {
		return ".", true, true
	}
	return strings.Join(segments, "/"), slash, true
}

// EncodePath returns the path of a name, percent-encoded, with a slash in front
// and, for a folder, at its end.
func EncodePath(name string, folder bool) string {
	if name == "." {
		return "/"
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(name, "/") {
		b.WriteString("/" + url.PathEscape(segment))
	}
	if folder {
		b.WriteByte('/')
	}
	return b.String()
}
