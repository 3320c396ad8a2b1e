package live

import (
	"errors"
	"io"
	"sync"
)

// windowSize is how much of a page is looked at. Its head is in there, or at
// least all that comes before its first script.
const windowSize = 64 << 10

var windows = sync.Pool{New: func() any { return new([windowSize]byte) }}

// Inject is for [fileserver.WithTransform], of text/html: it writes the page
// with the script in it, whose policies in meta elements allow it. All other
// bytes are those of the page.
//
// The script stands as early in the head as it can without moving what the page
// says of its charset, so that nothing else of the page can hold it up.
func (l *Live) Inject(w io.Writer, file io.Reader, mediaType string) error {
	tag := l.tag()
	window := windows.Get().(*[windowSize]byte)
	defer windows.Put(window)
	n, err := io.ReadFull(file, window[:])
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return err
	}
	page := page{head: window[:n], whole: whole, mediaType: mediaType}
	edits, last := page.edits(tag)
	if err := write(w, page.head, edits); err != nil {
		return err
	}
	if !whole {
		if err := flush(w); err != nil {
			return err
		}
		if _, err := io.Copy(w, file); err != nil {
			return err
		}
	}
	if last != "" {
		if _, err := io.WriteString(w, last); err != nil {
			return err
		}
	}
	return flush(w)
}

// flush sends out what has been written. If the file turns out to have changed
// meanwhile, the answer is cut off, and only the script can get the page another
// one.
func flush(w io.Writer) error {
	if f, ok := w.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}

// edit has bytes of a page be others.
type edit struct {
	from, to int
	text     string
}

// write writes the head of a page with these edits, which are in its order.
func write(w io.Writer, head []byte, edits []edit) error {
	from := 0
	for _, e := range edits {
		if _, err := w.Write(head[from:e.from]); err != nil {
			return err
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			return err
		}
		from = e.to
	}
	_, err := w.Write(head[from:])
	return err
}
