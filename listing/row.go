package listing

import (
	"html"
	"strings"
	"time"
	"unicode/utf8"
)

// appendRow appends the row of an entry. End tags that HTML lets go are left
// out, and the line break is inside a tag, where it is no node of the document:
// 100,000 rows are felt.
func (p *page) appendRow(b []byte, e *Entry) []byte {
	b = append(b, "<tr"...)
	kind, thumbnail := kindOf(e)
	if kind != kindOther {
		b = append(append(b, " class="...), kind...)
	}
	b = append(b, "\n><td>"...)
	if p.boxes && fitsForm(e.Name) {
		b = append(b, `<input type=checkbox name=name value="`...)
		b = appendEscaped(b, e.Name)
		if e.IsDir {
			b = append(b, '/') // to delete a folder wants that
		}
		b = append(b, `" aria-label="Select `...)
		b = appendEscaped(b, display(e.Name))
		b = append(b, `">`...)
	}
	b = append(b, `<a href="`...)
	b = appendReference(b, e)
	b = append(b, `">`...)
	if thumbnail {
		b = append(b, `<img src="`...)
		b = appendReference(b, e)
		b = append(b, `" loading=lazy decoding=async alt="" width=20 height=20>`...)
	}
	b = appendName(b, display(e.Name), e.IsDir)
	b = append(b, "</a>"...)
	if e.Dir != "" {
		b = append(b, "<small><bdi>"...)
		b = appendEscaped(b, display(e.Dir))
		b = append(b, "</bdi></small>"...)
	}
	b = append(b, "<td>"...)
	if !e.IsDir {
		b = appendSize(b, e.Size)
	}
	return p.appendTime(b, e.ModTime)
}

func appendReference(b []byte, e *Entry) []byte {
	if e.Dir != "" {
		return appendEscaped(b, e.Reference())
	}
	b = appendEscaped(b, Reference(e.Name))
	if e.IsDir {
		b = append(b, '/')
	}
	return b
}

// appendName appends a name so that it does not turn around what is beside it.
// A plain short one needs no element for that.
func appendName(b []byte, name string, isDir bool) []byte {
	head, tail := cutTail(name)
	if tail == "" && isPlain(name) {
		b = appendEscaped(b, name)
		if isDir {
			b = append(b, '/')
		}
		return b
	}
	b = append(b, "<bdi>"...)
	if tail != "" {
		if isWithin(name, longName) {
			b = append(b, "<span>"...)
		} else {
			b = append(b, "<span class=long>"...)
		}
		b = appendEscaped(b, head)
		b = append(b, "</span>"...)
		b = appendEscaped(b, tail)
	} else {
		b = appendEscaped(b, name)
	}
	if isDir {
		b = append(b, '/')
	}
	return append(b, "</bdi>"...)
}

// appendTime appends the cell of a time, in words of now and exactly.
func (p *page) appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "<td>"...)
	}
	full := p.rows < fullRows
	if full {
		b = append(b, `<td><time datetime="`...)
	} else {
		b = append(b, `<td title="`...)
	}
	from := len(b)
	b = t.In(p.folder.Now.Location()).AppendFormat(b, "2006-01-02 15:04:05Z07:00")
	if to := len(b); full {
		b = append(b, `" title="`...)
		b = append(b, b[from:to]...) // the same, which browsers keep once
	}
	b = append(b, `">`...)
	b = appendAge(b, p.folder.Now, t)
	if full {
		b = append(b, "</time>"...)
	}
	return b
}

// appendEscaped appends text for content and for quoted attributes.
func appendEscaped(b []byte, s string) []byte {
	if strings.ContainsAny(s, "&<>\"'\r\x00") {
		s = html.EscapeString(s)
	}
	return append(b, s...)
}

// fitsForm reports whether a form sends the name as it is: as UTF-8, with its
// line breaks.
//
// HTML, 4.10.21.8: a line break in a value is sent as CR LF.
func fitsForm(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsAny(name, "\r\n")
}
