package authority

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

//go:embed trust.html
var trustSource string

var trustPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("").Parse(trustSource)) })

// certificateName is what devices save the certificate as.
const certificateName = "ca.crt"

// trustPolicy lets the page show itself, and nothing else.
const trustPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP answers with the certificate if the path ends in ca.crt, and else,
// if it ends in a slash, with a page that tells how to trust it. Both are for
// everybody: who gets them without TLS compares the fingerprint.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	var content []byte
	mediaType := "text/html; charset=utf-8"
	switch name {
	case certificateName:
		content, mediaType = a.Certificate(), "application/x-x509-ca-cert"
	case "":
		var page bytes.Buffer
		if err := trustPage().Execute(&page, a); err != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		content = page.Bytes()
	default:
		http.Error(w, "404 Not Found", http.StatusNotFound)
		return
	}
	if r.Method != "GET" && r.Method != "HEAD" {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", trustPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	w.Write(content) // of which net/http sends none for HEAD
}
