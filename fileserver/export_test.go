package fileserver

import "time"

// WithClock sets the time for tests.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.now = now }
}
