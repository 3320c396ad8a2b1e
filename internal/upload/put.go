package upload

import (
	"net/http"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// put stores the content of a request by the name that its path has.
func (h *Handler) put(w http.ResponseWriter, r *http.Request, t target) error {
	dir, base := t.split()
	switch {
	case t.slash:
		w.Header().Set("Allow", strings.Replace(h.Allow(), "PUT, ", "", 1))
		return refusal{status: http.StatusMethodNotAllowed, text: "the path is that of a folder: PUT needs the name of a file"}
	case r.Header.Get("Content-Range") != "":
		// RFC 9110, 14.5: it would be stored as if it were the whole.
		return refusal{status: http.StatusBadRequest, text: "a part of a file cannot be stored by PUT"}
	}
	if err := h.checkBase(base); err != nil {
		return err
	}
	c := store.Conditions{IfMatch: field(r, "If-Match"), IfNoneMatch: field(r, "If-None-Match")}
	p, err := parsePlan(r)
	if err != nil {
		return err
	}
	if err := h.store.Check(t.name, p.length, c); err != nil {
		return as(err, store.ErrNotFound, http.StatusConflict) // RFC 4918, 9.7.1: the folder has to be there
	}
	leave, err := h.gate.enter(r.Context(), holderOf(r))
	if err != nil {
		return err
	}
	defer leave()
	if p.resumable {
		return h.create(w, r, p, note{Dir: dir, Base: base, Put: true, IfMatch: c.IfMatch, IfNoneMatch: c.IfNoneMatch})
	}
	f, err := h.storeFile(r, dir, base, r.Body, r.ContentLength, c)
	if err != nil {
		return as(err, store.ErrNotFound, http.StatusConflict)
	}
	h.answerPut(w, r, dir, f)
	return nil
}

// answerPut tells of a file that has been stored by the name that was asked
// for.
func (h *Handler) answerPut(w http.ResponseWriter, r *http.Request, dir string, f store.File) {
	tag(w, f)
	if f.Replaced {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Location", h.pathOf(nameIn(dir, f.Base), false))
	writeStored(w, r, []stored{{Name: f.Base, URL: escape(f.Base), Size: f.Size}})
}

// tag sends the entity tag of a file that was stored as it was sent (RFC 9110,
// 9.3.4). A weak one would be of no use in If-Match.
func tag(w http.ResponseWriter, f store.File) {
	if f.ETag != "" && f.ETag[0] == '"' {
		w.Header().Set("ETag", f.ETag)
	}
}

func nameIn(dir, base string) string {
	if dir == "." {
		return base
	}
	return dir + "/" + base
}
