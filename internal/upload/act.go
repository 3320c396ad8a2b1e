package upload

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// postFields does what the fields of a form without files say.
func (h *Handler) postFields(w http.ResponseWriter, r *http.Request, t target) error {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refusal{http.StatusRequestEntityTooLarge, "the form has too much text", err}
	case err != nil:
		return errContent{err}
	}
	fields, err := url.ParseQuery(string(content))
	if err != nil {
		return refusal{http.StatusBadRequest, "the form cannot be read", err}
	}
	if err := h.act(t, fields); err != nil {
		return err
	}
	if wantsPage(r) {
		h.answerForm(w, h.pathOf(t.name, true), nil)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// act does what a form asks for: do=mkdir&to=NAME, do=delete&name=NAME..., or
// do=move&name=NAME&to=NAME. The names are of what is in the folder. That of a
// folder ends with a slash.
func (h *Handler) act(t target, fields url.Values) error {
	switch action := fields.Get("do"); {
	case action == "mkdir" && h.config.Mkdir:
		return h.actMkdir(t, fields.Get("to"))
	case action == "delete" && h.config.Delete:
		return h.actDelete(t, fields["name"])
	case action == "move" && h.config.Move:
		return h.actMove(t, fields["name"], fields.Get("to"))
	case action == "mkdir", action == "delete", action == "move":
		return refusal{status: http.StatusForbidden, text: "that is not allowed here"}
	}
	return refusal{status: http.StatusBadRequest, text: "the form does not say what to do: do=mkdir, do=delete or do=move"}
}

func (h *Handler) actMkdir(t target, to string) error {
	if to = strings.TrimSuffix(to, "/"); to == "" || to == "." || to == ".." || strings.Contains(to, "/") {
		return refusal{status: http.StatusBadRequest, text: "a folder needs a name"}
	}
	return h.store.Mkdir(nameIn(t.name, h.store.CleanName(to)))
}

func (h *Handler) actDelete(t target, names []string) error {
	for _, name := range names {
		in, err := member(t, name)
		if err != nil {
			return err
		}
		if err := h.removeTarget(in, store.Conditions{}); err != nil {
			return err
		}
	}
	return nil
}

// actMove gives one file or folder another name, or puts several into a folder,
// whose name ends with a slash.
func (h *Handler) actMove(t target, names []string, to string) error {
	if len(names) > 1 && !strings.HasSuffix(to, "/") {
		return refusal{status: http.StatusBadRequest, text: "to be moved together, they need a folder: its name ends with a slash"}
	}
	for _, name := range names {
		from, err := member(t, name)
		if err != nil {
			return err
		}
		dest, err := h.destination(t, from, to)
		if err != nil {
			return err
		}
		if _, err := h.store.Rename(from.name, dest, false); err != nil {
			return err
		}
	}
	return nil
}

// destination returns the name that something moves to: below the folder of
// the form, or below the root if to begins with a slash.
func (h *Handler) destination(t, from target, to string) (string, error) {
	folder := t.name
	if strings.HasPrefix(to, "/") {
		folder = "."
	}
	into := ""
	if strings.HasSuffix(to, "/") {
		_, into = from.split()
	}
	if strings.Trim(to, "/") == "" {
		if into == "" {
			return "", refusal{status: http.StatusBadRequest, text: "it needs another name"}
		}
		return into, nil // "/" is the root
	}
	name, err := h.store.CleanPath(to)
	if err != nil {
		return "", err
	}
	if into != "" {
		name += "/" + into
	}
	return nameIn(folder, name), nil
}

// member returns what has a name in a folder.
func member(t target, name string) (target, error) {
	name, slash := strings.CutSuffix(name, "/")
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return target{}, refusal{status: http.StatusBadRequest, text: "a name is that of something in the folder"}
	}
	return target{nameIn(t.name, name), slash}, nil
}
