package fileserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// ServeHTTP answers r, by what [Server.Respond] decides. If the content cannot
// be written whole, it ends the connection by a panic with
// [http.ErrAbortHandler], as net/http wants it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	d := decisions.Get().(*decision)
	defer d.release()
	p := &d.answer
	defer p.Close() // also if a filter panics
	if handler := s.gate(r); handler != nil {
		s.handOff(w, r, handler, start)
		return
	}
	if !s.recall(r, p) {
		s.decideAnew(r, d)
	}
	if p.Handoff != nil {
		s.handOff(w, r, p.Handoff, start)
		return
	}
	var sent int64
	var err error
	w, end := s.transfer(w, r, p, start)
	defer func() { end(err) }()
	sent, err = write(w, r, p)
	if err != nil && isClientGone(r.Context(), err) {
		err = fmt.Errorf("%w: %w", ErrClientGone, err)
	}
	if s.observers != nil {
		record := newRecord(r, start)
		record.answer(p)
		record.Sent = sent
		if err != nil {
			record.Err = err
		}
		s.observe(record)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// decideAnew decides r.
func (s *Server) decideAnew(r *http.Request, d *decision) {
	q, p := &d.request, &d.answer
	*q = newRequest(r)
	var top *os.File
	var begun Beginning
	if s.memory != nil {
		top, begun = s.top(), s.memory.Begin()
	}
	s.Respond(r.Context(), q, p)
	s.remember(r, q, p, top, begun)
	if p.Handoff == nil && r.Method != "HEAD" {
		s.prepare(q, p)
	}
}

// prepare has p be a refusal if the content cannot be read.
func (s *Server) prepare(q *Request, p *Response) {
	if err := p.prepare(); err != nil {
		s.refuseInstead(q, p, err)
	}
}

// refuseInstead has p be a refusal, for this cause.
func (s *Server) refuseInstead(q *Request, p *Response, err error) {
	p.Close()
	*p = Response{Extra: s.ownFields(), Vary: p.Vary}
	s.refuse(q, p, err)
	s.filter(q, p)
}

// gate returns what answers r in the server's place, or nil.
func (s *Server) gate(r *http.Request) http.Handler {
	for _, gate := range s.gates {
		if handler := gate(r); handler != nil {
			return handler
		}
	}
	return nil
}

// decision is a request with its answer, kept for reuse.
type decision struct {
	request Request
	answer  Response
}

var decisions = sync.Pool{New: func() any { return new(decision) }}

func (d *decision) release() {
	*d = decision{}
	decisions.Put(d)
}

// usualFields is how many fields an answer seldom exceeds.
const usualFields = 12

// write writes p.
func write(w http.ResponseWriter, r *http.Request, p *Response) (sent int64, err error) {
	h := w.Header()
	values := make([]string, 0, usualFields) // one array for all of them
	p.Fields(func(name, value string) {
		if lines, repeated := h[name]; repeated {
			h[name] = append(lines, value)
			return
		}
		values = append(values, value)
		n := len(values)
		h[name] = values[n-1 : n : n]
	})
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http would guess one
	}
	w.WriteHeader(p.Status)
	if r.Method == "HEAD" || p.Content.isNone() {
		return 0, nil
	}
	if p.Content.Stream != nil {
		// net/http adds a Content-Length to short answers, which HEAD has not.
		http.NewResponseController(w).Flush()
	}
	if p.release != nil {
		// A stream may be waiting for what comes next when the client goes.
		defer context.AfterFunc(r.Context(), p.release)()
	}
	return p.WriteContent(w)
}

// handOff has another handler answer.
func (s *Server) handOff(w http.ResponseWriter, r *http.Request, h http.Handler, start time.Time) {
	if s.observers == nil {
		h.ServeHTTP(w, r)
		return
	}
	record := newRecord(r, start)
	watched := &watchedWriter{ResponseWriter: w, record: record}
	defer func() {
		if record.Status == 0 {
			record.Status = http.StatusOK
		}
		if cause := recover(); cause != nil {
			if record.Err = errAborted; r.Context().Err() != nil {
				record.Err = ErrClientGone
			}
			defer panic(cause)
		}
		s.observe(record)
	}()
	h.ServeHTTP(watched, r)
}

func newRecord(r *http.Request, start time.Time) *Record {
	record := &Record{
		Request: r,
		Time:    start, Client: r.RemoteAddr,
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host,
		Referer: r.Header.Get("Referer"), UserAgent: r.Header.Get("User-Agent"),
	}
	if r.Header["Authorization"] != nil {
		record.User, _, _ = r.BasicAuth()
	}
	return record
}

// answer notes what was decided.
func (r *Record) answer(p *Response) {
	r.Status, r.Type, r.Length, r.Name, r.Err = p.Status, p.Meta.Type, p.Meta.Length, p.Name, p.Err
	r.Listing, r.Rule = p.Listing, p.Rule
	r.Coding, r.Stored = p.Meta.Coding, p.stored
	if len(p.Ranges) == 1 {
		r.Part = p.Ranges[0]
	}
}

func (s *Server) observe(record *Record) {
	record.Duration = time.Since(record.Time)
	for _, observer := range s.observers {
		observer(record)
	}
}

// watchedWriter notes what a handler that is not ours answers.
type watchedWriter struct {
	http.ResponseWriter
	record *Record
}

// Unwrap lets [http.ResponseController] reach what the writer can do.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watchedWriter) WriteHeader(status int) {
	if w.record.Status == 0 && status >= 200 { // RFC 9110, 15.2: more than one 1xx may come first
		w.record.Status = status
		w.record.Type = w.Header().Get("Content-Type")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.record.Sent += int64(n)
	return n, err
}

// ReadFrom keeps sendfile possible for the handler, as its own file's sender.
func (w *watchedWriter) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, src)
	w.record.Sent += n
	return n, err
}

// Flush is for handlers that look for an [http.Flusher].
func (w *watchedWriter) Flush() { http.NewResponseController(w.ResponseWriter).Flush() }

// Hijack is for handlers that look for an [http.Hijacker].
func (w *watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.record.Status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
