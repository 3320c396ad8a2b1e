package reload

import (
	"maps"
	"slices"
	"time"
)

// save is a change that goes on, or none: it ends when it has been quiet.
type save struct {
	options *Options
	names   map[string]bool
	quiet   *time.Timer
}

// note takes up files that have changed.
func (s *save) note(names []string) {
	if len(names) == 0 {
		return
	}
	if s.names == nil {
		s.names = map[string]bool{}
		if s.options.Changing != nil {
			s.options.Changing()
		}
	}
	for _, name := range names {
		if len(s.names) < maxNames {
			s.names[name] = true
		}
	}
	s.quiet.Reset(s.options.Quiet)
}

// end tells what has changed.
func (s *save) end() {
	names := slices.Sorted(maps.Keys(s.names))
	s.names = nil
	if s.options.Changed != nil {
		s.options.Changed(names)
	}
}
