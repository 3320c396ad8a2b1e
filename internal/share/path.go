package share

import (
	"crypto/subtle"
	"net/http"
	"path"
	"strings"
)

// isBelow reports whether a path is that of the link, or below it. How long it
// takes does not depend on how much of the token is right.
func isBelow(p, token string) bool {
	rest, ok := strings.CutPrefix(p, "/")
	first, _, _ := strings.Cut(rest, "/")
	if subtle.ConstantTimeCompare([]byte(first), []byte(token)) != 1 || !ok {
		return false
	}
	return hasPrefix(path.Clean(p), "/"+token) // no dots lead out of it
}

// isFolder reports whether a request is most likely for the page of a folder.
func isFolder(r *http.Request, token string) bool {
	return r.URL.RawQuery == "" && (strings.HasSuffix(r.URL.Path, "/") || r.URL.Path == "/"+token)
}

// isExcepted reports whether a path is at or below one of the prefixes, and is
// not so by dots.
func isExcepted(p string, prefixes []string) bool {
	for _, prefix := range prefixes {
		prefix = strings.TrimSuffix(prefix, "/")
		if hasPrefix(p, prefix) && hasPrefix(path.Clean(p), prefix) {
			return true
		}
	}
	return false
}

func hasPrefix(p, prefix string) bool {
	rest, ok := strings.CutPrefix(p, prefix)
	return ok && (rest == "" || rest[0] == '/')
}
