package upload

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gserve/gserve/internal/store"
)

const (
	partialUpload = "application/partial-upload"

	// interop is the version of the draft that is spoken. Clients that know it
	// can be told of an upload while it goes on, by 104.
	interop      = "8"
	interopField = "Upload-Draft-Interop-Version"

	statusResumable = 104

	// maxAge is how long an upload is kept without progress, as package store
	// has it by default.
	maxAge = 24 * time.Hour
)

// plan is what a request says about an upload.
type plan struct {
	resumable bool  // Upload-Complete is there
	complete  bool  // the content is all that is left
	length    int64 // of the whole; -1 if it is not known
	told      bool  // the client understands 104
}

// parsePlan reads the fields of a request that begins an upload.
func parsePlan(r *http.Request) (plan, error) {
	p := plan{length: r.ContentLength, complete: true}
	if p.complete, p.resumable = boolean(r, "Upload-Complete"); !p.resumable {
		return p, nil
	}
	p.told = understandsInterim(r)
	length, known, err := p.lengthAt(r, 0)
	if !known {
		length = -1
	}
	p.length = length
	return p, err
}

// understandsInterim reports whether a client is to be sent 104.
func understandsInterim(r *http.Request) bool {
	return r.Header.Get(interopField) == interop && r.ProtoAtLeast(1, 1)
}

// lengthAt returns the length of the whole that a request tells, whose content
// begins at an offset: by Upload-Length, by being the rest, or by both.
func (p plan) lengthAt(r *http.Request, offset int64) (length int64, known bool, err error) {
	length, known = integer(r, "Upload-Length")
	if r.ContentLength < 0 {
		return length, known, nil
	}
	if r.ContentLength > maxInteger-offset {
		return 0, false, store.ErrTooLarge // no Upload-Offset could tell of its end
	}
	end := offset + r.ContentLength
	if known && (end > length || p.complete && end != length) {
		return length, known, inconsistent()
	}
	if p.complete {
		return end, true, nil
	}
	return length, known, nil
}

// inconsistent is the refusal of lengths that are not the same.
func inconsistent() error {
	return problem{refusal{http.StatusBadRequest, "inconsistent length values for upload", nil}, "inconsistent-upload-length", nil}
}

// mismatch is the refusal of content that is not the next.
func mismatch(expected, provided int64) error {
	text := "offset from request does not match offset of resource"
	return problem{refusal{http.StatusConflict, text, nil}, "mismatching-upload-offset", map[string]any{
		"expected-offset": expected, "provided-offset": provided,
	}}
}

// limits returns the value of Upload-Limit for an upload of some age left.
func (h *Handler) limits(left time.Duration) string {
	limits := "max-age=" + strconv.Itoa(max(0, int(left/time.Second)))
	if limit := h.store.Max(); limit > 0 {
		limits = fmt.Sprintf("max-size=%d, %s", min(limit, maxInteger), limits)
	}
	return limits
}
