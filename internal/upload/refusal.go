package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gserve/gserve/internal/store"
)

// refusal is an error that says what the client is told.
type refusal struct {
	status int
	text   string // "" says no more than the status
	cause  error  // for the log only
}

func (e refusal) Error() string {
	text := http.StatusText(e.status)
	if e.text != "" {
		text += ": " + e.text
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e refusal) Unwrap() error { return e.cause }

// problem is a refusal that programs are told in full (RFC 9457).
type problem struct {
	refusal
	kind   string // after problemTypes
	fields map[string]any
}

const problemTypes = "https://iana.org/assignments/http-problem-types#"

// errContent wraps what went wrong with the content of a request: the client
// has gone, or sent what it cannot have meant.
type errContent struct{ error }

func (e errContent) Unwrap() error { return e.error }

// meanings are the statuses of the store's errors. The text is all that a
// client gets to know of them.
var meanings = []struct {
	err    error
	status int
	text   string
}{
	{store.ErrExists, http.StatusConflict, "there is something of this name already"},
	{store.ErrCondition, http.StatusPreconditionFailed, "it is not in the state that was asked for"},
	{store.ErrNoSpace, http.StatusInsufficientStorage, "there is not enough space for it"},
	{store.ErrTooLarge, http.StatusRequestEntityTooLarge, "it is larger than allowed"},
	{store.ErrLength, http.StatusBadRequest, "the length is not the one that was announced"},
	{store.ErrForbidden, http.StatusForbidden, "nothing may be written there"},
	{store.ErrNotFound, http.StatusNotFound, "there is no such file or folder"},
	{store.ErrName, http.StatusBadRequest, "the name cannot be used"},
	{store.ErrBusy, http.StatusServiceUnavailable, "there are too many uploads"},
	{store.ErrDraft, http.StatusConflict, "another request uses this upload"},
	{context.DeadlineExceeded, http.StatusRequestTimeout, "the content did not arrive in time"},
}

// meaningOf returns what a client is told about an error.
func meaningOf(err error) refusal {
	var r refusal
	var content errContent
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &content):
		return refusal{http.StatusBadRequest, "the content ended early", err}
	}
	for _, m := range meanings {
		if errors.Is(err, m.err) {
			return refusal{m.status, m.text, err}
		}
	}
	return refusal{http.StatusInternalServerError, "", err}
}

// as gives an error of the store another status than the usual one.
func as(err, kind error, status int) error {
	if err == nil || !errors.Is(err, kind) {
		return err
	}
	return refusal{status, meaningOf(kind).text, err}
}

// refuse answers a request that failed.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p problem
	if errors.As(err, &p) {
		writeProblem(w, p)
		return
	}
	e := meaningOf(err)
	if e.status >= 500 && h.config.Log != nil {
		h.config.Log(r, err)
	}
	header := w.Header()
	if errors.Is(err, errTaken) && r.ProtoMajor == 1 {
		header.Set("Connection", "close") // the rest of the content was given up
	}
	switch e.status {
	case http.StatusMethodNotAllowed:
		if header.Get("Allow") == "" {
			header.Set("Allow", h.Allow())
		}
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "5")
	case http.StatusRequestEntityTooLarge:
		header.Set("Upload-Limit", h.limits(maxAge))
		if limit := h.store.Max(); limit > 0 {
			e.text = fmt.Sprintf("a file may have %d bytes", limit)
		}
	}
	header.Set("Cache-Control", "no-store")
	writeText(w, r, e.status, e.text)
}

// writeText answers with a status and a short text, as HTML for a browser.
func writeText(w http.ResponseWriter, r *http.Request, status int, text string) {
	line := strconv.Itoa(status) + " " + http.StatusText(status)
	if text != "" {
		line += ": " + text
	}
	if wantsPage(r) {
		writePage(w, status, line, `<p><a href="">Back</a></p>`)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, line+"\n")
	}
}

// writePage answers with a page that has a heading of text, and more HTML.
func writePage(w http.ResponseWriter, status int, heading, more string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	heading = html.EscapeString(heading)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<h1>%s</h1>\n%s\n", heading, heading, more)
}

func writeProblem(w http.ResponseWriter, p problem) {
	fields := map[string]any{"type": problemTypes + p.kind, "title": p.text, "status": p.status}
	for name, value := range p.fields {
		fields[name] = value
	}
	content, err := json.Marshal(fields)
	if err != nil {
		content = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	w.Write(append(content, '\n'))
}

// wantsPage reports whether a person in front of a browser waits for the
// answer. Scripts of the page ask for JSON.
func wantsPage(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html")
}

// wantsJSON reports whether JSON is asked for.
func wantsJSON(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), "application/json")
}
