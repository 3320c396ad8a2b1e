package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/gserve/gserve/fileserver"
)

// ServeHTTP answers GET and HEAD with the file, whatever the path is.
//
// While the file grows, the answer has neither a length nor a validator, and
// does not end before the file does; ranges are ignored. One that can not be
// completed is cut off, so that nobody takes it for the whole.
func (s *Spool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isRead(r) {
		s.refuse(w, r, http.StatusMethodNotAllowed)
		return
	}
	if r.Method == http.MethodGet {
		s.identified(r.Context())
	}
	switch size, complete, failed := s.state(); {
	case complete:
		s.serveFile(w, r)
	case failed && size == 0:
		s.refuse(w, r, http.StatusInternalServerError)
	default:
		s.serveGrowing(w, r)
	}
}

// Folder returns a handler that serves the file by its name, and has "/" lead
// there. There is nothing else. It waits for the name as [Spool.Name] does.
func (s *Spool) Folder() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isRead(r) {
			s.refuse(w, r, http.StatusMethodNotAllowed)
			return
		}
		name := s.identified(r.Context())
		switch r.URL.Path {
		case "/" + name:
			s.ServeHTTP(w, r)
		case "/":
			s.fields(w.Header())
			w.Header().Set("Cache-Control", "no-store") // the next input has another name
			w.Header().Set("Location", (&url.URL{Path: "./" + name}).String())
			w.WriteHeader(http.StatusFound)
		default:
			s.refuse(w, r, http.StatusNotFound)
		}
	})
}

// isRead reports whether the file is asked for, whatever may become of that.
func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// refuse answers without the file.
func (s *Spool) refuse(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	s.fields(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", "GET, HEAD")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintln(w, status, http.StatusText(status))
	}
}

// identified waits until it is known what the file is, and returns its name.
// Nothing can be answered if that never is.
func (s *Spool) identified(ctx context.Context) string {
	select {
	case <-s.sniffed:
		return s.name
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// fields sets those that go with every answer.
func (s *Spool) fields(h http.Header) {
	for _, f := range s.options.Fields {
		h.Add(f.Name, f.Value)
	}
	if h.Get("X-Content-Type-Options") == "" {
		h.Set("X-Content-Type-Options", "nosniff") // also so that browsers show text at once
	}
}

// newServer returns the server of the file when it is complete.
func (s *Spool) newServer() *fileserver.Server {
	return fileserver.New(files{s, reopen}, fileserver.WithHidden(), fileserver.WithFields(slices.Clone(s.options.Fields)...))
}

// serveFile answers as for any file.
func (s *Spool) serveFile(w http.ResponseWriter, r *http.Request) {
	named := *r
	named.URL = &url.URL{Path: "/" + s.name, RawQuery: r.URL.RawQuery}
	s.server.ServeHTTP(w, &named)
}

// serveGrowing answers with what there is and then with what comes.
func (s *Spool) serveGrowing(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	s.fields(h)
	h.Set("Cache-Control", "no-store")
	select {
	case <-s.sniffed:
		h.Set("Content-Type", s.mediaType)
	default: // to HEAD, which does not wait. RFC 9110, 9.3.2: what is not known is left out
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if err := s.copy(r.Context(), w); err != nil {
		panic(http.ErrAbortHandler)
	}
}

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// copy writes the file as it grows. Nothing is held back when it has to wait.
func (s *Spool) copy(ctx context.Context, w http.ResponseWriter) error {
	if !s.enter() {
		return errClosed
	}
	defer s.leave()
	control := http.NewResponseController(w)
	for sent := int64(0); ; {
		size, err := s.await(ctx, sent)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.copyPart(w, sent, size); err != nil {
			return err
		}
		if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		sent = size
	}
}

// copyPart writes the file from first up to end.
func (s *Spool) copyPart(w io.Writer, first, end int64) error {
	buf := buffers.Get().(*[bufferSize]byte) // not while it waits
	defer buffers.Put(buf)
	for first < end {
		n, err := s.file.ReadAt(buf[:min(bufferSize, end-first)], first)
		if err != nil {
			return err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		first += int64(n)
	}
	return nil
}
