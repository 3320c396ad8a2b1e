package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Redirects are the rules of a file _redirects. They are not changed, so any
// number of goroutines may use them. None at all are nil.
type Redirects struct {
	rules  []rule
	index  index
	leaves []place
	forced bool
}

// rule is a line of the file.
type rule struct {
	line    int
	status  int
	forced  bool
	pattern pattern // without segments if nothing of them is needed again
	query   []wanted
	target  target
	fixed   string // Location, or the path of a rewrite, if it is always the same
}

// place holds the rules of one pattern, by their numbers.
type place struct {
	plain   int // the one that asks for no query; -1: none
	queries queries
}

// ParseRedirects reads a file _redirects, of the given name in the faults:
//
//	from [parameter=value ...] to [status[!]]
//
// A line with a fault is reported and left out. A rewrite to another host is a
// fault unless allowed says that its origin ("https://api.example.com") is to
// be asked; nil allows none.
func ParseRedirects(name string, content []byte, allowed func(origin string) bool) (*Redirects, []Fault) {
	p := redirectsParser{
		report:  report{file: name},
		parsed:  &Redirects{index: newIndex()},
		allowed: allowed,
	}
	for number, line := range p.report.lines(content) {
		if len(p.parsed.rules) == maxRules {
			p.report.add(number, fmt.Sprintf("there are more than %d rules: the rest of the file is ignored", maxRules))
			break
		}
		if err := p.parse(number, line); err != nil {
			p.report.add(number, err.Error())
		}
	}
	p.parsed.index.done()
	return p.parsed, p.report.all()
}

type redirectsParser struct {
	report  report
	parsed  *Redirects
	allowed func(origin string) bool
}

func (p *redirectsParser) parse(number int, line string) error {
	w, err := splitLine(line)
	if err != nil {
		return err
	}
	r := rule{line: number}
	if r.status, r.forced, err = parseOptions(w.options); err != nil {
		return err
	}
	if r.pattern, err = parsePattern(w.from); err != nil {
		return err
	}
	if r.pattern.splats() > 1 {
		return fmt.Errorf(`%s has more than one "*"`, quote(w.from))
	}
	if r.query, err = parseWanted(w.query); err != nil {
		return err
	}
	names := slices.Clip(r.pattern.names)
	for _, wanted := range r.query {
		if wanted.capture != "" && slices.Contains(names, wanted.capture) {
			return fmt.Errorf("%s has two placeholders of one name", quote(line))
		} else if wanted.capture != "" {
			names = append(names, wanted.capture)
		}
	}
	if r.target, err = parseTarget(w.to, names); err != nil {
		return err
	}
	if err := p.check(&r, w.to); err != nil {
		return err
	}
	return p.add(r)
}

// words are what a line is made of.
type words struct {
	from    string
	query   []string
	to      string
	options []string
}

// splitLine parts a line at its spaces. A word that begins with "#" and what
// follows is a comment.
func splitLine(line string) (words, error) {
	all := strings.Fields(line)
	if i := slices.IndexFunc(all, func(word string) bool { return word[0] == '#' }); i >= 0 {
		all = all[:i]
	}
	w := words{from: all[0]}
	if strings.HasSuffix(w.from, ":") && len(all) > 1 {
		return w, fmt.Errorf("%s looks like a field: those belong into %s", quote(line), HeadersName)
	}
	at := slices.IndexFunc(all[1:], func(word string) bool { return word[0] == '/' || isURL(word) }) + 1
	if at == 0 {
		return w, withoutTarget(w.from, all[1:])
	}
	w.query, w.to, w.options = all[1:at], all[at], all[at+1:]
	return w, nil
}

// withoutTarget says what is wrong with a line that has none. At Netlify, one
// with a status and a condition needs none.
func withoutTarget(from string, rest []string) error {
	switch {
	case len(rest) == 0 || strings.Contains(rest[0], "="):
	case isDigit(rest[0][0]):
		if _, _, err := parseOptions(rest); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s does not begin with a slash, http:// or https://", quote(rest[0]))
	}
	return fmt.Errorf("%s has no target", quote(from))
}

