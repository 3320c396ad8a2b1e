package fileserver

import (
	"io"
	"net/http"
	"time"
)

// transfer begins to tell how the content of p gets on, if that is asked for. It
// returns the writer to be used, and what is to be called at the end.
func (s *Server) transfer(w http.ResponseWriter, r *http.Request, p *Response, start time.Time) (http.ResponseWriter, func(error)) {
	if s.transfers == nil || r.Method == "HEAD" || p.Status >= 300 || p.Content.isNone() {
		return w, func(error) {}
	}
	record := newRecord(r, start)
	record.answer(p)
	told := &toldWriter{ResponseWriter: w}
	for _, begin := range s.transfers {
		if t := begin(record, p.ContentLength()); t != nil {
			told.transfers = append(told.transfers, t)
		}
	}
	if told.transfers == nil {
		return w, func(error) {}
	}
	return told, told.end
}

// toldWriter tells how much has been written.
type toldWriter struct {
	http.ResponseWriter
	transfers []Transfer
	sent      int64
}

// Unwrap lets [http.ResponseController] reach what the writer can do.
func (w *toldWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *toldWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.moved(int64(n))
	return n, err
}

// pieceSize is how much the kernel sends before that is told: a second's worth
// for a slow client, and a call to the system the more for each of them.
const pieceSize = 512 << 10

// ReadFrom has the kernel send what comes from a file, a piece at a time.
func (w *toldWriter) ReadFrom(src io.Reader) (total int64, err error) {
	left := int64(-1)
	if limited, ok := src.(*io.LimitedReader); ok { // one more of them would hide the file
		src, left = limited.R, limited.N
		defer func() { limited.N -= total }()
	}
	for left != 0 {
		piece := int64(pieceSize)
		if left > 0 {
			piece = min(piece, left)
		}
		n, err := io.CopyN(w.ResponseWriter, src, piece)
		total += n
		w.moved(n)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		if left > 0 {
			left -= n
		}
	}
	return total, nil
}

// FlushError is what [http.ResponseController] looks for.
func (w *toldWriter) FlushError() error { return http.NewResponseController(w.ResponseWriter).Flush() }

func (w *toldWriter) moved(n int64) {
	w.sent += n
	for _, t := range w.transfers {
		t.Moved(w.sent)
	}
}

func (w *toldWriter) end(err error) {
	for _, t := range w.transfers {
		t.End(err)
	}
}
