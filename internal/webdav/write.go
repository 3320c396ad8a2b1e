package webdav

import (
	"net/http"
	"net/url"
)

// put stores a file by the rules of the Writer, once the locks let it by. An
// empty file that its client has just made gives way to its content.
func (h *Handler) put(w http.ResponseWriter, r *http.Request, t target) error {
	_, err := h.stat(t.name)
	end, err := h.guard(r, t, claim{name: t.name, member: err != nil})
	if err != nil {
		return err
	}
	defer end()
	if h.isDouble(t) {
		return h.putDouble(w, r, t)
	}
	filled := h.takeBlank(r, t.name)
	if status := h.write(w, r); status/100 == 2 {
		h.noteBlank(r, t.name)
	} else if filled {
		h.log(r, h.makeBlank(r, t.name)) // as it was: a lock may be on it
	}
	return nil
}

// remove removes a file, or a folder with all in it (RFC 4918, 9.6).
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, t target) error {
	info, err := h.stat(t.name)
	if err != nil {
		return err
	}
	d, err := parseDepth(r.Header.Get("Depth"))
	if err != nil || info.IsDir() && d != depthNone && d != depthInfinity {
		return errDepth
	}
	end, err := h.guard(r, t, claim{name: t.name, member: true, below: true})
	if err != nil {
		return err
	}
	defer end()
	if h.doubles.drop(t.name) {
		h.locks.drop(t.name)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if info.IsDir() && !t.slash {
		r = withSlash(r) // without it, the Writer takes no folder
	}
	if h.write(w, r)/100 == 2 {
		h.forget(t.name)
	}
	return nil
}

// forget drops what is known of what no longer has a name.
func (h *Handler) forget(name string) {
	h.locks.drop(name)
	h.dead.drop(name)
}

// mkcol makes a folder (RFC 4918, 9.3).
func (h *Handler) mkcol(w http.ResponseWriter, r *http.Request, t target) error {
	end, err := h.guard(r, t, claim{name: t.name, member: true})
	if err != nil {
		return err
	}
	defer end()
	h.write(w, r)
	return nil
}

// write has the Writer answer, and returns the status.
func (h *Handler) write(w http.ResponseWriter, r *http.Request) int {
	watched := &statusWriter{ResponseWriter: w}
	h.config.Writer.ServeHTTP(watched, r)
	return watched.status
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // those below are followed by others
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// withSlash returns a request whose path ends with one.
func withSlash(r *http.Request) *http.Request {
	with, u := *r, url.URL(*r.URL)
	u.RawPath = r.URL.EscapedPath() + "/"
	u.Path += "/"
	with.URL = &u
	return &with
}
