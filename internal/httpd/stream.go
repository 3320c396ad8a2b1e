package httpd

import (
	"net/http"
	"time"
)

// boundStreams bounds the wait for a client of HTTP/2 that does not want the
// rest of one answer: flow control is by stream there, so the connection as a
// whole does not stall.
func boundStreams(next http.Handler, stall time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			next.ServeHTTP(w, r)
			return
		}
		s := &stream{w, http.NewResponseController(w), stall}
		next.ServeHTTP(s, r)
		s.begin() // of what net/http still holds
	})
}

// stream is a ResponseWriter whose writes fail, and end the stream, if they
// take longer than stall. They are of small pieces, so that a client that is
// slow but moving is in time.
type stream struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// pieceSize is what a client has to take within the stall time: no client is so
// slow that it would care.
const pieceSize = 32 << 10

func (s *stream) Write(b []byte) (n int, err error) {
	s.begin()
	defer s.end()
	for {
		piece := b[n:min(len(b), n+pieceSize)]
		m, err := s.ResponseWriter.Write(piece)
		if n += m; err != nil || n == len(b) {
			return n, err
		}
		s.begin()
	}
}

// Flush is for handlers that look for an [http.Flusher].
func (s *stream) Flush() { _ = s.FlushError() }

// FlushError is what [http.ResponseController] looks for.
func (s *stream) FlushError() error {
	s.begin()
	defer s.end()
	return s.control.Flush()
}

// Unwrap lets [http.ResponseController] reach what the writer can do.
func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *stream) begin() { _ = s.control.SetWriteDeadline(time.Now().Add(s.stall)) }

// end lifts the deadline, which would else end the stream of a handler that has
// nothing to write for a while.
func (s *stream) end() { _ = s.control.SetWriteDeadline(time.Time{}) }
