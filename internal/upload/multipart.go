package upload

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/gserve/gserve/internal/store"
)

const (
	maxForm  = 1 << 20 // bytes of all text fields of a form
	maxParts = 100_000 // of one form: a folder may have many files
)

// postParts stores the files of a form as they arrive, and then does what its
// text fields say.
func (h *Handler) postParts(w http.ResponseWriter, r *http.Request, t target, boundary string) error {
	if boundary == "" {
		return refusal{status: http.StatusBadRequest, text: "the form has no boundary"}
	}
	if free, ok := h.store.FreeSpace(t.name); ok && r.ContentLength > free {
		return store.ErrNoSpace
	}
	leave, err := h.gate.enter(r.Context(), holderOf(r))
	if err != nil {
		return err
	}
	defer leave()
	f := form{handler: h, request: r, target: t, fields: url.Values{}}
	if err := f.read(multipart.NewReader(r.Body, boundary)); err != nil {
		return f.explain(err)
	}
	if f.fields.Has("do") {
		if err := h.act(t, f.fields); err != nil {
			return f.explain(err)
		}
	} else if len(f.files) == 0 && !wantsPage(r) {
		return refusal{status: http.StatusBadRequest, text: "there is no file in the form"}
	}
	h.answerPost(w, r, t, f.files)
	return nil
}

// form is a multipart form that is being read.
type form struct {
	handler *Handler
	request *http.Request
	target  target
	files   []stored
	fields  url.Values
	size    int // of the fields
}

func (f *form) read(parts *multipart.Reader) error {
	for range maxParts {
		part, err := parts.NextRawPart()
		switch {
		case err == io.EOF: // itself: wrapped, it tells of a form that was cut off
			return nil
		case err != nil:
			return errContent{err}
		}
		if err := f.readPart(part); err != nil {
			return err
		}
	}
	return refusal{status: http.StatusBadRequest, text: "the form has too many parts"}
}

func (f *form) readPart(part *multipart.Part) error {
	name, isFile, err := partName(part.Header.Get("Content-Disposition"))
	switch {
	case err != nil:
		return err
	case isFile && name == "":
		_, err := io.CopyN(io.Discard, part, 1) // a file input that was left empty
		if !errors.Is(err, io.EOF) {
			return refusal{status: http.StatusBadRequest, text: "a file in the form has no name"}
		}
		return nil
	case isFile:
		return f.storePart(part, name)
	}
	value, err := io.ReadAll(io.LimitReader(part, int64(maxForm-f.size)+1))
	if err != nil {
		return errContent{err}
	}
	if f.size += len(value) + len(part.FormName()); f.size > maxForm {
		return refusal{status: http.StatusRequestEntityTooLarge, text: "the form has too much text"}
	}
	f.fields.Add(part.FormName(), string(value))
	return nil
}

func (f *form) storePart(part *multipart.Part, wanted string) error {
	if !f.handler.config.Upload {
		return refusal{status: http.StatusForbidden, text: "uploads are not allowed"}
	}
	dir, base, err := f.handler.place(f.target.name, wanted)
	if err != nil {
		return err
	}
	if err := f.handler.makeFolder(dir); err != nil {
		return err
	}
	file, err := f.handler.storeFile(f.request, dir, base, part, -1, store.Conditions{Free: true})
	if err != nil {
		return err
	}
	f.files = append(f.files, storedIn(f.target, dir, file, wanted))
	return nil
}

// explain adds to an error what was stored before it.
func (f *form) explain(err error) error {
	if len(f.files) == 0 {
		return err
	}
	r := meaningOf(err)
	if r.text != "" {
		r.text += "; "
	}
	r.text += fmt.Sprintf("%d files before it are stored, the last one is %s", len(f.files), f.files[len(f.files)-1].Name)
	r.cause = err
	return r
}

// partName returns the file name that a part of a form has, as the client has
// it, and whether the part is a file at all.
func partName(disposition string) (name string, isFile bool, err error) {
	kind, params, err := mime.ParseMediaType(disposition)
	if err != nil || kind != "form-data" {
		return "", false, refusal{http.StatusBadRequest, "a part of the form does not tell what it is", err}
	}
	name, isFile = params["filename"]
	return unquote.Replace(name), isFile, nil
}
