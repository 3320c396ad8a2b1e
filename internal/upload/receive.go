package upload

import (
	"io"
	"net/http"
	"sync"

	"github.com/gserve/gserve/internal/store"
)

const bufferSize = 128 << 10

var buffers = sync.Pool{New: func() any {
	b := make([]byte, bufferSize)
	return &b
}}

// errTaken is what a request ends with when another one goes on with its
// upload.
var errTaken = refusal{status: http.StatusConflict, text: "another request goes on with this upload"}

// receive writes content into a draft. It tells pieces of each piece, which ends
// the transfer by an error.
func receive(d *store.Draft, content io.Reader, pieces func(n int) error) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for {
		n, readErr := content.Read(*buffer)
		if n > 0 {
			if _, err := d.Write((*buffer)[:n]); err != nil {
				return err
			}
		}
		if err := pieces(n); err != nil {
			return err
		}
		switch {
		case readErr == io.EOF: // itself: only that is the end
			return nil
		case readErr != nil:
			return errContent{readErr}
		}
	}
}

// observed is the progress of one file, for Config.Begin.
type observed struct {
	moved func(int64)
	end   func(error)
}

func (h *Handler) observe(r *http.Request, name string, total int64) observed {
	o := observed{}
	if h.config.Begin != nil {
		o.moved, o.end = h.config.Begin(clientOf(r), name, total)
	}
	if o.moved == nil {
		o.moved = func(int64) {}
	}
	if o.end == nil {
		o.end = func(error) {}
	}
	return o
}

// pieces is for receive.
func (o observed) pieces(n int) error {
	if n > 0 {
		o.moved(int64(n))
	}
	return nil
}

// storeFile receives one file and gives it its name. length is -1 if it is not
// known.
func (h *Handler) storeFile(r *http.Request, dir, base string, content io.Reader, length int64, c store.Conditions) (f store.File, err error) {
	d, err := h.store.Create(dir, store.Meta{Name: base, Length: length, Client: holderOf(r)})
	if err != nil {
		return store.File{}, err
	}
	defer d.Close()
	o := h.observe(r, base, length)
	defer func() { o.end(err) }()
	if err := receive(d, content, o.pieces); err != nil {
		return store.File{}, err
	}
	return d.Commit(base, c)
}
