package upload

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// target is what the path of a request names.
type target struct {
	name  string // as package store has it
	slash bool   // the path ended in a slash, so a folder is meant
}

// split returns the name of the folder of the target, and its last segment.
func (t target) split() (dir, base string) {
	i := strings.LastIndexByte(t.name, '/')
	if i < 0 {
		return ".", t.name
	}
	return t.name[:i], t.name[i+1:]
}

var errPath = refusal{status: http.StatusBadRequest, text: "the path names no file"}

// parseTarget reads an encoded path below the prefix.
func (h *Handler) parseTarget(path string) (target, error) {
	rest, ok := strings.CutPrefix(path, h.config.Prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return target{}, refusal{status: http.StatusNotFound}
	}
	return parseName(rest)
}

// parseName decodes a path once and removes its dot segments, encoded or not
// (RFC 3986, 5.2.4). One that leads above the root, or has an encoded slash or
// NUL, names nothing.
func parseName(path string) (target, error) {
	t := target{slash: true}
	var segments []string
	for raw := range strings.SplitSeq(path, "/") {
		segment, err := url.PathUnescape(raw)
		if err != nil || strings.ContainsAny(segment, "/\x00") {
			return target{}, errPath
		}
		t.slash = true
		switch segment {
		case "", ".":
		case "..":
			if len(segments) == 0 {
				return target{}, errPath
			}
			segments = segments[:len(segments)-1]
		default:
			t.slash = false
			segments = append(segments, segment)
		}
	}
	if t.name = strings.Join(segments, "/"); t.name == "" {
		t.name = "."
	}
	return t, nil
}

// pathOf returns the encoded path of what is in the store.
func (h *Handler) pathOf(name string, folder bool) string {
	path := h.config.Prefix + "/"
	if name != "." {
		path += escape(name)
		if folder {
			path += "/"
		}
	}
	return path
}

// escape encodes a name for use as a path, without its slashes.
func escape(name string) string {
	var b strings.Builder
	for i, segment := range strings.Split(name, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}

// checkBase refuses the last segment of a name if it cannot be that of a new
// file, and tells which one could.
func (h *Handler) checkBase(base string) error {
	clean := h.store.CleanName(base)
	if clean == base {
		return nil
	}
	if base != "" && base[0] == '.' && store.CleanName(base, true) == base {
		return refusal{status: http.StatusForbidden, text: "names that begin with a dot are not allowed"}
	}
	return refusal{status: http.StatusBadRequest, text: "the name has what some systems do not take; this one would do: " + clean}
}
