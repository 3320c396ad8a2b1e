package webdav

import (
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What macOS keeps of a file beside its content, Finder writes into a second
// file, "._name", and how a folder looks into ".DS_Store". Where hidden names
// are not allowed these cannot be stored, and Finder would give up the copy of
// the file itself. So they are taken and dropped: for a while they seem to be
// there, and are of no use to anybody.
const (
	doubleTime = 10 * time.Minute
	maxDoubles = 1024
	maxDouble  = 16 << 20 // bytes of one, which are read and dropped
)

// doubles remembers what seems to be there.
type doubles struct {
	now func() time.Time

	mu     sync.Mutex
	byName map[string]double
}

// double describes a file that is not there.
type double struct {
	base string
	size int64
	made time.Time
}

func (d double) Name() string       { return d.base }
func (d double) Size() int64        { return d.size }
func (d double) Mode() fs.FileMode  { return 0o644 }
func (d double) ModTime() time.Time { return d.made }
func (d double) IsDir() bool        { return false }
func (d double) Sys() any           { return nil }

func newDoubles(now func() time.Time) *doubles {
	return &doubles{now: now, byName: map[string]double{}}
}

func (d *doubles) find(name string) (double, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, ok := d.byName[name]
	return one, ok && d.now().Sub(one.made) <= doubleTime
}

// add has a file seem to be there, as long as there is room.
func (d *doubles) add(name string, size int64) (isNew bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for other, one := range d.byName {
		if d.now().Sub(one.made) > doubleTime {
			delete(d.byName, other)
		}
	}
	_, known := d.byName[name]
	if known || len(d.byName) < maxDoubles {
		_, base := split(name)
		d.byName[name] = double{base, size, d.now()}
	}
	return !known
}

func (d *doubles) drop(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.byName[name]
	delete(d.byName, name)
	return known
}

// isDouble reports whether a name is one that Finder writes beside others, and
// cannot be stored. Its folder is one that can be written into.
func (h *Handler) isDouble(t target) bool {
	folder, base := split(t.name)
	if t.slash || !strings.HasPrefix(base, "._") && base != ".DS_Store" || len(base) > 255 || h.config.Store.CleanName(base) == base {
		return false
	}
	info, err := h.config.Store.Stat(folder)
	return err == nil && info.IsDir() && h.shows(folder, info)
}

// putDouble takes the content and drops it.
func (h *Handler) putDouble(w http.ResponseWriter, r *http.Request, t target) error {
	n, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxDouble))
	if err != nil {
		return refusal{status: http.StatusBadRequest, text: "the content ended early, or is too long", cause: err}
	}
	if h.doubles.add(t.name, n) {
		w.WriteHeader(http.StatusCreated)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// moveDouble gives what seems to be there another name, which Finder does along
// with the file itself.
func (h *Handler) moveDouble(w http.ResponseWriter, from double, t, to target) error {
	if !h.isDouble(to) {
		return refusal{status: http.StatusForbidden, text: "nothing may be written there"}
	}
	h.doubles.drop(t.name)
	h.doubles.add(to.name, from.size)
	w.WriteHeader(http.StatusCreated)
	return nil
}
