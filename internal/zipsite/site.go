package zipsite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// interval is how often the archive is looked at, whether it is another one by
// now.
const interval = time.Second

// Site is what is in a zip archive, as a file system for [fileserver.New]. It
// implements [fs.StatFS], [fs.ReadDirFS], [fs.ReadLinkFS] and [fs.SubFS], and is
// safe for concurrent use.
//
// Links lead to what is in the archive, or nowhere. If the archive is replaced,
// the Site becomes that of the new one as soon as it is complete: at most a
// second later, when something is asked for. Whoever has a file of the old one
// open, or a folder of it from Sub, keeps what it has.
type Site struct {
	name     string // absolute, if that could be found out
	tell     func(line string)
	interval time.Duration

	current atomic.Pointer[archive] // nil when the Site is closed
	due     atomic.Int64            // when the next look is, since started

	mu      sync.Mutex  // of whoever looks
	refused fs.FileInfo // a state of the file in which it was no archive
	waiting bool        // the user knows that the file is no archive
}

var started = time.Now() // of a clock that nobody sets

// Open opens the archive of this name on disk. The caller closes it. What the
// user should know is told by lines without an end: entries that cannot be
// served, here and after the archive was replaced; that it was; and that what
// took its place cannot be read. tell may be nil. Its calls do not overlap, and
// hold up the one that looks; it must not use the Site.
func Open(name string, tell func(line string)) (*Site, error) {
	if tell == nil {
		tell = func(string) {}
	}
	s := &Site{name: name, tell: tell, interval: interval}
	if abs, err := filepath.Abs(name); err == nil {
		s.name = abs
	}
	a, err := openArchive(name)
	if err != nil {
		return nil, err
	}
	s.current.Store(a)
	s.due.Store(int64(time.Since(started) + s.interval))
	s.tellFaults(a)
	return s, nil
}

// Close closes the archive. Files that are open stay so.
func (s *Site) Close() error {
	if a := s.current.Swap(nil); a != nil {
		return a.release()
	}
	return fs.ErrClosed
}

// Open opens a file or folder for reading. A file that is not compressed in the
// archive can be read at any offset, and so can a coded form.
func (s *Site) Open(name string) (fs.File, error) { return inside(s, name, view.Open) }

// Stat describes a file or folder, having followed links.
func (s *Site) Stat(name string) (fs.FileInfo, error) { return inside(s, name, view.Stat) }

// Lstat describes a file or folder, or the link that it is.
func (s *Site) Lstat(name string) (fs.FileInfo, error) { return inside(s, name, view.Lstat) }

// ReadLink returns where a link leads.
func (s *Site) ReadLink(name string) (string, error) { return inside(s, name, view.ReadLink) }

// ReadDir returns what is in a folder, by name.
func (s *Site) ReadDir(name string) ([]fs.DirEntry, error) { return inside(s, name, view.ReadDir) }

// Sub returns a folder of the archive in its present state: an [fs.FS] that
// implements all that a Site does, and is to be closed.
func (s *Site) Sub(name string) (fs.FS, error) { return inside(s, name, view.Sub) }

// inside performs op on a name in the present archive.
func inside[T any](s *Site, name string, op func(view, string) (T, error)) (T, error) {
	a, err := s.hold()
	if err != nil {
		var none T
		return none, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer a.release()
	return op(view{a, "."}, name)
}

// hold returns the present archive with one more user.
func (s *Site) hold() (*archive, error) {
	for {
		a := s.current.Load()
		if a == nil {
			return nil, fs.ErrClosed
		}
		if now := int64(time.Since(started)); now >= s.due.Load() || a.stale.Load() {
			s.look(now)
			a = s.current.Load()
		}
		if a != nil && a.acquire() {
			return a, nil
		}
	}
}

// look opens the archive again if its name leads to another one now, or it was
// rewritten. Who comes while somebody looks goes on with what there is.
func (s *Site) look(now int64) {
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	s.due.Store(now + int64(s.interval))
	old := s.current.Load()
	info, err := os.Stat(s.name)
	if err != nil || old == nil || isSame(info, old.info) || s.refused != nil && isSame(info, s.refused) {
		return // also one that is gone: what is open stays
	}
	a, err := openArchive(s.name)
	if err != nil {
		s.refuse(old, info, err)
		return
	}
	if !s.current.CompareAndSwap(old, a) {
		a.release() // closed meanwhile
		return
	}
	old.release()
	s.refused, s.waiting = nil, false
	s.tell(fmt.Sprintf("%s has changed: serving what is in it now", filepath.Base(s.name)))
	s.tellFaults(a)
}

// refuse takes note of a file that cannot be read, so that it is not tried again
// before it changes. While it is being copied, that is often, and told once.
func (s *Site) refuse(old *archive, info fs.FileInfo, err error) {
	s.refused = info
	if s.waiting {
		return
	}
	s.waiting = true
	instead := "still serving what was in it"
	if os.SameFile(info, old.info) {
		instead = "nothing of it can be served until it is complete"
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	s.tell(fmt.Sprintf("%s has changed: %v; %s", filepath.Base(s.name), err, instead))
}

func (s *Site) tellFaults(a *archive) {
	for _, line := range a.faults.lines() {
		s.tell(fmt.Sprintf("%s: %s", filepath.Base(s.name), line))
	}
}

// isSame reports whether both describe the same file in the same state.
func isSame(a, b fs.FileInfo) bool { return os.SameFile(a, b) && isUnchanged(a, b) }
