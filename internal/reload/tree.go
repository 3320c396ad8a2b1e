package reload

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// tree is what is known of the folders: an event is a hint where to look, and
// what is found there is compared with what was. So nothing is missed that
// came to be before the system was asked to tell of it.
type tree struct {
	options Options
	watch   func(folder string) error // asks the system to tell; nil if all is polled
	unwatch func(folder string) error
	roots   []*root
	folders map[string]*folder
	full    bool // there are more folders than are watched
}

// root is a folder that was asked for.
type root struct {
	path string
	poll bool
}

// folder is one that is watched.
type folder struct {
	self  fs.FileInfo
	files map[string]fs.FileInfo // by name; those that match
	subs  map[string]bool        // by name
}

func newTree(options Options) *tree {
	return &tree{options: options, folders: map[string]*folder{}}
}

// addRoot watches a folder, if it is not watched already.
func (t *tree) addRoot(path string) {
	for _, r := range t.roots {
		if r.path == path {
			return
		}
	}
	r := &root{path: path, poll: t.watch == nil}
	if kind := networkFileSystem(path); kind != "" && !r.poll {
		r.poll = true
		t.options.Log(fmt.Sprintf("%s is on %s, which does not tell of changes made elsewhere: looking every %v", path, kind, t.options.Interval))
	}
	t.roots = append(t.roots, r)
	t.scan(path, r.poll)
}

// look compares what the system does not tell of: roots that are polled, and
// those that are not there, or are another folder by now.
func (t *tree) look() (changed []string) {
	for _, r := range t.roots {
		known := t.folders[r.path]
		info, err := os.Stat(r.path)
		switch {
		case r.poll:
			changed = append(changed, t.scan(r.path, true)...)
		case known != nil && (err != nil || !os.SameFile(info, known.self)):
			changed = append(changed, t.forget(r.path)...)
			changed = append(changed, t.scan(r.path, false)...)
		case known == nil && err == nil:
			changed = append(changed, t.scan(r.path, false)...)
		}
	}
	return changed
}

// lookAll compares everything.
func (t *tree) lookAll() (changed []string) {
	for _, r := range t.roots {
		changed = append(changed, t.scan(r.path, r.poll)...)
	}
	return changed
}

// scan compares a folder with what is known of it, and goes on to those in it
// that are new; to all of them if it is polled or known already. It returns the
// files that have changed.
func (t *tree) scan(path string, poll bool) (changed []string) {
	self, err := os.Stat(path)
	if err != nil || !self.IsDir() {
		return t.forget(path)
	}
	f := t.folders[path]
	if f != nil && !os.SameFile(f.self, self) {
		changed = t.forget(path)
		f = nil
	}
	if f == nil {
		if f = t.add(path, self, poll); f == nil {
			return changed
		}
	}
	entries, err := os.ReadDir(path) // after it is watched: what comes later is told
	if err != nil {
		return append(changed, t.forget(path)...)
	}
	if !t.isRoot(path) && isEnvironment(entries) {
		t.forget(path)
		return changed
	}
	files, subs := map[string]fs.FileInfo{}, map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() && !isSkipped(name) {
			subs[name] = true
		} else if t.matches(name) {
			if info := regular(filepath.Join(path, name)); info != nil {
				files[name] = info
			}
		}
	}
	changed = append(changed, differing(path, f.files, files)...)
	for name := range f.subs {
		if !subs[name] {
			changed = append(changed, t.forget(filepath.Join(path, name))...)
		}
	}
	f.self, f.files, f.subs = self, files, subs
	for name := range subs {
		changed = append(changed, t.scan(filepath.Join(path, name), poll)...)
	}
	return changed
}

// add takes a folder up, unless there are too many.
func (t *tree) add(path string, self fs.FileInfo, poll bool) *folder {
	if len(t.folders) >= t.options.MaxFolders {
		if !t.full {
			t.full = true
			t.options.Log(fmt.Sprintf("more than %d folders: changes in the rest, such as %s, are not seen; watch a folder further down", t.options.MaxFolders, path))
		}
		return nil
	}
	f := &folder{self: self}
	t.folders[path] = f
	if poll || t.watch == nil {
		return f
	}
	switch err := t.watch(path); {
	case err == nil || errors.Is(err, fs.ErrNotExist):
	case isLimit(err):
		t.options.Log(fmt.Sprintf("cannot have the system tell of all changes: %s", hint(err)))
		t.pollAll()
	default:
		t.options.Log(fmt.Sprintf("watch %s: %v", path, err))
	}
	return f
}

