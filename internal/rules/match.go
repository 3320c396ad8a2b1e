package rules

import "bytes"

// Redirect is what a rule says about a request: a redirect to Location, or, if
// that is empty, a rewrite, whose answer is that of Path.
type Redirect struct {
	Status   int    // of the answer; a rewrite's 200 is that of the file, or its absence
	Location string // a valid reference: a path of this site that begins with one slash, or a URL of the file's
	Path     string // percent-encoded, begins with one slash if Origin is empty; not to be matched again
	Query    string // of a rewrite, without the "?"
	Origin   string // of a rewrite to another host: "https://api.example.com"
	Forced   bool   // the rule comes before a file of the request's own path
	Line     int
}

// Match returns what the first rule for a request says: path as it was sent,
// percent-encoded, and the query without its "?". Of a rule that is not forced
// a file of that path, if there is one, takes precedence; a later rule that is
// forced then has no say, as at Netlify.
//
// A rule is passed over for a request that it would lead to itself, and for one
// that it would lead to a path with dot segments, which placeholders of a query
// can do.
func (rs *Redirects) Match(path, query string) (Redirect, bool) {
	if rs == nil || len(rs.rules) == 0 {
		return Redirect{}, false
	}
	q, ok := readRequest(path, query)
	if !ok {
		return Redirect{}, false
	}
	s := search{rs: rs, q: &q, best: len(rs.rules)}
	rs.index.walk(q.path, s.best, s.visit)
	if s.best == len(rs.rules) {
		return Redirect{}, false
	}
	r := &rs.rules[s.best]
	return r.answer(&q, s.values(r)), true
}

// search looks for the first rule that has a say.
type search struct {
	rs       *Redirects
	q        *request
	best     int // the number of the first found so far
	read     bool
	list     []parameter // of the query; nil: such as no rule asks for
	captured [2 * maxCaptures]string
}

// visit looks at the rules of a leaf, and returns which is the first so far.
func (s *search) visit(leaf int) int {
	l := &s.rs.leaves[leaf]
	if l.plain >= 0 {
		s.consider(l.plain)
	}
	if l.queries != nil && s.q.query != "" {
		l.queries.find(s.parameters(), s.consider)
	}
	return s.best
}

func (s *search) parameters() []parameter {
	if !s.read {
		s.read = true
		s.list, _ = readParameters(s.q.query, make([]parameter, 0, maxParameters))
	}
	return s.list
}

// consider takes a rule that matches if it is the first, and leads elsewhere.
func (s *search) consider(number int) {
	if number >= s.best {
		return
	}
	r := &s.rs.rules[number]
	values := s.values(r)
	path, ok := r.target.appendPath(make([]byte, 0, 256), values)
	if ok && !s.loops(r, path, values) {
		s.best = number
	}
}

// loops reports whether a rule leads to where it came from. A redirect that
// asks for a query does not if its target has another.
func (s *search) loops(r *rule, path []byte, values []string) bool {
	if r.target.origin != "" || len(path) == 0 || string(bytes.TrimSuffix(path[1:], slash)) != s.q.path {
		return false
	}
	if r.isRewrite() || len(r.query) == 0 {
		return true
	}
	list, _ := readParameters(string(r.target.appendQuery(nil, values)), nil)
	return isWanted(r.query, list)
}

var slash = []byte("/")

// values returns what the placeholders of a rule that matches stand for.
func (s *search) values(r *rule) []string {
	values := s.captured[:0]
	if len(r.pattern.names) > 0 {
		values = r.pattern.capture(s.q, values)
	}
	for i, w := range r.query {
		if w.capture != "" {
			values = append(values, s.list[i].value)
		}
	}
	return values
}

// answer returns what a rule says.
func (r *rule) answer(q *request, values []string) Redirect {
	a := Redirect{Status: r.status, Forced: r.forced, Line: r.line}
	query := ""
	if !r.target.ownQuery && len(r.query) == 0 {
		query = q.query
	}
	if !r.isRewrite() {
		if a.Location = r.fixed; a.Location == "" || query != "" {
			a.Location = r.location(values, query)
		}
		return a
	}
	a.Origin = r.target.origin
	if a.Path = r.fixed; a.Path == "" {
		a.Path = r.path(values)
	}
	a.Query = string(appendKept(r.target.appendQuery(nil, values), query, querySet))
	return a
}

// path returns where a rewrite leads.
func (r *rule) path(values []string) string {
	b, _ := r.target.appendPath(make([]byte, 0, 128), values)
	if len(b) == 0 {
		return "/"
	}
	return string(b)
}

// location returns where a redirect leads, with the query of the request, if
// that is passed on.
func (r *rule) location(values []string, query string) string {
	b := append(make([]byte, 0, 256), r.target.origin...)
	b, _ = r.target.appendPath(b, values)
	if query != "" || r.target.query != nil {
		b = appendKept(r.target.appendQuery(append(b, '?'), values), query, querySet)
	}
	if r.target.fragment != nil {
		b = r.target.appendFragment(append(b, '#'), values)
	}
	return string(b)
}
