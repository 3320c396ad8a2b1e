package share

import (
	"io"
	"net/http"
	"strconv"
)

// The answers to what a link does not give. They are the same for all.
var (
	notFound = &refusal{status: http.StatusNotFound}
	gone     = &refusal{status: http.StatusGone, text: "This link has ended."}
	busy     = &refusal{
		status: http.StatusServiceUnavailable,
		retry:  30,
		text:   "Others are downloading, and there may be none left for more. Please try again in a while.",
	}
)

// refusal is an answer that is the same for every request.
type refusal struct {
	status int
	retry  int    // seconds, if it makes sense to come again
	text   string // below the words of the status
}

func (p *refusal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content := strconv.Itoa(p.status) + " " + http.StatusText(p.status) + "\n"
	if p.text != "" {
		content += "\n" + p.text + "\n"
	}
	h := w.Header()
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		io.WriteString(w, content)
	}
}
