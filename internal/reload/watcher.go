// Package reload tells when files of a project have been saved: at once when
// something changes, and again when all of a save has been written.
//
// It never reads a file, and never decides what a change means. A save is
// never missed because something restarts: the watcher stays.
package reload

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	defaultQuiet      = 25 * time.Millisecond // editors write, sync and rename within less
	defaultInterval   = time.Second
	defaultMaxFolders = 8192 // the least that Linux grants a user
	maxNames          = 1000 // of one change that are told
)

// Options tell what is watched. The zero value of a field is its default.
type Options struct {
	Roots    []string // folders, watched with all below them; one may come to be later
	Patterns []string // of file names, as [path/filepath.Match] has them; default *.py

	// Changing is called as soon as a file has changed, Changed when nothing
	// has for Quiet, with the absolute names, sorted, of at most 1000 files
	// that are new, different or gone. The two alternate. They are called one
	// at a time and hold up the watcher, though they may call Add.
	Changing func()
	Changed  func(names []string)

	Quiet      time.Duration // default 25 ms
	Interval   time.Duration // between looks where the system does not tell; default 1 s
	Poll       bool          // look everywhere, as if the system told nothing
	MaxFolders int           // what lies in more of them is not watched; default 8192

	Log func(line string) // what the user should know of how files are watched
}

// Watcher watches folders. It is safe for concurrent use. Make one with [New].
//
// Folders are left out that begin with a dot or are named __pycache__,
// node_modules or site-packages, and virtual environments, unless they are
// roots. A root may be a link to a folder; others are not followed. Names that
// begin with a dot are those of files only to patterns that do so, too, and
// names that end in "~" are backups.
type Watcher struct {
	options Options
	notify  *fsnotify.Watcher // nil if all is polled
	done    chan struct{}
	ended   chan struct{}
	close   sync.Once

	mu   sync.Mutex
	tree *tree
}

// New returns a watcher of what changes from now on. The caller closes it.
func New(options Options) (*Watcher, error) {
	options.Quiet = cmp.Or(options.Quiet, defaultQuiet)
	options.Interval = cmp.Or(options.Interval, defaultInterval)
	options.MaxFolders = cmp.Or(options.MaxFolders, defaultMaxFolders)
	if len(options.Patterns) == 0 {
		options.Patterns = []string{"*.py"}
	}
	for _, pattern := range options.Patterns {
		if _, err := filepath.Match(pattern, ""); err != nil || pattern == "" {
			return nil, fmt.Errorf("watch %q: not a pattern; write one such as *.py", pattern)
		}
	}
	if options.Log == nil {
		options.Log = func(string) {}
	}
	w := &Watcher{options: options, done: make(chan struct{}), ended: make(chan struct{})}
	w.tree = newTree(options)
	if !options.Poll {
		w.startNotify()
	}
	if err := w.Add(options.Roots...); err != nil {
		w.stopNotify()
		return nil, err
	}
	go w.run()
	return w, nil
}

// startNotify asks the system to tell, or has all be polled.
func (w *Watcher) startNotify() {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		w.options.Log("cannot have the system tell of changes: " + hint(err))
		return
	}
	w.notify = notify
	w.tree.watch, w.tree.unwatch = notify.Add, notify.Remove
}

func (w *Watcher) stopNotify() {
	if w.notify != nil {
		w.notify.Close()
	}
}

// Add watches more folders. What is in them by now is no change.
func (w *Watcher) Add(folders ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, folder := range folders {
		abs, err := filepath.Abs(folder)
		if err != nil {
			return fmt.Errorf("watch %q: %w", folder, err)
		}
		w.tree.addRoot(abs)
	}
	return nil
}

// Close ends the watcher. It may be called more than once, and by the functions
// of Options; it does not wait for a call of theirs that is under way.
func (w *Watcher) Close() error {
	w.close.Do(func() {
		close(w.done)
		w.stopNotify()
	})
	return nil
}

// run waits for changes, and tells of them.
func (w *Watcher) run() {
	defer close(w.ended)
	var events chan fsnotify.Event
	var failures chan error
	if w.notify != nil {
		events, failures = w.notify.Events, w.notify.Errors
	}
	tick := time.NewTicker(w.options.Interval)
	defer tick.Stop()
	save := &save{options: &w.options, quiet: time.NewTimer(time.Hour)}
	save.quiet.Stop()
	for {
		select {
		case <-w.done:
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			save.note(w.locked(func(t *tree) []string { return t.event(e) }))
		case err, ok := <-failures:
			if !ok {
				return
			}
			save.note(w.locked(func(t *tree) []string { return w.failed(t, err) }))
		case <-tick.C:
			save.note(w.locked((*tree).look))
		case <-save.quiet.C:
			// Where files are polled, more of them may have been written since.
			if more := w.locked((*tree).look); len(more) > 0 {
				save.note(more)
				continue
			}
			save.end()
		}
	}
}

func (w *Watcher) locked(f func(*tree) []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f(w.tree)
}

// failed takes up what the system had to say instead of an event.
func (w *Watcher) failed(t *tree, err error) []string {
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		w.options.Log("watch files: " + err.Error())
	}
	return t.lookAll() // events may be lost
}