// pollAll does without the system from now on.
func (t *tree) pollAll() {
	t.watch = nil
	for path := range t.folders {
		t.unwatch(path)
	}
	for _, r := range t.roots {
		r.poll = true
	}
}

// forget drops a folder with all below it, and returns its files.
func (t *tree) forget(path string) (gone []string) {
	f := t.folders[path]
	if f == nil {
		return nil
	}
	delete(t.folders, path)
	if t.watch != nil {
		t.unwatch(path) // fails if it has gone with the folder
	}
	for name := range f.files {
		gone = append(gone, filepath.Join(path, name))
	}
	for name := range f.subs {
		gone = append(gone, t.forget(filepath.Join(path, name))...)
	}
	return gone
}

// event looks where the system says that something happened, and returns the
// files that have changed.
func (t *tree) event(e fsnotify.Event) []string {
	if t.folders[e.Name] != nil {
		if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) || e.Has(fsnotify.Create) {
			gone := t.forget(e.Name) // another one may have its name now
			return append(gone, t.scan(e.Name, false)...)
		}
		return nil
	}
	path, name := filepath.Split(e.Name)
	parent := t.folders[filepath.Clean(path)]
	switch {
	case parent == nil:
		return nil
	case t.matches(name):
		if changed := t.file(parent, e, name); changed != nil {
			return changed
		}
	case name == environmentMark && !t.isRoot(filepath.Clean(path)):
		return t.scan(filepath.Clean(path), false)
	}
	if info, err := os.Lstat(e.Name); err != nil || !info.IsDir() || isSkipped(name) {
		return nil
	}
	if parent.subs == nil {
		parent.subs = map[string]bool{}
	}
	parent.subs[name] = true
	return t.scan(e.Name, false)
}

// file takes up what happened to one file. Its content may have changed though
// its times and size have not: a clock has ticks. Only of a change of
// attributes, which chmod is, and touch, do they say what it was.
func (t *tree) file(parent *folder, e fsnotify.Event, name string) []string {
	was, now := parent.files[name], regular(e.Name)
	switch {
	case was == nil && now == nil:
		return nil // came and went, or is no file
	case e.Op == fsnotify.Chmod && was != nil && now != nil && same(was, now):
		return nil
	case now == nil:
		delete(parent.files, name)
	default:
		if parent.files == nil {
			parent.files = map[string]fs.FileInfo{}
		}
		parent.files[name] = now
	}
	return []string{e.Name}
}

func (t *tree) isRoot(path string) bool {
	for _, r := range t.roots {
		if r.path == path {
			return true
		}
	}
	return false
}

// regular describes a file, also behind a link, or returns nil if there is none.
func regular(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return info
}

// same reports whether a file is what it was, as far as can be told without
// reading it. Its mode does not count.
func same(was, now fs.FileInfo) bool {
	return was.ModTime().Equal(now.ModTime()) && was.Size() == now.Size() && os.SameFile(was, now)
}

// differing returns the files that are not the same in both.
func differing(path string, was, now map[string]fs.FileInfo) (names []string) {
	for name, info := range now {
		if before := was[name]; before == nil || !same(before, info) {
			names = append(names, filepath.Join(path, name))
		}
	}
	for name := range was {
		if now[name] == nil {
			names = append(names, filepath.Join(path, name))
		}
	}
	return names
}

// isLimit reports whether the system tells of no more folders.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// hint says what the user can do about an error of the system's.
func hint(err error) string {
	var advice string
	switch {
	case errors.Is(err, syscall.ENOSPC):
		advice = "; raise the limit: sysctl fs.inotify.max_user_watches=524288"
	case errors.Is(err, syscall.EMFILE):
		advice = "; raise the limit: sysctl fs.inotify.max_user_instances=1024, or ulimit -n"
	}
	return strings.TrimSpace(err.Error()) + ": looking at all files every so often instead" + advice
}
