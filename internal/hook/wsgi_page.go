package hook

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// statusLine is "404 Not Found".
func statusLine(status int) string {
	return strconv.Itoa(status) + " " + http.StatusText(status)
}

// traceback is what someone sees who has broken the application and looks at it.
type traceback struct {
	Title, Place, Text string
}

// There is no console in the page: it would run what any other page tells it to.
var tracebackTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.3rem }
pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .3rem }
</style>
<h1>{{.Title}}</h1>
{{with .Place}}<p><code>{{.}}</code></p>
{{end}}<pre>{{.Text}}</pre>
`))
})

// showTraceback writes the page.
func showTraceback(w http.ResponseWriter, r *http.Request, t traceback) {
	var page strings.Builder
	if err := tracebackTemplate().Execute(&page, t); err != nil {
		fmt.Fprint(&page, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(http.StatusInternalServerError)
	if r.Method != http.MethodHead {
		w.Write([]byte(page.String()))
	}
}
