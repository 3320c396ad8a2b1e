package fileserver

import (
	"fmt"
	"net/http"
	"strconv"
)

// page makes p an answer whose content is its status: a page for browsers, a
// line for all others. It says nothing else, so that a file that is hidden,
// one that lies outside, and one that does not exist look the same.
func (s *Server) page(q *Request, p *Response, status int) {
	form := 0
	if namesHTML(q.Accept) {
		form = 1
	}
	p.Status = status
	p.Vary |= VaryAccept
	p.Content.Bytes = statusPages[status][form]
	p.Meta.Type = pageTypes[form]
	p.Meta.Length = int64(len(p.Content.Bytes))
}

// pageTypes are the two forms of a page.
var pageTypes = [2]string{"text/plain; charset=utf-8", "text/html; charset=utf-8"}

// statusPages holds both forms of every page that the server sends.
var statusPages = newStatusPages(
	http.StatusMovedPermanently,
	http.StatusFound,
	http.StatusSeeOther,
	http.StatusTemporaryRedirect,
	http.StatusPermanentRedirect,
	http.StatusBadRequest,
	http.StatusNotFound,
	http.StatusMethodNotAllowed,
	http.StatusNotAcceptable,
	http.StatusRequestedRangeNotSatisfiable,
	http.StatusInternalServerError,
	http.StatusServiceUnavailable,
)

func newStatusPages(statuses ...int) map[int][2][]byte {
	pages := make(map[int][2][]byte, len(statuses))
	for _, status := range statuses {
		words := strconv.Itoa(status) + " " + http.StatusText(status)
		pages[status] = [2][]byte{[]byte(words + "\n"), fmt.Appendf(nil, htmlPage, words)}
	}
	return pages
}

const htmlPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>%[1]s</title>
<body style="font: 1rem system-ui; margin: 15vh 10vw">
<h1>%[1]s</h1>
`
