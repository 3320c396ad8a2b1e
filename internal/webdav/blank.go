package webdav

import (
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gserve/gserve/internal/store"
)

// Finder and Explorer make an empty file before they send its content, by PUT
// or by LOCK. Where nothing is overwritten, the content would be refused: so
// the client that made a file empty may fill it.
const (
	blankTime = 10 * time.Minute // in which it has to be filled
	maxBlanks = 1024
)

// blank is an empty file that a client has made.
type blank struct {
	client string
	info   fs.FileInfo
	made   time.Time
}

// blanks remembers empty files by name.
type blanks struct {
	now func() time.Time

	mu     sync.Mutex
	byName map[string]blank
}

func newBlanks(now func() time.Time) *blanks {
	return &blanks{now: now, byName: map[string]blank{}}
}

// add remembers a file, as long as there is room.
func (b *blanks) add(name, client string, info fs.FileInfo) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for other, one := range b.byName {
		if b.now().Sub(one.made) > blankTime {
			delete(b.byName, other)
		}
	}
	if len(b.byName) < maxBlanks {
		b.byName[name] = blank{client, info, b.now()}
	}
}

// take reports whether a file is one that the client has made, still as empty
// as it was. It is forgotten.
func (b *blanks) take(name, client string, info fs.FileInfo) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.byName[name]
	if !ok || one.client != client {
		return false
	}
	delete(b.byName, name)
	return b.now().Sub(one.made) <= blankTime && os.SameFile(one.info, info) &&
		info.Size() == 0 && info.ModTime().Equal(one.info.ModTime())
}

// takeBlank removes an empty file that the client has just made, if nothing
// but that is in the way of its content.
func (h *Handler) takeBlank(r *http.Request, name string) bool {
	if h.config.Store.Overwrites() {
		return false
	}
	info, err := h.stat(name)
	if err != nil || !h.blanks.take(name, clientOf(r), info) {
		return false
	}
	return h.config.Store.Remove(name, store.Conditions{}) == nil
}

// makeBlank makes an empty file, which its client may fill.
func (h *Handler) makeBlank(r *http.Request, name string) error {
	folder, base := split(name)
	d, err := h.config.Store.Create(folder, store.Meta{Name: base, Length: 0, Client: clientOf(r)})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Commit(base, store.Conditions{IfNoneMatch: "*"}); err != nil {
		return as(err, store.ErrCondition, http.StatusConflict)
	}
	h.noteBlank(r, name)
	return nil
}

// noteBlank has a file that a client has just made be filled by it, if it is
// empty.
func (h *Handler) noteBlank(r *http.Request, name string) {
	info, err := h.stat(name)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		h.blanks.add(name, clientOf(r), info)
	}
}
