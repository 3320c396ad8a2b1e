package upload

import (
	"net/http"
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

// parseName reads an encoded path.
func parseName(path string) (target, error) {
	name, slash, ok := store.ParsePath(path)
	if !ok {
		return target{}, errPath
	}
	return target{name, slash}, nil
}

// pathOf returns the encoded path of what is in the store.
func (h *Handler) pathOf(name string, folder bool) string {
	return h.config.Prefix + store.EncodePath(name, folder)
}

// escape encodes a name for use as a relative path.
func escape(name string) string { return store.EncodePath(name, false)[1:] }

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
