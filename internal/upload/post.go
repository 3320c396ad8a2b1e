package upload

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// post stores what a form or a program sends to a folder, under free names, or
// does what the fields of a form say.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, t target) error {
	if !t.slash {
		if info, err := h.store.Stat(t.name); err != nil || !info.IsDir() {
			return refusal{status: http.StatusConflict, text: "there is no such folder; with a slash at its end it would be made"}
		}
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		kind = ""
	}
	name := dispositionName(r.Header.Get("Content-Disposition"))
	switch {
	case kind == "multipart/form-data":
		return h.postParts(w, r, t, params["boundary"])
	case name != "":
		return h.postContent(w, r, t, name)
	case kind == "application/x-www-form-urlencoded":
		return h.postFields(w, r, t)
	}
	return refusal{status: http.StatusBadRequest, text: "send a form, or a file with Content-Disposition: attachment; filename=\"NAME\""}
}

// postContent stores a file that is the content of a request.
func (h *Handler) postContent(w http.ResponseWriter, r *http.Request, t target, wanted string) error {
	if !h.config.Upload {
		return refusal{status: http.StatusForbidden, text: "uploads are not allowed"}
	}
	dir, base, err := h.place(t.name, wanted)
	if err != nil {
		return err
	}
	p, err := parsePlan(r)
	if err != nil {
		return err
	}
	leave, err := h.gate.enter(r.Context(), holderOf(r))
	if err != nil {
		return err
	}
	defer leave()
	if err := h.makeFolder(dir); err != nil {
		return err
	}
	if p.resumable {
		return h.create(w, r, p, note{Dir: dir, Base: base, Folder: t.name, Slash: t.slash, Wanted: wanted})
	}
	f, err := h.storeFile(r, dir, base, r.Body, r.ContentLength, store.Conditions{Free: true})
	if err != nil {
		return err
	}
	h.answerPost(w, r, t, []stored{storedIn(t, dir, f, wanted)})
	return nil
}

// place returns the folder and the name for a file that is called wanted by
// its client, which may be a path below the folder.
func (h *Handler) place(folder, wanted string) (dir, base string, err error) {
	clean, err := h.store.CleanPath(cutDrive(wanted))
	if err != nil {
		return "", "", err
	}
	if folder != "." {
		clean = folder + "/" + clean
	}
	dir, base = target{name: clean}.split()
	return dir, base, nil
}

// cutDrive returns the last segment of a path on Windows, which some browsers
// send.
func cutDrive(name string) string {
	if len(name) >= 3 && name[1] == ':' && name[2] == '\\' || strings.HasPrefix(name, `\\`) {
		return name[strings.LastIndexByte(name, '\\')+1:]
	}
	return name
}

// makeFolder makes a folder for an upload, with those on the way to it.
func (h *Handler) makeFolder(dir string) error {
	if info, err := h.store.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	err := h.store.MkdirAll(dir)
	if errors.Is(err, store.ErrName) {
		return refusal{http.StatusBadRequest, "the name of a folder has what some systems do not take", err}
	}
	return err
}

// storedIn tells of a file in dir, as seen from a target that was posted to.
func storedIn(t target, dir string, f store.File, wanted string) stored {
	name := relation(t, nameIn(dir, f.Base))
	url := escape(name)
	if !t.slash {
		_, base := t.split()
		url = escape(base) + "/" + url
	}
	return stored{Name: name, URL: url, Size: f.Size, wanted: wanted}
}

// relation returns the name of what is in the folder of a target, as seen from
// that folder.
func relation(t target, name string) string {
	if t.name == "." {
		return name
	}
	return strings.TrimPrefix(name, t.name+"/")
}

// answerPost tells which names files got.
func (h *Handler) answerPost(w http.ResponseWriter, r *http.Request, t target, files []stored) {
	if wantsPage(r) {
		h.answerForm(w, h.pathOf(t.name, true), files)
		return
	}
	if len(files) == 1 {
		w.Header().Set("Location", strings.TrimSuffix(h.pathOf(t.name, true), "/")+"/"+escape(files[0].Name))
	}
	writeStored(w, r, files)
}

// dispositionName returns the file name that a Content-Disposition field tells
// (RFC 6266), as the client has it: with slashes if it is a path.
func dispositionName(value string) string {
	if value == "" {
		return ""
	}
	_, params, err := mime.ParseMediaType(value)
	if err != nil {
		return ""
	}
	return params["filename"]
}

// unquote undoes what browsers do to a name in a multipart form, which is not
// what RFC 6266 says.
var unquote = strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n")

// field returns a field that is a list, of however many lines.
func field(r *http.Request, name string) string {
	return strings.Join(r.Header.Values(name), ", ")
}
