package webdav

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"
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
	path := h.config.Prefix + "/"
	if name == "." {
		return path
	}
	for i, segment := range strings.Split(name, "/") {
		if i > 0 {
			path += "/"
		}
		path += url.PathEscape(segment)
	}
	if folder {
		path += "/"
	}
	return path
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
