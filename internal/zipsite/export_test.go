package zipsite

import "os"

// Restless has s look at its archive whenever something is asked for.
func Restless(s *Site) {
	s.interval = 0
	s.due.Store(0)
}

// Restful has s not look at its archive for its own sake.
func Restful(s *Site) {
	s.interval = 1 << 60
	s.due.Store(1 << 62)
}

// File returns the open file of the present archive.
func File(s *Site) *os.File { return s.current.Load().file.(*os.File) }

var (
	CleanName  = cleanName
	DecodeName = decodeName
)
