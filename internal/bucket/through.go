package bucket

import (
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// Through is a filter for [fileserver.WithFilter]. It has content come straight
// from the store: no more of it than is sent, and asked for before the answer
// begins, so that one that cannot be had is still refused. A file whose name
// tells no media type gets the one that it is stored with.
func (b *Bucket) Through(q *fileserver.Request, p *fileserver.Response) {
	f, ok := p.Content.File.(*file)
	if !ok {
		return
	}
	if q.Method != "HEAD" {
		if err := f.start(q, p); err != nil {
			refuse(p, b.doubt(folderOf(f.found.object), err))
			return
		}
		p.Content = fileserver.Content{Part: f.part}
	}
	known := f.found.facts
	if known == nil {
		return
	}
	if known.mediaType != "" && p.Meta.Type != "" && len(p.Ranges) < 2 && fileserver.TypeByName(p.Name) == "" {
		p.Meta.Type = known.mediaType
	}
	// What is no text is not looked at before: it is stored encoded by mistake,
	// and sent as it is.
	if p.Meta.Coding == compress.Identity && known.coding != compress.Identity {
		p.Meta.Coding = known.coding
	}
}

// start has the first bytes of an answer at hand.
func (f *file) start(q *fileserver.Request, p *fileserver.Response) error {
	first := fileserver.ByteRange{First: 0, Last: p.Meta.Length - 1}
	if p.Ranges != nil {
		first = p.Ranges[0]
	}
	err := f.begin(first.First, first.Length())
	isFree := p.Ranges == nil && q.IfMatch == "" && q.IfUnmodifiedSince == "" && p.Meta.Coding == compress.Identity
	if !errors.Is(err, errChanged) || !isFree {
		return err
	}
	// It has been replaced within the second that a listing is believed for.
	if err := f.beginAnew(); err != nil {
		return err
	}
	p.Meta.Length = f.info.size
	p.Meta.ETag = fileserver.TagOf(f.info, time.Now())
	p.Meta.LastModified = f.info.modified.Truncate(time.Second)
	return nil
}

func folderOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}

// refuse makes p an answer that a file cannot be had, which is not to be kept.
func refuse(p *fileserver.Response, err error) {
	status := http.StatusServiceUnavailable
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		status = http.StatusNotFound
	}
	p.SetContent("text/plain; charset=utf-8", []byte(strconv.Itoa(status)+" "+http.StatusText(status)+"\n"))
	p.Status, p.Err = status, err
	var kept []fileserver.Field
	for _, field := range p.Extra {
		if field.Name != "Cache-Control" {
			kept = append(kept, field)
		}
	}
	p.Extra = append(kept, fileserver.Field{Name: "Cache-Control", Value: "no-store"})
}