// parseOptions reads what follows the target: the status, and conditions, of
// which none is supported: a rule without its condition would be another rule.
func parseOptions(options []string) (status int, forced bool, err error) {
	status = 301
	for i, option := range options {
		if name, _, ok := strings.Cut(option, "="); ok {
			return 0, false, fmt.Errorf("the condition %s is not supported", quote(name+"="))
		}
		if i > 0 {
			return 0, false, fmt.Errorf("%s is not understood", quote(option))
		}
		if status, forced, err = parseStatus(option); err != nil {
			return 0, false, err
		}
	}
	return status, forced, nil
}

func parseStatus(s string) (status int, forced bool, err error) {
	digits, forced := strings.CutSuffix(s, "!")
	status, err = strconv.Atoi(digits)
	switch status {
	case 200, 301, 302, 303, 307, 308, 404, 410:
		return status, forced, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("%s is no status", quote(s))
	}
	return 0, false, fmt.Errorf("the status %d is not supported: use 200, 301, 302, 303, 307, 308, 404 or 410", status)
}

// isRewrite reports whether the answer is what the target has, and not where
// it is.
func (r *rule) isRewrite() bool { return r.status < 300 || r.status >= 400 }

// check says what is wrong with a rule of which each part is right.
func (p *redirectsParser) check(r *rule, to string) error {
	switch {
	case r.isRewrite() && r.target.fragment != nil:
		return fmt.Errorf("%s has a fragment, which a rewrite cannot have", quote(to))
	case r.isRewrite() && r.target.origin != "" && r.status != 200:
		return fmt.Errorf("a page of another host (%s) cannot be sent with the status %d", quote(r.target.origin), r.status)
	case r.isRewrite() && r.target.origin != "" && (p.allowed == nil || !p.allowed(r.target.origin)):
		return fmt.Errorf("a rewrite to another host (%s) is not allowed", quote(r.target.origin))
	case r.leadsToItself():
		return errors.New("the rule leads to itself (a slash at the end makes no difference)")
	}
	return nil
}

// leadsToItself reports whether a rule leads wherever it came from.
func (r *rule) leadsToItself() bool {
	if r.target.origin != "" || !r.isRewrite() && len(r.query) > 0 {
		return false
	}
	to, _ := r.target.appendPath(nil, marks[:])
	return strings.TrimSuffix(string(to), "/") == strings.TrimSuffix(r.pattern.with(marks[:]), "/")
}

// marks stand for the values of placeholders, whatever these are.
var marks = func() (marks [maxCaptures + maxParameters]string) {
	for i := range marks {
		marks[i] = "\x00" + strconv.Itoa(i) + "\x00"
	}
	return marks
}()

// add puts a rule in its place, unless an earlier one leaves nothing to it.
func (p *redirectsParser) add(r rule) error {
	rs := p.parsed
	number := len(rs.rules)
	at, ok := rs.index.add(&r.pattern, number)
	if !ok {
		return errors.New("the paths of the file are too many and too long: the rule is ignored")
	}
	if at == len(rs.leaves) {
		rs.leaves = append(rs.leaves, place{plain: -1})
	}
	l := &rs.leaves[at]
	if l.plain >= 0 {
		return fmt.Errorf("the rule is never used: that of line %d comes first", rs.rules[l.plain].line)
	}
	if r.query == nil {
		l.plain = number
	} else {
		if l.queries == nil {
			l.queries = queries{}
		}
		if other, found := l.queries.add(r.query, number); found {
			return fmt.Errorf("the rule is never used: that of line %d comes first", rs.rules[other].line)
		}
	}
	if r.target.isFixed() {
		if r.fixed = r.location(nil, ""); r.isRewrite() {
			r.fixed = r.path(nil)
		}
	}
	if len(r.pattern.names) == 0 {
		r.pattern = pattern{}
	}
	rs.rules = append(rs.rules, r)
	rs.forced = rs.forced || r.forced
	return nil
}

// HasForced reports whether any rule comes before a file. If none does, Match
// need only be asked where there is no file.
func (rs *Redirects) HasForced() bool { return rs != nil && rs.forced }
