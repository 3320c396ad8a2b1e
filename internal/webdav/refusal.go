package webdav

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/gserve/gserve/internal/store"
)

// refusal is an error that says what the client is told.
type refusal struct {
	status    int
	text      string // "" says no more than the status
	condition string // the element of RFC 4918, 16 that says it to programs; "" for none
	cause     error  // for the log only
}

func (e refusal) Error() string {
	text := strconv.Itoa(e.status) + " " + http.StatusText(e.status)
	if e.text != "" {
		text += ": " + e.text
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e refusal) Unwrap() error { return e.cause }

var (
	errAbsent = refusal{status: http.StatusNotFound, text: "there is no such file or folder"}
	errDepth  = refusal{status: http.StatusBadRequest, text: "that Depth has no meaning here"}

	// errCut is what an answer ends with that has begun and cannot be finished.
	errCut = errors.New("the answer was cut off")
)

func absent(cause error) error {
	e := errAbsent
	e.cause = cause
	return e
}

// meanings are the statuses of the store's errors, as those of uploads are. The
// text is all that a client gets to know of them.
var meanings = []struct {
	err    error
	status int
	text   string
}{
	{store.ErrExists, http.StatusConflict, "there is something of this name already"},
	{store.ErrCondition, http.StatusPreconditionFailed, "it is not in the state that was asked for"},
	{store.ErrNoSpace, http.StatusInsufficientStorage, "there is not enough space for it"},
	{store.ErrTooLarge, http.StatusRequestEntityTooLarge, "it is larger than allowed"},
	{store.ErrLength, http.StatusConflict, "it has changed meanwhile"},
	{store.ErrForbidden, http.StatusForbidden, "nothing may be written there"},
	{store.ErrNotFound, http.StatusNotFound, "there is no such file or folder"},
	{store.ErrName, http.StatusBadRequest, "the name cannot be used"},
	{store.ErrBusy, http.StatusServiceUnavailable, "there is too much at once"},
	{context.Canceled, http.StatusRequestTimeout, "the request was given up"},
	{context.DeadlineExceeded, http.StatusRequestTimeout, "it took too long"},
}

// meaningOf returns what a client is told about an error.
func meaningOf(err error) refusal {
	var r refusal
	if errors.As(err, &r) {
		return r
	}
	for _, m := range meanings {
		if errors.Is(err, m.err) {
			return refusal{status: m.status, text: m.text, cause: err}
		}
	}
	return refusal{status: http.StatusInternalServerError, cause: err}
}

// as gives an error of the store another status than the usual one.
func as(err, kind error, status int) error {
	if err == nil || !errors.Is(err, kind) {
		return err
	}
	return refusal{status: status, text: meaningOf(kind).text, cause: err}
}

// refuse answers a request that failed.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := meaningOf(err)
	header := w.Header()
	switch e.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", h.allow(""))
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "5")
	}
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if e.condition != "" {
		header.Set("Content-Type", xmlType)
		w.WriteHeader(e.status)
		io.WriteString(w, xmlHead+`<D:error xmlns:D="DAV:"><D:`+e.condition+"/></D:error>\n")
		return
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(e.status)
	line := strconv.Itoa(e.status) + " " + http.StatusText(e.status)
	if e.text != "" {
		line += ": " + e.text
	}
	io.WriteString(w, line+"\n")
}
