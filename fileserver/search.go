package fileserver

import (
	"context"
	"errors"
	"iter"
	"path"
	"time"

	"github.com/gserve/gserve/listing"
)

// What a search of a tree may come to and take.
const (
	maxHits       = 1000
	maxSearchTime = 10 * time.Second
	maxSearches   = 2 // at the same time
)

// errEnough ends a walk that has found what it was to find.
var errEnough = errors.New("enough was found")

// searchFolder returns the directory with those entries of its whole tree whose
// names the view lets through. They are looked for while they are sent, in the
// order in which they are found, and those who wait see each as it is.
func (s *Server) searchFolder(ctx context.Context, q *Request, res *resource, view listing.View) (*listing.Folder, error) {
	if _, err := res.dir.stat("."); err != nil {
		return nil, err
	}
	folder := s.newFolder(q, res, view)
	folder.Totals.Size = -1
	folder.Entries = s.search(ctx, res, view)
	return folder, nil
}

// search yields the entries of the tree that view lets through. The walk does
// not wait for a client that is slow to take them, so that others can search.
func (s *Server) search(ctx context.Context, res *resource, view listing.View) iter.Seq2[listing.Entry, error] {
	return func(yield func(listing.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		found := make(chan listing.Entry, maxHits)
		ended := make(chan error, 1)
		go func() {
			defer close(found)
			ended <- s.seek(ctx, res, view, found)
		}()
		defer func() {
			cancel()
			for range found { // until the directory is no longer in use
			}
		}()
		for e := range found {
			if !yield(e, nil) {
				return
			}
		}
		if err := <-ended; err != nil {
			yield(listing.Entry{}, err)
		}
	}
}

// seek walks the tree and sends what view lets through, until there is enough
// of it or the time is over.
func (s *Server) seek(ctx context.Context, res *resource, view listing.View, found chan<- listing.Entry) error {
	select {
	case s.searches <- struct{}{}:
		defer func() { <-s.searches }()
	case <-ctx.Done():
		return ctx.Err()
	}
	bounded, cancel := context.WithTimeout(ctx, s.searchTime)
	defer cancel()
	hits, matches := 0, view.Matcher()
	w := walk{server: s, visit: func(n *node) error {
		if !matches(n.base) {
			return nil
		}
		if hits++; hits <= view.Offset {
			return nil
		}
		switch hits - view.Offset {
		case view.Limit + 1:
			if view.Limit > 0 {
				return errEnough
			}
		case maxHits + 1:
			return listing.Limit{Hits: maxHits}
		}
		found <- n.entry() // there is room for all of them
		return nil
	}}
	err := w.run(bounded, res.dir, res.name)
	switch {
	case err == errEnough:
		return nil
	case err != nil && ctx.Err() == nil && bounded.Err() != nil:
		return listing.Limit{Time: s.searchTime}
	}
	return err
}

// entry describes n as a hit.
func (n *node) entry() listing.Entry {
	e := listing.Entry{Name: n.base, IsDir: n.info.IsDir(), ModTime: n.info.ModTime()}
	if dir := path.Dir(n.path); dir != "." {
		e.Dir = dir + "/"
	}
	if !e.IsDir {
		e.Size = n.info.Size()
	}
	return e
}
