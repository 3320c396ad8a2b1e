package fileserver

import (
	"context"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/gserve/gserve/listing"
)

// maxReadme is how large a README may be to be shown below its folder: the
// largest that people write by hand.
const maxReadme = 256 << 10

// maxReadmes is how many are kept as they are shown, of up to a megabyte each.
const maxReadmes = 32

// readmes are those that have been rendered, which takes time. One is rendered
// at a time.
type readmes struct {
	rendering chan struct{}

	mu   sync.Mutex
	kept map[readmeKey]template.HTML
}

// readmeKey identifies one state of a README.
type readmeKey struct {
	name     string
	size     int64
	modified int64 // nanoseconds
	id       fileID
}

func newReadmes() *readmes {
	return &readmes{rendering: make(chan struct{}, 1), kept: map[readmeKey]template.HTML{}}
}

func (r *readmes) get(key readmeKey) (template.HTML, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	html, ok := r.kept[key]
	return html, ok
}

func (r *readmes) put(key readmeKey, html template.HTML) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= maxReadmes {
		for other := range r.kept { // begins anywhere
			delete(r.kept, other)
			break
		}
	}
	r.kept[key] = html
}

// readme returns the README of this name as it is shown below its directory.
// One that cannot be had is none.
func (s *Server) readme(ctx context.Context, res *resource, name string) template.HTML {
	if name == "" {
		return ""
	}
	info, err := res.dir.stat(name)
	if err != nil || info.Size() > maxReadme {
		return ""
	}
	f, info, err := s.open(res.dir, name, info)
	if err != nil {
		return ""
	}
	defer f.Close()
	key := readmeKey{res.name + "/" + name, info.Size(), info.ModTime().UnixNano(), identify(info)}
	if html, ok := s.readmes.get(key); ok {
		return html
	}
	text, err := io.ReadAll(io.LimitReader(f, maxReadme)) // before others have to wait for it
	if err != nil {
		return ""
	}
	select {
	case s.readmes.rendering <- struct{}{}:
		defer func() { <-s.readmes.rendering }()
	case <-ctx.Done():
		return ""
	}
	if html, ok := s.readmes.get(key); ok {
		return html // another request was for the same
	}
	html := listing.Readme(text, readmeRank(name) >= rankMarkdown)
	if s.isSettled(info) {
		s.readmes.put(key, html)
	}
	return html
}

// Names of a README, the one that is preferred last.
const (
	rankNone = iota
	rankBare
	rankText
	rankMarkdown
	rankUsual
)

// readmeRank orders the names of a README by preference.
func readmeRank(name string) int {
	if len(name) > len("readme.markdown") {
		return rankNone
	}
	switch strings.ToLower(name) {
	case "readme.md":
		return rankUsual
	case "readme.markdown":
		return rankMarkdown
	case "readme.txt":
		return rankText
	case "readme":
		return rankBare
	}
	return rankNone
}
