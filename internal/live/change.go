package live

import (
	"slices"
	"sync"
	"time"
)

// change is what pages are told. Names are those of files, below a root.
type change struct {
	Since   int `json:"since"`   // the version of what is served that it leads from
	Version int `json:"version"` // the one that it leads to

	Styles  []string `json:"styles,omitempty"`
	Images  []string `json:"images,omitempty"`
	Sources []string `json:"sources,omitempty"`
	Reload  bool     `json:"reload,omitempty"`

	told time.Time
}

// maxTold bounds the names in one change: a page that so many concern is as well
// loaded anew.
const maxTold = 100

// note adds what the change of a file means.
func (c *change) note(name string, k kind) {
	switch {
	case k == ignored:
	case k == other || name == "":
		c.Reload = true
	case k == style:
		c.Styles = with(c.Styles, name)
	case k == image:
		c.Images = with(c.Images, name)
	default:
		c.Sources = with(c.Sources, name)
	}
	c.settle()
}

// add adds what has changed after c.
func (c *change) add(later *change) {
	c.Version = later.Version
	c.Styles = with(c.Styles, later.Styles...)
	c.Images = with(c.Images, later.Images...)
	c.Sources = with(c.Sources, later.Sources...)
	c.Reload = c.Reload || later.Reload
	c.settle()
}

// with returns names with those more that are not among them.
func with(names []string, more ...string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// settle drops the names if they are of no use.
func (c *change) settle() {
	if c.Reload || len(c.Styles)+len(c.Images)+len(c.Sources) > maxTold {
		c.Styles, c.Images, c.Sources, c.Reload = nil, nil, nil, true
	}
}

func (c *change) isNone() bool {
	return !c.Reload && len(c.Styles)+len(c.Images)+len(c.Sources) == 0
}

// maxKept is how many changes are kept for pages that did not hear of them when
// they came. A page that has missed more is loaded anew.
const maxKept = 100

// changes are what has changed since the server was started. What is served
// has a version: how often it has changed.
type changes struct {
	mu   sync.Mutex
	last int
	kept []change      // that led to last
	next chan struct{} // closed when there is another one
}

func (s *changes) init() { s.next = make(chan struct{}) }

// delay is how long it may take from when a file is opened to when it is sent,
// on a machine that is busy.
const delay = 250 * time.Millisecond

// version returns the least that a file shows which was opened just now: what
// was told a moment ago may have been saved after that. A page that is taken for
// older than it is hears of a change once too often, and no page hears of one
// never.
func (s *changes) version(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	version := s.last
	for _, c := range slices.Backward(s.kept) {
		if now.Sub(c.told) > delay {
			break
		}
		version--
	}
	return version
}

// add adds a change, unless it is none.
func (s *changes) add(c change) {
	if c.isNone() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Since, c.Version, c.told = s.last, s.last+1, time.Now()
	s.last++
	if len(s.kept) == maxKept {
		s.kept = slices.Delete(s.kept, 0, 1)
	}
	s.kept = append(s.kept, c)
	close(s.next)
	s.next = make(chan struct{})
}

// since returns all that has changed since a version as one change, which is
// none if nothing has, and a channel that is closed when more has.
func (s *changes) since(version int) (change, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := change{Since: version, Version: s.last}
	first := len(s.kept) - (s.last - version)
	if first < 0 || version > s.last {
		all.Reload = true
		return all, s.next
	}
	for i := range s.kept[first:] {
		all.add(&s.kept[first+i])
	}
	return all, s.next
}
