package webdav

import (
	"net/http"
	"strings"
)

// options tells what can be done (RFC 4918, 10.1). Explorer looks at
// MS-Author-Via. The status is 200, as of all servers that it is known to mount.
func (h *Handler) options(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("MS-Author-Via", "DAV")
	if h.readOnly() {
		header.Set("DAV", "1")
		h.writeOptions(w)
		return
	}
	header.Set("DAV", "1, 2")
	h.config.Writer.ServeHTTP(&optionsWriter{ResponseWriter: w, handler: h}, r)
}

func (h *Handler) writeOptions(w http.ResponseWriter) {
	w.Header().Set("Allow", h.allow(w.Header().Get("Allow")))
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

// allow returns the value of Allow, given that of the Writer.
func (h *Handler) allow(more string) string {
	var all []string
	seen := map[string]bool{}
	add := func(name string) {
		if name = strings.TrimSpace(name); name != "" && !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	for _, name := range []string{"GET", "HEAD", "OPTIONS"} {
		add(name)
	}
	for name := range strings.SplitSeq(more, ",") {
		add(name)
	}
	for _, name := range h.Methods() {
		add(name)
	}
	return strings.Join(all, ", ")
}

// optionsWriter adds what a Handler allows to an answer of the Writer that has
// no content.
type optionsWriter struct {
	http.ResponseWriter
	handler *Handler
}

func (w *optionsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *optionsWriter) WriteHeader(status int) {
	if status == http.StatusNoContent {
		w.handler.writeOptions(w.ResponseWriter)
		return
	}
	w.ResponseWriter.WriteHeader(status)
}
