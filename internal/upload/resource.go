package upload

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/internal/store"
)

const allowResource = "HEAD, PATCH, DELETE, OPTIONS"

// resourceOf returns the path of the resource of an upload into a folder.
func (h *Handler) resourceOf(dir, token string) string {
	path := ResourcePrefix + token + "/"
	if dir != "." {
		path += escape(dir) + "/"
	}
	return path
}

// serveResource answers a request for the resource of an upload, whose path is
// the token and the folder.
func (h *Handler) serveResource(w http.ResponseWriter, r *http.Request, path string) error {
	if !h.config.Upload {
		return refusal{status: http.StatusNotFound}
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	token, dir, _ := strings.Cut(path, "/")
	t, err := parseName(dir)
	if err != nil {
		return refusal{status: http.StatusNotFound}
	}
	switch r.Method {
	case http.MethodHead:
		return h.tellOffset(w, r, token, t.name)
	case http.MethodPatch:
		return h.patch(w, r, token, t.name)
	case http.MethodDelete:
		return h.cancel(w, r, token, t.name)
	case http.MethodOptions:
		header.Set("Allow", allowResource)
		header.Set("Accept-Patch", partialUpload)
		header.Set("Upload-Limit", h.limits(maxAge))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	header.Set("Allow", allowResource)
	return refusal{status: http.StatusMethodNotAllowed}
}

// hold takes an upload for a request, and calls use with it.
func (h *Handler) hold(w http.ResponseWriter, r *http.Request, token, dir string, use func(*store.Draft, *transfer) error) error {
	t, err := h.begin(r, w, token)
	if err != nil {
		return err
	}
	defer h.finish(token, t)
	d, err := h.resume(dir, token)
	if err != nil {
		return err
	}
	defer d.Close()
	return use(d, t)
}

// resume opens a draft. The sweep may look at it at the same time, for a
// moment.
func (h *Handler) resume(dir, token string) (d *store.Draft, err error) {
	for range 20 {
		if d, err = h.store.Resume(dir, token); !errors.Is(err, store.ErrDraft) {
			break
		}
		time.Sleep(nudge)
	}
	return d, err
}

// tellOffset tells how far an upload is.
func (h *Handler) tellOffset(w http.ResponseWriter, r *http.Request, token, dir string) error {
	header := w.Header()
	err := h.hold(w, r, token, dir, func(d *store.Draft, _ *transfer) error {
		header.Set("Upload-Complete", "?0")
		header.Set("Upload-Offset", strconv.FormatInt(d.Offset(), 10))
		if length := d.Meta().Length; length >= 0 {
			header.Set("Upload-Length", strconv.FormatInt(length, 10))
		}
		header.Set("Upload-Limit", h.limits(time.Until(d.Expires())))
		return nil
	})
	if done, ok := h.done.find(token); ok && errors.Is(err, store.ErrNotFound) {
		size := strconv.FormatInt(done.size, 10)
		header.Set("Upload-Complete", "?1")
		header.Set("Upload-Offset", size)
		header.Set("Upload-Length", size)
		header.Set("Upload-Limit", h.limits(maxAge-time.Since(done.when)))
		header.Set("Location", done.location)
		err = nil
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// patch appends to an upload.
func (h *Handler) patch(w http.ResponseWriter, r *http.Request, token, dir string) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != partialUpload {
		w.Header().Set("Accept-Patch", partialUpload)
		return refusal{http.StatusUnsupportedMediaType, "an upload takes " + partialUpload, err}
	}
	offset, hasOffset := integer(r, "Upload-Offset")
	p := plan{resumable: true, told: understandsInterim(r)}
	var hasComplete bool
	if p.complete, hasComplete = boolean(r, "Upload-Complete"); !hasOffset || !hasComplete {
		return refusal{status: http.StatusBadRequest, text: "Upload-Offset and Upload-Complete are needed"}
	}
	leave, err := h.gate.enter(r.Context(), holderOf(r))
	if err != nil {
		return err
	}
	defer leave()
	err = h.hold(w, r, token, dir, func(d *store.Draft, t *transfer) error {
		return h.appendTo(w, r, d, t, p, offset)
	})
	if done, ok := h.done.find(token); ok && errors.Is(err, store.ErrNotFound) {
		return completed(w, r, done)
	}
	return err
}

func (h *Handler) appendTo(w http.ResponseWriter, r *http.Request, d *store.Draft, t *transfer, p plan, offset int64) error {
	header := w.Header()
	header.Set("Upload-Complete", "?0")
	if offset != d.Offset() {
		header.Set("Upload-Offset", strconv.FormatInt(d.Offset(), 10))
		return mismatch(d.Offset(), offset)
	}
	length, known, err := p.lengthAt(r, offset)
	if err != nil {
		return err
	}
	if known {
		if err := d.SetLength(length); errors.Is(err, store.ErrLength) {
			return inconsistent()
		} else if err != nil {
			return err
		}
	} else if length := d.Meta().Length; length >= 0 && r.ContentLength > length-offset {
		return inconsistent()
	}
	a := &appending{handler: h, draft: d, plan: p, observed: h.observe(r, d.Meta().Name, d.Meta().Length)}
	if err := json.Unmarshal([]byte(d.Meta().Note), &a.note); err != nil {
		return err
	}
	err = a.receive(w, r, t)
	a.end(err)
	if err != nil || p.complete {
		return a.answer(w, r, err)
	}
	header.Set("Upload-Offset", strconv.FormatInt(d.Offset(), 10))
	header.Set("Upload-Limit", h.limits(time.Until(d.Expires())))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// completed refuses to append to what is complete.
func completed(w http.ResponseWriter, r *http.Request, done completion) error {
	w.Header().Set("Upload-Complete", "?1")
	w.Header().Set("Location", done.location)
	if n, _ := io.CopyN(io.Discard, r.Body, 1); n > 0 {
		return inconsistent()
	}
	return problem{refusal{http.StatusGone, "upload is already completed", nil}, "completed-upload", nil}
}

// cancel gives an upload up.
func (h *Handler) cancel(w http.ResponseWriter, r *http.Request, token, dir string) error {
	err := h.hold(w, r, token, dir, func(d *store.Draft, _ *transfer) error { return d.Abort() })
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
