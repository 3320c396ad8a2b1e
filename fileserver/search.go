package fileserver

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/gserve/gserve/listing"
)

// What a search of a tree may come to and take.
const (
	maxHits       = 1000
	maxSearchTime = 10 * time.Second
	maxSearches   = 2 // at the same time
	maxMeasures   = 2
)

// errEnough ends a walk that has found what it was to find.
var errEnough = errors.New("enough was found")

// searchFolder returns the directory with those entries of its whole tree whose
// names the view lets through. They are looked for while they are sent, in the
// order in which they are found. The walk does not wait for a client that is
// slow to take them, so that others can search.
func (s *Server) searchFolder(ctx context.Context, q *Request, p *Response, res *resource, view listing.View) (*listing.Folder, error) {
	if _, err := res.dir.stat("."); err != nil {
		return nil, err
	}
	folder := s.newFolder(q, res, view)
	folder.Totals.Size = -1
	if q.Method == "HEAD" {
		folder.Entries = func(func(listing.Entry, error) bool) {}
		return folder, nil
	}
	turn, err := s.searches.enter(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	found := newHits()
	go func() {
		defer turn.leave()
		found.end(s.seek(ctx, res, view, found, turn))
	}()
	release := p.release
	p.release = func() {
		cancel()
		<-found.ended // the directory is no longer in use
		release()
	}
	folder.Entries = func(yield func(listing.Entry, error) bool) { found.yield(folder, yield) }
	return folder, nil
}

// hits are what a search has found so far.
type hits struct {
	entries chan listing.Entry
	ended   chan struct{}
	err     error // why the search ended, once it has
}

func newHits() *hits {
	return &hits{entries: make(chan listing.Entry, maxHits), ended: make(chan struct{})}
}

func (h *hits) end(err error) {
	h.err = err
	close(h.entries)
	close(h.ended)
}

// hitPause is how long hits are kept back at most when no more of them come.
const hitPause = 100 * time.Millisecond

// yield yields the hits as they come, and has the folder shown as it is when
// they let wait for them.
func (h *hits) yield(folder *listing.Folder, yield func(listing.Entry, error) bool) {
	pause := time.NewTimer(hitPause)
	defer pause.Stop()
	shown := true
	for {
		select {
		case e, ok := <-h.entries:
			if !ok {
				if h.err != nil {
					yield(listing.Entry{}, h.err)
				}
				return
			}
			if !yield(e, nil) {
				return
			}
			if shown {
				shown = false
				pause.Reset(hitPause)
			}
		case <-pause.C:
			shown = true
			if folder.Waiting != nil {
				folder.Waiting()
			}
		}
	}
}

// seek walks the tree and sends what view lets through, until there is enough
// of it or the time is over.
func (s *Server) seek(ctx context.Context, res *resource, view listing.View, found *hits, turn *turn) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("search: %v", cause) // net/http would not see it
		}
	}()
	bounded, cancel := context.WithTimeout(ctx, s.searchTime)
	defer cancel()
	count, matches := 0, view.Matcher()
	w := walk{server: s, shallow: true, turn: turn, visit: func(n *node) error {
		if !matches(n.base) {
			return nil
		}
		switch count++; {
		case count <= view.Offset:
			return nil
		case view.Limit > 0 && count-view.Offset > view.Limit:
			return errEnough
		case count-view.Offset > maxHits:
			return listing.Limit{Hits: maxHits}
		}
		found.entries <- n.entry() // there is room for all of them
		return nil
	}}
	err = w.run(bounded, res.dir, res.name)
	switch {
	case err == errEnough:
		return nil
	case err != nil && ctx.Err() == nil && bounded.Err() != nil:
		return listing.Limit{Time: s.searchTime}
	case err == nil && w.cut:
		return listing.Limit{Depth: maxDepth}
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
