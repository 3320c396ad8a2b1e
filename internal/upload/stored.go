package upload

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"strings"
)

// stored is a file as the client is told of it.
type stored struct {
	Name string `json:"name"`
	URL  string `json:"url"` // relative to that of the request
	Size int64  `json:"size"`

	wanted string // the name it was to have
}

// writeStored answers 201 with the names that files got, one a line, or as
// JSON if that is asked for.
func writeStored(w http.ResponseWriter, r *http.Request, files []stored) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if wantsJSON(r) {
		content, err := json.Marshal(files)
		if err != nil {
			content = []byte("[]")
		}
		header.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		w.Write(append(content, '\n'))
		return
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	for _, f := range files {
		io.WriteString(w, f.Name+"\n")
	}
}

// answerForm tells a person what became of a form: by the folder that it was
// sent from, unless there is something to be told that cannot be seen there.
func (h *Handler) answerForm(w http.ResponseWriter, folder string, files []stored) {
	changed := false
	for _, f := range files {
		changed = changed || f.Name != f.wanted
	}
	w.Header().Set("Cache-Control", "no-store")
	if !h.config.DropBox && !changed {
		w.Header().Set("Location", folder)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	var list strings.Builder
	list.WriteString("<ul>\n")
	for _, f := range files {
		list.WriteString("<li><bdi>" + html.EscapeString(f.Name) + "</bdi>")
		if f.Name != f.wanted && f.wanted != "" {
			list.WriteString(" (was <bdi>" + html.EscapeString(shown(f.wanted)) + "</bdi>)")
		}
		list.WriteString("</li>\n")
	}
	list.WriteString("</ul>\n<p><a href=\"" + html.EscapeString(folder) + "\">Back</a></p>")
	heading := "Stored"
	if len(files) == 0 {
		heading = "Done"
	}
	writePage(w, http.StatusCreated, heading, list.String())
}

// shown is a name that a client sent, as it can be shown.
func shown(name string) string {
	const most = 300
	if len(name) > most {
		name = name[:most] + "..."
	}
	return strings.ToValidUTF8(name, "\ufffd")
}
