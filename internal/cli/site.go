package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/hook"
	"github.com/gserve/gserve/internal/rules"
)

// site is a folder that is served as the hosts of sites do it: by the rules that
// lie in it.
type site struct {
	root    fs.FS
	log     func(string)
	proxies map[string]*hook.Proxy // that rewrites may lead to, by origin

	changes atomic.Uint64 // how often the rules have changed
	begun   time.Time
	looked  atomic.Int64 // when the rules were looked at last, in nanoseconds since then
	rules   atomic.Pointer[siteRules]
	fault   atomic.Value // why they could not be read last, a string
}

// siteRules are the rules of a site as they were at one time.
type siteRules struct {
	redirects *rules.Redirects
	headers   *rules.Headers
	states    [2]string // of the two files
}

// newSite reads the rules of a site, and tells the faults in them.
func newSite(root fs.FS, proxies map[string]*hook.Proxy, log func(string)) *site {
	s := &site{root: root, log: log, proxies: proxies, begun: time.Now()}
	s.looked.Store(-int64(lookEvery))
	s.rules.Store(&siteRules{})
	s.current()
	return s
}

// lookEvery is how often the rules are looked at.
const lookEvery = 250 * time.Millisecond

// current returns the rules, read anew if they have changed. As long as they cannot
// be read, they stay as they were.
func (s *site) current() *siteRules {
	now, last := int64(time.Since(s.begun)), s.looked.Load()
	if now-last < int64(lookEvery) || !s.looked.CompareAndSwap(last, now) {
		return s.rules.Load()
	}
	r := s.rules.Load()
	changed, err := s.read(r)
	if err != nil {
		if fault := err.Error(); s.fault.Swap(fault) != fault {
			s.log(fault)
		}
		return r
	}
	if changed == nil {
		return r
	}
	s.rules.Store(changed)
	s.changes.Add(1)
	return changed
}

// read returns the rules if they are others than r, and else nil.
func (s *site) read(r *siteRules) (*siteRules, error) {
	names := [2]string{rules.RedirectsName, rules.HeadersName}
	read := &siteRules{}
	for i, name := range names {
		var err error
		if read.states[i], err = s.state(name); err != nil {
			return nil, fmt.Errorf("cannot look at %s: %w", name, withoutPath(err))
		}
	}
	if read.states == r.states {
		return nil, nil
	}
	var texts [2][]byte
	for i, name := range names {
		if read.states[i] == "" {
			continue
		}
		var err error
		if texts[i], err = s.text(name); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", name, withoutPath(err))
		}
	}
	var faults, more []rules.Fault
	read.redirects, faults = rules.ParseRedirects(names[0], texts[0], func(origin string) bool { return s.proxies[origin] != nil })
	read.headers, more = rules.ParseHeaders(names[1], texts[1])
	for _, fault := range append(faults, more...) {
		s.log(fault.String())
	}
	return read, nil
}

// generation returns a number that is another one when the rules have changed.
func (s *site) generation() uint64 {
	s.current()
	return s.changes.Load()
}

// state returns what changes with a file, "" if there is none.
func (s *site) state(name string) (string, error) {
	info, err := fs.Stat(s.root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fileserver.ErrOutside), err == nil && !info.Mode().IsRegular():
		return "", nil
	case err != nil:
		return "", err
	}
	return fileserver.StateOf(info), nil
}

// text returns what is in a file, as far as rules are read.
func (s *site) text(name string) ([]byte, error) {
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, rules.MaxSize+1))
}

// route is the [fileserver.Router] of the redirects.
func (s *site) route(q *fileserver.Request, missing bool) (fileserver.Route, bool) {
	redirects := s.current().redirects
	if !missing && !redirects.HasForced() {
		return fileserver.Route{}, false
	}
	rule, ok := redirects.Match(q.Path, q.Query)
	if !ok || !missing && !rule.Forced {
		return fileserver.Route{}, false
	}
	route := fileserver.Route{Status: rule.Status, Location: rule.Location, Path: rule.Path, Rule: fmt.Sprintf("%s:%d", rules.RedirectsName, rule.Line)}
	if proxy := s.proxies[rule.Origin]; rule.Origin != "" && proxy != nil {
		route.Handler = rewritten(proxy, rule)
	}
	return route, true
}

// rewritten has a handler answer what a rule leads to.
func rewritten(h http.Handler, rule rules.Redirect) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target, err := url.Parse(rule.Path)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusBadGateway), http.StatusBadGateway)
			return
		}
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = target.Path, target.RawPath, rule.Query
		h.ServeHTTP(w, r)
	})
}

// addFields is a filter that has answers carry the fields that the site gives
// to their path.
func (s *site) addFields(q *fileserver.Request, p *fileserver.Response) {
	if 300 <= p.Status && p.Status < 400 && p.Status != http.StatusNotModified || p.Listing {
		return // of what is not the site's own
	}
	for _, field := range s.current().headers.Fields(q.Path) {
		switch {
		case field.Detached:
			p.Extra = withoutField(p.Extra, field.Name)
		case field.Name == "Set-Cookie":
			p.Extra = append(p.Extra, fileserver.Field{Name: field.Name, Value: field.Value})
		default:
			p.Extra = append(withoutField(p.Extra, field.Name), fileserver.Field{Name: field.Name, Value: field.Value})
		}
	}
}

// withoutField returns a copy of the fields without those of a name.
func withoutField(fields []fileserver.Field, name string) []fileserver.Field {
	kept := make([]fileserver.Field, 0, len(fields)+1)
	for _, f := range fields {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	return kept
}

// cacheByName is a filter that has browsers keep files whose name changes with
// their content. RFC 9111, 3.5: without "public", no cache that others use keeps
// what takes a password.
func cacheByName(_ *fileserver.Request, p *fileserver.Response) {
	isFile := p.Status == http.StatusOK || p.Status == http.StatusPartialContent || p.Status == http.StatusNotModified
	if isFile && !p.Listing && rules.Immutable(p.Name) {
		p.Extra = append(withoutField(p.Extra, cacheControl), fileserver.Field{Name: cacheControl, Value: "max-age=31536000, immutable"})
	}
}

// cacheNoError is a filter that has no error kept: what is missing here may be
// on its way, or lie on another machine already.
func cacheNoError(_ *fileserver.Request, p *fileserver.Response) {
	if p.Status >= http.StatusBadRequest {
		p.Extra = append(withoutField(p.Extra, cacheControl), fileserver.Field{Name: cacheControl, Value: askAlways})
	}
}

// toApp returns the router that has the page of an app be served for what is no
// file: to who takes a page, and asks for something that is not called as a file.
func toApp(file string) fileserver.Router {
	return func(q *fileserver.Request, missing bool) (fileserver.Route, bool) {
		isPage := (q.Method == "GET" || q.Method == "HEAD") && fileserver.AcceptsHTML(q.Accept) && !strings.Contains(path.Base(q.Path), ".")
		return fileserver.Route{Status: http.StatusOK, Path: "/" + file, Rule: "--spa"}, missing && isPage
	}
}
