package hook

import (
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"
	"sync"
)

// fail answers that there is no answer. The cause goes to the log.
func (p *Proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // nobody is there
	}
	status := proxyStatus(err)
	if status != http.StatusNotFound {
		p.config.Log(fmt.Sprintf("%s %s: proxy to %s: %v", r.Method, r.URL.EscapedPath(), p.upstream, err))
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	line := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if status < 500 || !wantsHTML(r) {
		http.Error(w, line, status)
		return
	}
	page := failurePage{Line: line}
	if isLocal(r) {
		page.Upstream, page.Down = p.upstream.String(), isDown(err)
	}
	if p.config.Watch && r.Method == http.MethodGet {
		// Nothing that has an effect is done again by itself.
		h.Set("Refresh", "1")
		page.Again = true
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		failureTemplate().Execute(w, page)
	}
}

// proxyStatus tells what a client is answered when the upstream has no answer.
func proxyStatus(err error) int {
	var timeout net.Error
	switch {
	case errors.Is(err, errLoop):
		return http.StatusLoopDetected
	case errors.Is(err, errPathEncoding):
		return http.StatusBadRequest
	case errors.Is(err, errElsewhere), errors.Is(err, errPathName):
		return http.StatusNotFound
	case !isDown(err) && errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// isDown reports whether no connection to the upstream could be made.
func isDown(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// wantsHTML reports whether r comes from someone who reads pages: a browser
// that navigates says so, its scripts and programs do not.
func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// failurePage is what the page of a failure tells.
type failurePage struct {
	Line     string
	Upstream string // "" if the client is not to know
	Down     bool
	Again    bool
}

var failureTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Line}}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem }
</style>
<h1>{{.Line}}</h1>
{{if not .Upstream}}<p>The server behind this one did not answer.
{{else if .Down}}<p>Nothing listens at <code>{{.Upstream}}</code>. Is that server running?
{{else}}<p>The server at <code>{{.Upstream}}</code> did not answer.
{{end}}{{if .Again}}<p>This page tries again every second.
{{end}}`))
})
