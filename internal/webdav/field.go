package webdav

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// depth is how much of a folder a request is about.
type depth int

const (
	depthNone     depth = iota // the field is not there
	depthZero                  // the folder itself
	depthOne                   // and what is in it
	depthInfinity              // and all below
)

// parseDepth reads the field of this name (RFC 4918, 10.2).
func parseDepth(field string) (depth, error) {
	switch strings.ToLower(field) {
	case "":
		return depthNone, nil
	case "0":
		return depthZero, nil
	case "1":
		return depthOne, nil
	case "infinity":
		return depthInfinity, nil
	}
	return depthNone, errDepth
}

// parseOverwrite reads the field of this name (RFC 4918, 10.6).
func parseOverwrite(r *http.Request) (bool, error) {
	switch r.Header.Get("Overwrite") {
	case "", "T", "t":
		return true, nil
	case "F", "f":
		return false, nil
	}
	return false, refusal{status: http.StatusBadRequest, text: "Overwrite is T or F"}
}

// maxTimeout bounds how long a lock outlives a client that is gone. Those that
// are not gone refresh theirs, as they are told the time they got.
const maxTimeout = time.Hour

// parseTimeout reads the first choice of the field of this name (RFC 4918,
// 10.7) that can be had.
func parseTimeout(r *http.Request) time.Duration {
	for choice := range strings.SplitSeq(r.Header.Get("Timeout"), ",") {
		seconds, ok := strings.CutPrefix(strings.TrimSpace(choice), "Second-")
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(seconds, 10, 32); err == nil && n > 0 {
			return min(time.Duration(n)*time.Second, maxTimeout)
		}
	}
	return maxTimeout
}
