package listing

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

const (
	// firstRows is how many rows go out at once: more than fit on a screen.
	firstRows = 300
	// blockRows is how many rows a block has that the browser does not lay out
	// before it is seen. The stylesheet knows the number.
	blockRows = 100
	// maxBoxes is how many entries a folder has at most whose rows get boxes to
	// tick: more would slow the page, and not fit into a URL.
	maxBoxes = 5000
	// fullRows is how many rows tell times to programs too: a row has one element
	// less then, and 100,000 of them are there a fifth of a second earlier.
	fullRows = 5000
)

// HTML writes the folder as a page. If w has a method Flush() error, it is
// called when the reader should see what there is: before the first entry is
// asked for, after the first rows, and whenever a search makes the reader wait.
// An error of the entries that is a [Limit] is told on the page; any other is
// returned, with the page cut off. Of a drop box, no entry is asked for.
func HTML(w io.Writer, folder *Folder) error {
	total := folder.Totals.Files + folder.Totals.Folders
	p := &page{
		b:      bufio.NewWriterSize(w, bufferSize),
		w:      w,
		folder: folder,
		boxes:  (folder.CanSave || folder.Changes.choose()) && !folder.View.Deep && 0 < total && total <= maxBoxes,
	}
	if folder.DropBox {
		return p.writeDropBox()
	}
	if err := templates().ExecuteTemplate(p.b, "top", p.top()); err != nil {
		return err
	}
	flush(p.b, w)
	if err := p.writeRows(); err != nil {
		return err
	}
	if err := templates().ExecuteTemplate(p.b, "bottom", p.bottom()); err != nil {
		return err
	}
	return p.b.Flush()
}

// page is a page on its way out.
type page struct {
	b      *bufio.Writer
	w      io.Writer
	folder *Folder
	boxes  bool // rows have boxes to tick

	rows    int    // written so far
	listed  Totals // what they come to
	stopped *Limit // why there are no more of them, if that has a reason
}

// writeDropBox writes the page of a folder that tells nothing of what is in it.
func (p *page) writeDropBox() error {
	t := struct {
		*top
		Trust string
	}{p.top(), p.folder.Trust}
	if err := templates().ExecuteTemplate(p.b, "dropbox", t); err != nil {
		return err
	}
	return p.b.Flush()
}

func (p *page) writeRows() error {
	var row []byte
	p.folder.Waiting = func() { flush(p.b, p.w) }
	for e, err := range p.folder.Entries {
		if err != nil {
			limit, ok := errors.AsType[Limit](err)
			if !ok {
				return err
			}
			p.stopped = &limit
			break
		}
		row = row[:0]
		if p.rows%blockRows == 0 {
			row = append(row, "<tbody>"...)
		}
		row = p.appendRow(row, &e)
		if _, err := p.b.Write(row); err != nil {
			return err
		}
		p.listed.add(&e)
		p.rows++
		if p.rows == firstRows {
			flush(p.b, p.w)
		}
	}
	return nil
}

// describe returns the totals in words.
func (t Totals) describe() string {
	var parts []string
	if t.Files > 0 {
		parts = append(parts, count(t.Files, "file", "files"))
	}
	if t.Folders > 0 {
		parts = append(parts, count(t.Folders, "folder", "folders"))
	}
	if t.Files > 0 && t.Size >= 0 {
		parts = append(parts, string(appendSize(nil, t.Size)))
	}
	return strings.Join(parts, ", ")
}
