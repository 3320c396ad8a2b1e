package listing

import (
	"bufio"
	"io"
)

// bufferSize is how much is written at once.
const bufferSize = 32 << 10

// flush sends out what has been written so far, if w can do that. What goes
// wrong with it, later writes tell.
func flush(b *bufio.Writer, w io.Writer) {
	b.Flush()
	if f, ok := w.(interface{ Flush() error }); ok {
		_ = f.Flush()
	}
}

func (t *Totals) add(e *Entry) {
	if e.IsDir {
		t.Folders++
		return
	}
	t.Files++
	t.Size += max(e.Size, 0)
}

// isWhole reports whether the entries are all that the filter lets through.
func (f *Folder) isWhole() bool { return f.View.Offset == 0 && f.View.Limit == 0 }
