package webdav

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// target is what a path names.
type target struct {
	name  string // as package store has it: "." for the root, no slash at either end
	slash bool   // the path ended in a slash, so a folder is meant
}

var (
	errPath   = refusal{status: http.StatusBadRequest, text: "the path names no file"}
	errBeside = refusal{status: http.StatusNotFound, text: "there is no such file or folder"}
)

// parseTarget reads an encoded path below the prefix.
func (h *Handler) parseTarget(path string) (target, error) {
	rest, ok := strings.CutPrefix(path, h.config.Prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return target{}, errBeside
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

// parseURL reads a URL of this server, or an absolute path, as it stands in
// Destination and If.
func (h *Handler) parseURL(r *http.Request, value string) (target, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil, u.EscapedPath() == "", u.EscapedPath()[0] != '/', u.RawQuery != "", u.Fragment != "":
		return target{}, refusal{status: http.StatusBadRequest, text: "it has to be a URL of this server, or a path", cause: err}
	case u.Host != "" && !strings.EqualFold(u.Host, r.Host):
		return target{}, refusal{status: http.StatusBadGateway, text: "the URL is that of another server"}
	}
	return h.parseTarget(u.EscapedPath())
}

// href returns the encoded path of what has a name, which any name survives:
// XML has no way to say most control characters.
func (h *Handler) href(name string, folder bool) string {
	return h.config.Prefix + store.EncodePath(name, folder)
}

// stat describes what clients can have by this name, links followed. All else
// is an errAbsent, so that nobody gets to know what there is besides.
func (h *Handler) stat(name string) (fs.FileInfo, error) {
	if info, ok := h.doubles.find(name); ok {
		return info, nil
	}
	info, err := fs.Stat(h.config.Root, name)
	switch {
	case err != nil:
		return nil, absent(err)
	case !h.shows(name, info):
		return nil, errAbsent
	}
	return info, nil
}

func (h *Handler) shows(name string, info fs.FileInfo) bool {
	return (info.IsDir() || info.Mode().IsRegular()) && (h.config.Shows == nil || h.config.Shows(name, info))
}

// nameIn returns the name of what has a name in a folder.
func nameIn(folder, base string) string {
	if folder == "." {
		return base
	}
	return folder + "/" + base
}

// split returns the name of the folder that a name is in, and its last segment.
func split(name string) (folder, base string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ".", name
	}
	return name[:i], name[i+1:]
}

// isWithin reports whether a name is that of a folder, or of what lies in it.
func isWithin(name, folder string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder) && name[len(folder)] == '/'
}
