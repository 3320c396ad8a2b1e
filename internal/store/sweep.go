package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	maxSweeps  = 64      // folders that wait for a sweep; the hourly one finds the rest
	maxFolders = 100_000 // of a walk, and of those that wait in it
	maxVisited = 10_000  // that are swept again
	batch      = 256     // names read at a time
	pause      = time.Millisecond
	interval   = time.Hour

	// A draft that is not kept belongs to a request that is under way, and a
	// client that sends nothing is given up within minutes.
	abandoned = time.Hour
)

// visit has a folder swept that is written into for the first time.
func (s *Store) visit(name string) {
	s.mu.Lock()
	known := s.swept[name]
	if !known && len(s.swept) < maxVisited {
		s.swept[name] = true
	}
	s.mu.Unlock()
	if known {
		return
	}
	select {
	case s.sweeps <- name:
	default: // the hourly sweep comes
	}
}

// sweep removes abandoned drafts until the Store is closed: in the whole tree
// at first, then hourly where there were any, and where something is written
// for the first time.
func (s *Store) sweep() {
	hourly := time.NewTicker(interval)
	defer hourly.Stop()
	s.walk()
	for {
		select {
		case <-s.stop:
			return
		case name := <-s.sweeps:
			s.sweepNamed(name)
		case <-hourly.C:
			s.expire()
			for _, name := range s.visited() {
				if s.isStopped() {
					return
				}
				s.sweepNamed(name)
			}
		}
	}
}

// expire forgets kept drafts that are over, wherever they are by now.
func (s *Store) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, e := range s.drafts {
		if !e.open && time.Now().After(e.expires) {
			delete(s.drafts, token)
		}
	}
}

func (s *Store) visited() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.swept {
		names = append(names, name)
	}
	return names
}

// walk looks for drafts in all folders, at leisure: some process may have been
// killed that wrote anywhere.
func (s *Store) walk() {
	below, err := follow(s.tree().root, s.options.Below)
	if err != nil {
		return
	}
	waiting := []string{below}
	for n := 0; len(waiting) > 0 && n < maxFolders; n++ {
		name := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		subs, err := s.sweepFolder(name)
		if err != nil {
			continue // gone meanwhile, or not ours
		}
		if len(waiting)+len(subs) <= maxFolders {
			waiting = append(waiting, subs...)
		}
		if s.isStopped() {
			return
		}
	}
}

func (s *Store) isStopped() bool {
	select {
	case <-s.stop:
		return true
	case <-time.After(pause):
		return false
	}
}

func (s *Store) sweepNamed(name string) {
	_, err := s.sweepFolder(name)
	if errors.Is(err, ErrNotFound) {
		s.forget(name)
		return
	}
	s.log(err)
}

// forget drops a folder that is gone, with its drafts.
func (s *Store) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.swept, name)
	for token, e := range s.drafts {
		if e.folder == name && !e.open {
			delete(s.drafts, token)
		}
	}
}

// sweepFolder removes the abandoned drafts of a folder, and returns the names
// of those in it.
func (s *Store) sweepFolder(name string) (subs []string, err error) {
	f, err := s.openFolder(s.tree(), name)
	if err != nil {
		return nil, err
	}
	defer f.close()
	for {
		entries, err := f.self.ReadDir(batch)
		for _, entry := range entries {
			if entry.IsDir() {
				if sub := join(name, entry.Name()); s.checkPath(sub) == nil {
					subs = append(subs, sub)
				}
			} else if token, ok := tokenOf(entry.Name()); ok {
				s.sweepDraft(f, entry.Name(), token)
			}
		}
		if errors.Is(err, io.EOF) {
			return subs, nil
		}
		if err != nil || len(entries) == batch && s.isStopped() {
			return subs, err
		}
	}
}

// tokenOf returns the token of a draft that a file belongs to.
func tokenOf(name string) (string, bool) {
	token, ok := strings.CutPrefix(name, Prefix)
	if !ok {
		return "", false
	}
	token, _ = strings.CutSuffix(token, newExt)
	token, _ = strings.CutSuffix(token, companionExt)
	return token, isToken(token)
}

// sweepDraft removes a file of a draft if nobody will come back to it.
func (s *Store) sweepDraft(f *folder, name, token string) {
	if s.isAlive(token) || s.claim(token) != nil {
		return
	}
	e, over := s.look(f.root, token)
	if over {
		s.log(removeIfThere(f.root, draftName(token)))
		s.log(removeIfThere(f.root, companionName(token)))
		s.log(removeIfThere(f.root, companionName(token)+newExt))
	} else if e.kept {
		e.folder = f.name
		s.remember(token, e)
	}
	s.unclaim(token, over)
}

// isAlive reports whether a draft is known that is in use, or kept for later.
func (s *Store) isAlive(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.drafts[token]
	return e != nil && (e.open || time.Now().Before(e.expires))
}

// look reports what is known of a draft, and whether it is over.
func (s *Store) look(root *os.Root, token string) (entry, bool) {
	info, err := root.Lstat(draftName(token))
	if err != nil {
		return entry{}, isOld(root, companionName(token)) && isOld(root, companionName(token)+newExt)
	}
	c, err := readCompanion(root, companionName(token))
	if err != nil {
		return entry{}, time.Since(info.ModTime()) > abandoned
	}
	expires := s.expiry(info.ModTime(), c.Created)
	return entry{client: c.Client, kept: true, open: true, expires: expires}, time.Now().After(expires)
}

// isOld reports whether a file is not there, or has not been written for long.
func isOld(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err != nil || time.Since(info.ModTime()) > abandoned
}

// remember takes up a kept draft of an earlier process.
func (s *Store) remember(token string, e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.drafts) <= 2*s.options.MaxDrafts {
		s.drafts[token] = &e
	}
	if len(s.swept) < maxVisited {
		s.swept[e.folder] = true
	}
}

func removeIfThere(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
