package fileserver

import "time"

// WithClock sets the time for tests.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.now = now }
}

// WithSearchTime sets for tests after what time a search ends.
func WithSearchTime(d time.Duration) Option {
	return func(s *Server) { s.searchTime = d }
}
