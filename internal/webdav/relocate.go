package webdav

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"net/http"

	"github.com/gserve/gserve/internal/store"
)

// relocation is what COPY and MOVE have in common: something that gets another
// name, which may be in use.
type relocation struct {
	from, to  target
	info      fs.FileInfo // of what is there
	old       fs.FileInfo // of what has the other name; nil if nothing has
	overwrite bool        // that may be replaced
}

var errInUse = refusal{status: http.StatusPreconditionFailed, text: "there is something of this name already"}

// claim returns what changes where it goes to.
func (rel *relocation) claim() claim {
	return claim{name: rel.to.name, member: rel.old == nil, below: true, alone: rel.aside()}
}

// parseRelocation reads where something goes to.
func (h *Handler) parseRelocation(r *http.Request, from target) (*relocation, error) {
	to, err := h.parseURL(r, r.Header.Get("Destination"))
	if err != nil {
		return nil, err
	}
	rel := &relocation{from: from, to: to}
	if rel.overwrite, err = parseOverwrite(r); err != nil {
		return nil, err
	}
	if rel.info, err = h.stat(from.name); err != nil {
		return nil, err
	}
	if from.slash && !rel.info.IsDir() {
		return nil, errAbsent
	}
	if from.name == to.name || isWithin(from.name, to.name) || rel.info.IsDir() && isWithin(to.name, from.name) {
		return nil, refusal{status: http.StatusForbidden, text: "one of the names is within the other"}
	}
	if rel.old, err = h.stat(to.name); err == nil {
		return rel, h.checkReplace(rel)
	}
	return rel, nil
}

// checkReplace refuses to replace what may not be: files where files are not
// overwritten, and folders where folders are not removed, either.
func (h *Handler) checkReplace(rel *relocation) error {
	if !rel.overwrite || !h.config.Store.Overwrites() || rel.aside() && !h.config.Delete {
		return errInUse
	}
	return nil
}

// aside reports whether what has the other name is moved aside first, since
// only a file takes the place of a file in one step.
func (rel *relocation) aside() bool {
	return rel.old != nil && (rel.old.IsDir() || rel.info.IsDir())
}

// replace has put give the other name to something. What has it is moved aside
// meanwhile, and moved back if put fails: nothing is lost before the new is
// there (RFC 4918, 9.9.3 has it deleted first).
func (h *Handler) replace(r *http.Request, rel *relocation, put func() error) error {
	if !rel.aside() {
		return put()
	}
	folder, _ := split(rel.to.name)
	aside := nameIn(folder, "replaced-"+rand.Text())
	if _, err := h.config.Store.Rename(rel.to.name, aside, false); err != nil {
		return err
	}
	if err := put(); err != nil {
		_, backErr := h.config.Store.Rename(aside, rel.to.name, false)
		return errors.Join(err, backErr)
	}
	h.log(r, h.config.Store.RemoveAll(aside))
	return nil
}

// relocated tells that something has got its other name.
func (h *Handler) relocated(w http.ResponseWriter, rel *relocation) {
	if rel.old != nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Location", h.href(rel.to.name, rel.info.IsDir()))
	w.WriteHeader(http.StatusCreated)
}

// move gives a file or folder another name (RFC 4918, 9.9).
func (h *Handler) move(w http.ResponseWriter, r *http.Request, t target) error {
	d, err := parseDepth(r.Header.Get("Depth"))
	if err != nil || d != depthNone && d != depthInfinity {
		return errDepth
	}
	rel, err := h.parseRelocation(r, t)
	if err != nil {
		return err
	}
	end, err := h.guard(r, t, claim{name: t.name, member: true, below: true}, rel.claim())
	if err != nil {
		return err
	}
	defer end()
	if from, ok := h.doubles.find(t.name); ok {
		return h.moveDouble(w, from, t, rel.to)
	}
	err = h.replace(r, rel, func() error {
		_, err := h.config.Store.Rename(t.name, rel.to.name, rel.old != nil && !rel.aside())
		return err
	})
	if err != nil {
		return as(as(err, store.ErrExists, http.StatusPreconditionFailed), store.ErrNotFound, http.StatusConflict)
	}
	h.dead.copy(t.name, rel.to.name)
	h.forget(t.name)
	h.relocated(w, rel)
	return nil
}
