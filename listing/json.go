package listing

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// JSON writes the folder as a JSON object: its name and path, its entries, and
// then what they come to, so that an object that was cut short is none.
//
//	{"name":"docs","path":"/docs/","entries":[
//	{"name":"old","url":"old/","type":"directory","mtime":"2026-01-02T03:04:05Z"},
//	{"name":"a.txt","url":"a.txt","type":"file","size":3,"mtime":"2026-01-02T03:04:05Z"}
//	],"files":1,"directories":1,"size":3}
//
// A time that is not known, and a size that is not, are left out. Bytes of a name
// that are not UTF-8 are U+FFFD in the name, and as they are in the URL.
func JSON(w io.Writer, folder *Folder) error {
	b := bufio.NewWriterSize(w, bufferSize)
	b.WriteString(`{"name":`)
	writeJSON(b, folder.Name())
	b.WriteString(`,"path":`)
	writeJSON(b, folder.Path)
	b.WriteString(`,"entries":[`)
	flush(b, w)
	folder.Waiting = func() { flush(b, w) }
	shown := Totals{}
	var limit Limit
	separator := "\n"
	for e, err := range folder.Entries {
		if err != nil {
			if !errors.As(err, &limit) {
				return err
			}
			break
		}
		shown.add(&e)
		b.WriteString(separator)
		writeJSON(b, newJSONEntry(&e))
		separator = ",\n"
	}
	b.WriteString("\n]")
	totals := folder.Totals
	if totals.Size < 0 && folder.isWhole() {
		totals = shown
	}
	end := jsonEnd{Files: totals.Files, Directories: totals.Folders, Offset: folder.View.Offset, Hidden: folder.Hidden}
	if totals.Size >= 0 {
		end.Size = &totals.Size
	}
	if limit != (Limit{}) {
		end.Stopped = limit.Error()
	}
	tail, err := json.Marshal(end)
	if err != nil {
		return err
	}
	b.WriteByte(',')
	b.Write(tail[1:])
	b.WriteByte('\n')
	return b.Flush()
}

type jsonEntry struct {
	Dir   string `json:"dir,omitempty"`
	Name  string `json:"name"`
	URL   string `json:"url"`
	Type  string `json:"type"`
	Size  *int64 `json:"size,omitempty"`
	MTime string `json:"mtime,omitempty"`
}

func newJSONEntry(e *Entry) *jsonEntry {
	j := &jsonEntry{Dir: e.Dir, Name: e.Name, URL: e.Reference(), Type: "directory"}
	if !e.IsDir {
		j.Type = "file"
		if e.Size >= 0 {
			j.Size = &e.Size
		}
	}
	if !e.ModTime.IsZero() {
		j.MTime = e.ModTime.UTC().Format(time.RFC3339Nano)
	}
	return j
}

// jsonEnd is what follows the entries: what all that the filter lets through
// comes to, whichever page was asked for.
type jsonEnd struct {
	Files       int    `json:"files"`
	Directories int    `json:"directories"`
	Size        *int64 `json:"size,omitempty"`
	Offset      int    `json:"offset,omitempty"`
	Hidden      int    `json:"hidden,omitempty"`
	Stopped     string `json:"stopped,omitempty"` // why there may be more
}

// writeJSON writes a value that can be no trouble. What goes wrong with b, its
// Flush tells.
func writeJSON(b *bufio.Writer, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers have a form
	}
	b.Write(text)
}
