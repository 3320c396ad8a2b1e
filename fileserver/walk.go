package fileserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// walk goes through the tree below a directory, in an order that is the same
// each time: what a stranger could ask for by name, and nothing else.
//
// Links that stay inside are what they lead to. A directory behind links is
// gone into once, and never below itself, so that the walk ends.
type walk struct {
	server *Server
	visit  func(*node) error
	only   map[string]bool // names in the first directory that are gone to; nil for all
	turn   *turn           // nil if it needs none
	// shallow has what lies deeper than maxDepth be left out, and cut says that
	// something was. It is an error otherwise.
	shallow, cut bool

	above  []fs.FileInfo   // directories on the way to where the walk is
	linked map[fileID]bool // directories that a link led to
}

// node is what a walk has come to. It is valid until the walk goes on.
type node struct {
	dir  directory // that holds it
	base string
	path string // from where the walk began, a slash between its segments
	info fs.FileInfo
}

// errSkip is what visit returns for a directory that is not to be gone into.
var errSkip = errors.New("directory is not gone into")

// maxDepth is how deep a walk goes: each level holds a directory open.
const maxDepth = 256

var errDepth = errors.New("folders lie too deep in each other")

// run walks the directory of this name. It ends with the first error of visit,
// or when ctx does.
func (w *walk) run(ctx context.Context, d directory, name string) error {
	info, err := d.stat(".")
	if err != nil {
		return err
	}
	w.above, w.linked = append(w.above[:0], info), map[fileID]bool{}
	return w.directory(ctx, d, name, "")
}

func (w *walk) directory(ctx context.Context, d directory, name, at string) error {
	if len(w.above) > maxDepth {
		if w.shallow {
			w.cut = true
			return nil
		}
		return fmt.Errorf("%w: %s", errDepth, name)
	}
	entries, err := d.read()
	if isAbsence(err) && at != "" {
		return nil // gone meanwhile, or not to be read
	}
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if at == "" && w.only != nil && !w.only[e.Name()] {
			continue
		}
		if err := w.entry(ctx, d, e, path.Join(name, e.Name()), path.Join(at, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// entry goes to one entry of a directory; name is below the root, at from
// where the walk began.
func (w *walk) entry(ctx context.Context, d directory, e fs.DirEntry, name, at string) error {
	w.turn.step()
	isLink := e.Type() == fs.ModeSymlink
	if w.server.barred(name) != nil || isLink && w.server.inPrivateFolder(name) {
		return nil
	}
	if e.Type() != 0 && !e.IsDir() && !isLink {
		return nil // FIFOs, sockets, devices
	}
	info, err := d.stat(e.Name())
	if err == nil && !info.IsDir() {
		err = w.server.servable(info)
	}
	if isAbsence(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() && isLink && !w.mayFollow(info) {
		return nil
	}
	err = w.visit(&node{dir: d, base: e.Name(), path: at, info: info})
	if !info.IsDir() || err != nil {
		if err == errSkip {
			err = nil
		}
		return err
	}
	sub, err := d.sub(e.Name())
	if isAbsence(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer sub.close()
	w.above = append(w.above, info)
	defer func() { w.above = w.above[:len(w.above)-1] }()
	return w.directory(ctx, sub, name, at)
}

// mayFollow reports whether the walk goes into a directory that a link led to,
// and if so, notes it. Where directories cannot be told apart, it does not.
func (w *walk) mayFollow(info fs.FileInfo) bool {
	id := identify(info).lasting()
	isAbove := func(other fs.FileInfo) bool { return identify(other).lasting() == id }
	if id == (fileID{}) || w.linked[id] || slices.ContainsFunc(w.above, isAbove) {
		return false
	}
	w.linked[id] = true
	return true
}
