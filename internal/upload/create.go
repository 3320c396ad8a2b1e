package upload

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gserve/gserve/internal/store"
)

// note is what is to be known of the request that began an upload when a later
// one ends it.
type note struct {
	Dir         string `json:"dir"`
	Base        string `json:"base"`
	Put         bool   `json:"put,omitempty"`
	IfMatch     string `json:"ifMatch,omitempty"`
	IfNoneMatch string `json:"ifNoneMatch,omitempty"`
	Folder      string `json:"folder,omitempty"` // that was posted to
	Slash       bool   `json:"slash,omitempty"`  // the path of that had one
	Wanted      string `json:"wanted,omitempty"` // the name as the client had it
}

func (n note) conditions() store.Conditions {
	return store.Conditions{Free: !n.Put, IfMatch: n.IfMatch, IfNoneMatch: n.IfNoneMatch}
}

// create begins an upload that can be resumed, by a request that has a part of
// the content or all of it. The draft is kept only if the client gets to know
// of it.
func (h *Handler) create(w http.ResponseWriter, r *http.Request, p plan, n note) error {
	about, err := json.Marshal(n)
	if err != nil {
		return err
	}
	d, err := h.store.Create(n.Dir, store.Meta{
		Name: n.Base, Length: p.length, Client: holderOf(r), Note: string(about), Keep: p.told || !p.complete,
	})
	if err != nil {
		return as(err, store.ErrNotFound, http.StatusConflict)
	}
	t, err := h.begin(r, w, d.Token())
	if err != nil {
		d.Abort()
		return err
	}
	defer h.finish(d.Token(), t)
	defer d.Close() // before anybody else takes the upload over
	u := &appending{handler: h, draft: d, note: n, plan: p, observed: h.observe(r, n.Base, p.length)}
	location := h.resourceOf(n.Dir, d.Token())
	if p.told {
		sendInterim(w, location, h.limits(time.Until(d.Expires())))
	}
	err = u.receive(w, r, t)
	u.end(err)
	if err != nil && !p.told {
		d.Abort()
	}
	if err != nil || p.complete {
		return u.answer(w, r, err)
	}
	header := w.Header()
	header.Set("Location", location)
	header.Set("Upload-Complete", "?0")
	header.Set("Upload-Offset", strconv.FormatInt(d.Offset(), 10))
	header.Set("Upload-Limit", h.limits(time.Until(d.Expires())))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	return nil
}

// sendInterim tells of the resource before the content has arrived.
func sendInterim(w http.ResponseWriter, location, limits string) {
	header := w.Header()
	header.Set("Location", location)
	header.Set("Upload-Limit", limits)
	header.Set(interopField, interop)
	w.WriteHeader(statusResumable)
	for _, name := range []string{"Location", "Upload-Limit", interopField} {
		header.Del(name)
	}
}

// appending is a request whose content goes to the end of an upload.
type appending struct {
	handler *Handler
	draft   *store.Draft
	note    note
	plan    plan
	observed
	told time.Time // when the client was told of its progress

	file store.File // once the upload is complete
}

// progress is how often a client is told of its progress.
const progress = 5 * time.Second

// receive takes up the content, and makes it last. What has arrived of it
// counts even if the rest does not come. The last part ends the upload.
func (a *appending) receive(w http.ResponseWriter, r *http.Request, t *transfer) error {
	a.told = time.Now()
	err := receive(a.draft, r.Body, func(n int) error {
		a.moved(int64(n))
		if t.isTaken() {
			return errTaken
		}
		if a.plan.told && time.Since(a.told) > progress {
			a.told = time.Now()
			w.Header().Set("Upload-Offset", strconv.FormatInt(a.draft.Offset(), 10))
			w.Header().Set(interopField, interop)
			w.WriteHeader(statusResumable)
			w.Header().Del("Upload-Offset")
			w.Header().Del(interopField)
		}
		return nil
	})
	if t.isTaken() {
		err = errTaken // however the content ended
	}
	if err != nil {
		a.draft.Sync()
		if errors.Is(err, store.ErrLength) || errors.Is(err, store.ErrTooLarge) {
			a.draft.Abort() // it can never be what was announced
		}
		return err
	}
	if !a.plan.complete {
		return a.draft.Sync()
	}
	return a.complete()
}

// complete gives the file its name.
func (a *appending) complete() error {
	if length := a.draft.Meta().Length; length >= 0 && length != a.draft.Offset() {
		return inconsistent()
	}
	file, err := a.draft.Commit(a.note.Base, a.note.conditions())
	if err != nil && !errors.Is(err, store.ErrNoSpace) && !errors.Is(err, store.ErrBusy) {
		a.draft.Abort() // no later request can change that
	}
	if err != nil {
		return as(err, store.ErrNotFound, http.StatusConflict)
	}
	a.file = file
	a.handler.done.add(a.draft.Token(), completion{
		location: a.handler.pathOf(nameIn(a.note.Dir, file.Base), false), size: file.Size,
	})
	return nil
}

// answer ends a request that ended the upload, or failed.
func (a *appending) answer(w http.ResponseWriter, r *http.Request, err error) error {
	h, header := a.handler, w.Header()
	if err == nil {
		header.Set("Upload-Complete", "?1")
		header.Set("Upload-Offset", strconv.FormatInt(a.file.Size, 10))
		if a.note.Put {
			h.answerPut(w, r, a.note.Dir, a.file)
			return nil
		}
		t := target{a.note.Folder, a.note.Slash}
		h.answerPost(w, r, t, []stored{storedIn(t, a.note.Dir, a.file, a.note.Wanted)})
		return nil
	}
	header.Set("Upload-Complete", "?0")
	if errors.Is(err, store.ErrLength) {
		err = inconsistent()
	}
	return err
}
