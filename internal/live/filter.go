package live

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// Filter is for [fileserver.WithFilter], behind all that edit fields. It has
// the policies of a page allow the script, browsers ask before they take
// anything from a cache, and the pages of errors be kept up to date, too: a
// file that was missing may come to be.
func (l *Live) Filter(q *fileserver.Request, p *fileserver.Response) {
	isOurs := p.Content.Bytes != nil && p.Name == "" && !p.Listing && p.Status >= http.StatusBadRequest
	isFile := p.Content.Stream != nil && p.Name != "" && !p.Listing
	isPage := (isOurs || isFile) && isHTML(p.Meta.Type)
	p.Extra = editFields(p.Extra, isPage)
	if isPage && isOurs {
		var page bytes.Buffer
		if err := l.Inject(&page, bytes.NewReader(p.Content.Bytes), p.Meta.Type); err == nil {
			p.SetContent(p.Meta.Type, page.Bytes())
		}
	}
}

func isHTML(mediaType string) bool {
	essence, _, _ := strings.Cut(mediaType, ";")
	return strings.EqualFold(strings.TrimSpace(essence), "text/html")
}

const cacheControl = "Cache-Control"

// editFields returns the fields as they have to be.
func editFields(fields []fileserver.Field, isPage bool) []fileserver.Field {
	fields = slices.Clone(fields) // which others have, too
	isTold := false
	for i := range fields {
		f := &fields[i]
		switch {
		case isPage && strings.EqualFold(f.Name, "Content-Security-Policy"):
			f.Value = admitted(f.Value)
		case strings.EqualFold(f.Name, cacheControl):
			f.Value = revalidated(f.Value)
			isTold = true
		}
	}
	if !isTold { // RFC 9111, 4.2.2: browsers would guess
		fields = append(fields, fileserver.Field{Name: cacheControl, Value: "no-cache"})
	}
	return fields
}

// revalidated returns a value of Cache-Control with which browsers ask whether
// there is something new. What is immutable has another name when it changes.
func revalidated(value string) string {
	for directive := range strings.SplitSeq(value, ",") {
		switch strings.ToLower(strings.TrimSpace(directive)) {
		case "no-cache", "no-store", "immutable":
			return value
		}
	}
	return "no-cache"
}
