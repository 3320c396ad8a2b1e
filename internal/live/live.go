// Package live has pages in browsers show what is saved: it puts a script into
// pages of HTML, and tells the script what has changed.
//
// It decides what a change means for a page: that its styles or images are to
// be fetched anew, that it is to be loaded anew, or nothing. It never watches
// files, and never reads one but those that pass through it.
package live

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options tell what a [Live] is for. The zero value of a field is its default.
type Options struct {
	Roots  []string // folders that the names of changed files are told relative to
	Prefix string   // path of URLs that the stream of events lies below; default "/"
}

// Live keeps pages up to date. It is the [http.Handler] of the stream of events,
// and safe for concurrent use. Make one with [New].
type Live struct {
	path  string
	roots []string
	done  chan struct{}
	close sync.Once

	changes changes
	streams streams
}

// New returns what keeps the pages of one run of a server up to date. The
// caller closes it when the server begins to stop.
func New(options Options) *Live {
	l := &Live{
		// 130 bits that no page of another site can know.
		path: strings.TrimRight(options.Prefix, "/") + "/.well-known/gserve/live/" + rand.Text(),
		done: make(chan struct{}),
	}
	if !strings.HasPrefix(l.path, "/") {
		l.path = "/" + l.path
	}
	for _, root := range options.Roots {
		if abs, err := filepath.Abs(root); err == nil {
			l.roots = append(l.roots, abs)
		}
	}
	l.changes.init()
	return l
}

// Path returns the path of URLs where l is to answer. It is another one in each
// run, which is how pages learn that the server was started anew.
func (l *Live) Path() string { return l.path }

// Changed tells all pages that are open of these files, which are new,
// different or gone. All of a call are one event. Names are absolute, or
// relative to the first of the roots.
func (l *Live) Changed(names []string) { l.changes.add(l.judge(names)) }

// Close ends all streams, and those that come later. It may be called more than
// once.
func (l *Live) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

// tag returns the element that keeps a page up to date whose file has been
// opened.
func (l *Live) tag() string {
	return fmt.Sprintf(`<script data-path="%s" data-since="%d">%s</script>`, l.path, l.changes.version(time.Now()), script)
}

var _ http.Handler = (*Live)(nil)
