package upload

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// mkcol makes a folder (RFC 4918, 9.3).
func (h *Handler) mkcol(w http.ResponseWriter, r *http.Request, t target) error {
	if r.ContentLength != 0 {
		return refusal{status: http.StatusUnsupportedMediaType, text: "MKCOL takes no content"}
	}
	if t.name == "." {
		return refusal{status: http.StatusMethodNotAllowed, text: "the folder is there already"}
	}
	_, base := t.split()
	if err := h.checkBase(base); err != nil {
		return err
	}
	if err := h.store.Mkdir(t.name); err != nil {
		return as(as(err, store.ErrExists, http.StatusMethodNotAllowed), store.ErrNotFound, http.StatusConflict)
	}
	w.Header().Set("Location", h.pathOf(t.name, true))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// remove removes a file, or a folder with all in it if the path ends with a
// slash.
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, t target) error {
	c := store.Conditions{IfMatch: field(r, "If-Match"), IfNoneMatch: field(r, "If-None-Match")}
	if err := h.removeTarget(t, c); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) removeTarget(t target, c store.Conditions) error {
	if !t.slash {
		err := h.store.Remove(t.name, c)
		if errors.Is(err, store.ErrExists) {
			return refusal{http.StatusConflict, "it is a folder: with a slash at its end it is removed with all in it", err}
		}
		return err
	}
	info, err := h.store.Stat(t.name)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return store.ErrNotFound
	case c.IfMatch != "" || c.IfNoneMatch != "":
		return refusal{status: http.StatusPreconditionFailed, text: "a folder has no entity tag"}
	}
	return h.store.RemoveAll(t.name)
}

// move gives a file or folder another name (RFC 4918, 9.9). What has that name
// is replaced only if it is a file, and files may be overwritten.
func (h *Handler) move(w http.ResponseWriter, r *http.Request, t target) error {
	to, err := h.parseDestination(r)
	if err != nil {
		return err
	}
	overwrite, err := parseOverwrite(r.Header.Get("Overwrite"))
	if err != nil {
		return err
	}
	if to.name == t.name {
		return refusal{status: http.StatusForbidden, text: "it has that name already"}
	}
	if _, err := h.store.Stat(t.name); err != nil {
		return err // else a missing folder of the destination would be told of
	}
	_, base := to.split()
	if err := h.checkBase(base); err != nil {
		return err
	}
	replaced, err := h.store.Rename(t.name, to.name, overwrite)
	if err != nil {
		return as(as(err, store.ErrExists, http.StatusPreconditionFailed), store.ErrNotFound, http.StatusConflict)
	}
	if replaced {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Location", h.pathOf(to.name, to.slash))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// parseDestination reads the field of this name (RFC 4918, 10.3): a URL of this
// server, or a path.
func (h *Handler) parseDestination(r *http.Request) (target, error) {
	u, err := url.Parse(r.Header.Get("Destination"))
	switch {
	case err != nil, u.EscapedPath() == "", u.EscapedPath()[0] != '/', u.RawQuery != "", u.Fragment != "":
		return target{}, refusal{http.StatusBadRequest, "the Destination has to be a URL of this server, or a path", err}
	case u.Host != "" && !strings.EqualFold(u.Host, r.Host):
		return target{}, refusal{status: http.StatusBadGateway, text: "the Destination is on another server"}
	}
	return h.parseTarget(u.EscapedPath())
}

// parseOverwrite reads the field of this name (RFC 4918, 10.6).
func parseOverwrite(value string) (bool, error) {
	switch value {
	case "", "T", "t":
		return true, nil
	case "F", "f":
		return false, nil
	}
	return false, refusal{status: http.StatusBadRequest, text: "Overwrite is T or F"}
}
