package store

import (
	"fmt"
	"time"
)

// entry is what is known of a draft: of each that is open, and of those kept.
type entry struct {
	folder  string
	client  string
	kept    bool
	open    bool // some Draft uses it, or it is being swept
	expires time.Time
}

// enter takes up a draft that is open from now on, unless there are too many
// of those that are kept.
func (s *Store) enter(d *Draft) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.meta.Keep && s.drafts[d.token] == nil {
		all, each := 0, 0
		for _, e := range s.drafts {
			if e.kept {
				all++
				if e.client == d.meta.Client {
					each++
				}
			}
		}
		if all >= s.options.MaxDrafts || d.meta.Client != "" && each >= s.options.MaxEach {
			return fmt.Errorf("%w: there are %d unfinished uploads, %d of them of this client", ErrBusy, all, each)
		}
	}
	s.drafts[d.token] = &entry{folder: d.folder.name, client: d.meta.Client, kept: d.meta.Keep, open: true}
	return nil
}

// leave forgets a draft that is over.
func (s *Store) leave(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drafts, token)
}

// rest notes that a kept draft is not in use.
func (s *Store) rest(d *Draft) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.drafts[d.token]; e != nil {
		e.open, e.expires = false, d.Expires()
	}
}

// claim takes a draft that nobody uses: it is not swept meanwhile, nor opened.
func (s *Store) claim(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := s.drafts[token]; {
	case e == nil:
		s.drafts[token] = &entry{open: true}
	case e.open:
		return ErrDraft
	default:
		e.open = true
	}
	return nil
}

// unclaim gives back what was claimed.
func (s *Store) unclaim(token string, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.drafts[token]
	if e == nil {
		return
	}
	if e.open = false; gone || !e.kept {
		delete(s.drafts, token)
	}
}
