package fileserver

import (
	"context"
	"io/fs"
	"iter"
	"net/http"
	"path"

	"github.com/gserve/gserve/listing"
)

// readFolder returns what a listing of the directory shows, and whether that is
// little enough to be rendered before the answer begins. Of a large directory,
// the names are read here, and each entry is looked at when its turn comes.
func (s *Server) readFolder(ctx context.Context, q *Request, p *Response, res *resource, view listing.View, readme bool) (folder *listing.Folder, small bool, err error) {
	turn, err := s.lists.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer turn.leave()
	c, err := s.readContents(ctx, res, view, turn)
	if err != nil {
		return nil, false, err
	}
	known := view.Sort != listing.ByName || len(c.entries) <= maxRendered
	if known {
		if c.entries, err = s.describeAll(ctx, res.dir, c.entries, turn); err != nil {
			return nil, false, err
		}
	}
	first, end := view.Page(len(c.entries))
	rendered := known && end-first <= maxRendered
	if !rendered {
		if err := s.reserve(p, int64(len(c.entries))*entryCost); err != nil {
			return nil, false, err
		}
	}
	folder = s.newFolder(q, res, view)
	folder.Totals, folder.All = totalsOf(c.entries, known), c.all
	if q.Local {
		folder.Hidden = c.hidden
	}
	folder.Entries = func(yield func(listing.Entry, error) bool) {
		listing.Sort(c.entries, view) // not before the head of the page is out
		s.describing(res.dir, c.entries[first:end])(yield)
	}
	if readme && view.Filter == "" && first == 0 {
		folder.Readme = s.readme(ctx, res, c.readme)
	}
	return folder, rendered, nil
}

// newFolder returns the directory as a listing begins to show it.
func (s *Server) newFolder(q *Request, res *resource, view listing.View) *listing.Folder {
	folder := &listing.Folder{Path: "/", Title: s.title, View: view, CanSearch: !s.pageOnly, CanSave: !s.noArchive, Now: s.now(), Trust: s.trust}
	if s.mayChange(res.name) {
		folder.Changes = s.changes
	}
	if res.name != "." {
		folder.Path = "/" + res.name + "/"
	}
	return folder
}

// contents are the entries of a directory.
type contents struct {
	entries []listing.Entry // that the filter lets through; all but links are names only
	all     int             // entries that may be shown
	hidden  int
	readme  string // name of the README, "" if there is none
}

// unknown is the size of an entry that has not been looked at. It is not the -1
// of one that was looked at in vain.
const unknown = -2

// readContents reads the directory. Only links are looked at, since there is no
// other way to tell where they lead.
func (s *Server) readContents(ctx context.Context, res *resource, view listing.View, turn *turn) (contents, error) {
	var c contents
	names, err := res.dir.read()
	if err != nil {
		return c, err
	}
	matches := view.Matcher()
	c.entries = make([]listing.Entry, 0, len(names))
	for _, n := range names {
		turn.step()
		if err := ctx.Err(); err != nil {
			return c, err
		}
		name := n.Name()
		full := path.Join(res.name, name)
		if err := s.barred(full); err != nil || n.Type() == fs.ModeSymlink && s.inPrivateFolder(full) {
			if err == ErrHidden {
				c.hidden++
			}
			continue
		}
		entry := listing.Entry{Name: name, IsDir: n.IsDir(), Size: unknown}
		switch n.Type() {
		case 0, fs.ModeDir:
		case fs.ModeSymlink:
			switch entry, err = s.entry(res.dir, n.Name(), false); {
			case err == nil:
			case refusalStatus(err) == http.StatusServiceUnavailable:
				return c, err
			default:
				continue
			}
		default:
			continue // FIFOs, sockets, devices
		}
		c.all++
		if matches(name) {
			c.entries = append(c.entries, entry)
		}
		if !entry.IsDir && readmeRank(name) > readmeRank(c.readme) {
			c.readme = name
		}
	}
	return c, nil
}

// entry describes an entry of a directory. It fails if that is gone meanwhile,
// leads out, or is nothing to be sent. One that cannot be looked at, as on a
// disk that is not there, is shown without what is not known.
func (s *Server) entry(d directory, name string, isDir bool) (listing.Entry, error) {
	info, err := d.stat(name)
	if err == nil && !info.IsDir() {
		err = s.servable(info)
	}
	switch {
	case err == nil && info.IsDir():
		return listing.Entry{Name: name, IsDir: true, ModTime: info.ModTime()}, nil
	case err == nil:
		return listing.Entry{Name: name, Size: info.Size(), ModTime: info.ModTime()}, nil
	case refusalStatus(err) == http.StatusInternalServerError:
		return listing.Entry{Name: name, IsDir: isDir, Size: -1}, nil
	}
	return listing.Entry{}, err
}

// describeAll looks at every entry, and leaves out what is not to be shown.
func (s *Server) describeAll(ctx context.Context, d directory, entries []listing.Entry, turn *turn) ([]listing.Entry, error) {
	described := entries[:0]
	for e, err := range s.describing(d, entries) {
		turn.step()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		described = append(described, e)
	}
	return described, nil
}

// describing yields the entries, looking at those that have not been looked at.
func (s *Server) describing(d directory, entries []listing.Entry) iter.Seq2[listing.Entry, error] {
	return func(yield func(listing.Entry, error) bool) {
		for _, e := range entries {
			if e.Size == unknown {
				var err error
				e, err = s.entry(d, e.Name, e.IsDir)
				if isAbsence(err) {
					continue
				}
				if err != nil {
					yield(listing.Entry{}, err)
					return
				}
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// totalsOf adds up entries, whose sizes may not be known.
func totalsOf(entries []listing.Entry, known bool) listing.Totals {
	var t listing.Totals
	for i := range entries {
		if e := &entries[i]; e.IsDir {
			t.Folders++
		} else {
			t.Files++
			t.Size += max(e.Size, 0)
		}
	}
	if !known {
		t.Size = -1
	}
	return t
}
