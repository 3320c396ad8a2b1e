package rules

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// target is where a rule leads: texts with placeholders in them.
type target struct {
	origin   string // scheme and authority of another host; empty: this site
	path     []piece
	query    []piece
	fragment []piece
	ownQuery bool // it says what the query is, so that of the request is not passed on
}

// parseTarget reads a path or a URL, in which the names stand for values.
func parseTarget(word string, names []string) (target, error) {
	var t target
	rest := word
	if isURL(word) {
		end := strings.Index(word, "://") + len("://")
		if i := strings.IndexAny(word[end:], "/?#"); i >= 0 {
			end += i
		} else {
			end = len(word)
		}
		rest = word[end:]
		var err error
		if t.origin, err = parseOrigin(word[:end]); err != nil {
			return target{}, err
		}
	} else if strings.HasPrefix(word, "//") || strings.HasPrefix(word, `/\`) {
		return target{}, fmt.Errorf("%s is neither a path nor a URL: write https: before another host", quote(word))
	}
	if err := t.parse(rest, names); err != nil {
		return target{}, fmt.Errorf("%s %w", quote(word), err)
	}
	return t, nil
}

// parseOrigin reads "https://host:port".
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("%s is not the URL of a host, in which no placeholder and no user can stand", quote(s))
	}
	for _, c := range []byte(u.Host) {
		if !isLetter(c) && !isDigit(c) && !strings.ContainsRune("-._:[]", rune(c)) {
			return "", fmt.Errorf("%s has a %q in its host: write it in ASCII, with xn--", quote(s), c)
		}
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

func (t *target) parse(s string, names []string) error {
	s, fragment, _ := strings.Cut(s, "#")
	path, query, ownQuery := strings.Cut(s, "?")
	t.ownQuery = ownQuery
	if name := unknown(path, names); name != "" {
		return fmt.Errorf("has %s, which the path of the rule does not have", quote(name))
	}
	if strings.Contains(path, "*") && slices.Contains(names, splat) {
		return errors.New(`has a "*": write :splat for what it stands for`)
	}
	var err error
	if t.path, err = parsePieces(path, names, segmentSet); err == nil {
		if t.query, err = parsePieces(query, names, querySet); err == nil {
			t.fragment, err = parsePieces(fragment, names, querySet)
		}
	}
	if err != nil {
		return err
	}
	if t.origin == "" {
		t.collapse()
	}
	return t.check()
}

// unknown returns a segment that is a placeholder, but none of the names.
func unknown(path string, names []string) string {
	for segment := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(segment, ":") && gapLength(segment) == len(segment) && !slices.Contains(names, segment[1:]) {
			return segment
		}
	}
	return ""
}

// parsePieces reads a part of a reference.
func parsePieces(s string, names []string, plain *set) ([]piece, error) {
	pieces := split(s, names)
	for i := range pieces {
		text, err := spellText(pieces[i].text, plain)
		if err != nil {
			return nil, err
		}
		pieces[i].text = text
	}
	return pieces, nil
}

// spellText encodes what cannot stand in a part of a reference. What is encoded
// is left so.
func spellText(s string, plain *set) (string, error) {
	for i := range len(s) {
		if _, ok := encoded(s[i:]); s[i] == '%' && !ok {
			return "", errors.New(`has a "%" that encodes nothing`)
		}
	}
	var b []byte
	for i, part := range strings.Split(s, "/") {
		if i > 0 {
			b = append(b, '/')
		}
		b = appendKept(b, part, plain)
	}
	return string(b), nil
}

// collapse spells the path as that of a request is spelled, without empty
// segments.
func (t *target) collapse() {
	for i := range t.path {
		var b []byte
		for c := range strings.SplitAfterSeq(t.path[i].text, "/") {
			if c == "/" && len(b) > 0 && b[len(b)-1] == '/' {
				continue
			}
			literal, slash := strings.CutSuffix(c, "/")
			b, _ = appendSpelled(b, literal, segmentSet)
			if slash {
				b = append(b, '/')
			}
		}
		t.path[i].text = string(b)
	}
}

// check says what is wrong with the path, whatever the values are.
func (t *target) check() error {
	path, ok := t.appendPath(nil, marks[:])
	switch {
	case !ok:
		return errors.New("has dot segments: write where it leads")
	case t.origin == "" && strings.HasPrefix(string(path), "/.netlify/"):
		return errors.New("leads to what only Netlify has")
	}
	return nil
}

// appendPath adds the path with the values in it: with one slash at its
// beginning and no empty segment if it is of this site. It fails if the path
// would have dot segments.
func (t *target) appendPath(b []byte, values []string) ([]byte, bool) {
	start := len(b)
	for _, p := range t.path {
		b = t.appendText(b, p.text, start)
		if p.value >= 0 {
			b = t.appendText(b, values[p.value], start)
		}
	}
	return b, !hasDots(b[start:])
}

func (t *target) appendText(b []byte, text string, start int) []byte {
	if t.origin == "" && len(b) > start && b[len(b)-1] == '/' {
		text = strings.TrimPrefix(text, "/")
	}
	return append(b, text...)
}

// appendQuery adds the query with the values in it.
func (t *target) appendQuery(b []byte, values []string) []byte {
	for _, p := range t.query {
		b = append(b, p.text...)
		if p.value < 0 {
			continue
		}
		for _, c := range []byte(values[p.value]) {
			// Of what a segment may hold, this would part the query, or be a space.
			if c == '&' || c == '=' || c == '+' || c == ';' {
				b = appendOctet(b, c, valueSet)
			} else {
				b = append(b, c)
			}
		}
	}
	return b
}

func (t *target) appendFragment(b []byte, values []string) []byte {
	for _, p := range t.fragment {
		b = append(b, p.text...)
		if p.value >= 0 {
			b = append(b, values[p.value]...)
		}
	}
	return b
}

// isFixed reports whether it leads to one place.
func (t *target) isFixed() bool {
	for _, pieces := range [][]piece{t.path, t.query, t.fragment} {
		if slices.ContainsFunc(pieces, func(p piece) bool { return p.value >= 0 }) {
			return false
		}
	}
	return true
}
