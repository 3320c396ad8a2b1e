package rules

import (
	"fmt"
	"slices"
	"strings"
)

// maxParameters is how many parameters of a query are compared. A request with
// more of them matches no rule that asks for any.
const maxParameters = 8

// parameter is one of a query, both parts in the one spelling, with nothing in
// them that parts a query or a path.
type parameter struct{ name, value string }

// wanted is a parameter that a rule asks for.
type wanted struct {
	name    string
	literal string
	capture string // the name that stands for the value; empty: literal does
}

// parseWanted reads the parameters that a rule asks for, and sorts them.
func parseWanted(words []string) ([]wanted, error) {
	var query []wanted
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%s asks for no value: write name=:placeholder or name=value", quote(word))
		}
		w := wanted{}
		if strings.HasPrefix(value, ":") && gapLength(value) == len(value) {
			w.capture, value = value[1:], ""
		}
		var valid, validToo bool
		w.name, valid = spellValue(name)
		if w.literal, validToo = spellValue(value); !valid || !validToo {
			return nil, fmt.Errorf(`%s has a "%%" that encodes nothing`, quote(word))
		}
		if slices.ContainsFunc(query, func(other wanted) bool { return other.name == w.name }) {
			return nil, fmt.Errorf("the parameter %s is asked for twice", quote(name))
		}
		query = append(query, w)
	}
	if len(query) > maxParameters {
		return nil, fmt.Errorf("more than %d parameters are not supported", maxParameters)
	}
	slices.SortFunc(query, func(a, b wanted) int { return strings.Compare(a.name, b.name) })
	return query, nil
}

// spellValue spells the name or the value of a parameter, in which a "+" is a
// space.
func spellValue(s string) (string, bool) {
	if isSpelled(s, valueSet) {
		return s, true
	}
	b, ok := appendSpelled(nil, strings.ReplaceAll(s, "+", "%20"), valueSet)
	return string(b), ok
}

// readParameters adds the parameters of a request's query to list, sorted by
// their names. It fails for a query that no rule asks for: one with too many,
// or two of a name.
func readParameters(query string, list []parameter) ([]parameter, bool) {
	for more := true; more; {
		var part string
		part, query, more = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		var valid, validToo bool
		name, valid = spellValue(name)
		value, validToo = spellValue(value)
		at, found := slices.BinarySearchFunc(list, name, func(p parameter, name string) int { return strings.Compare(p.name, name) })
		if !valid || !validToo || found || len(list) == maxParameters {
			return nil, false
		}
		list = slices.Insert(list, at, parameter{name, value})
	}
	return list, len(list) > 0
}

// isWanted reports whether a query has just the parameters asked for.
func isWanted(query []wanted, list []parameter) bool {
	if len(query) != len(list) {
		return false
	}
	for i, w := range query {
		p := list[i]
		if w.name != p.name || w.capture == "" && w.literal != p.value || w.capture != "" && p.value == "" {
			return false
		}
	}
	return true
}

// queries finds the rules of one path that ask for parameters: by the names,
// then by which of the values are literal, then by these.
type queries map[string][]form

type form struct {
	literal uint8 // bit i: the value of the parameter i
	rules   map[string]int
}

// add adds a rule. It returns the one that asks for the same already, if any.
func (qs queries) add(query []wanted, rule int) (other int, found bool) {
	var names, values []byte
	f := form{rules: map[string]int{}}
	for i, w := range query {
		names = append(append(names, w.name...), '&')
		if w.capture == "" {
			f.literal |= 1 << i
			values = append(append(values, w.literal...), '&')
		}
	}
	forms := qs[string(names)]
	i := slices.IndexFunc(forms, func(other form) bool { return other.literal == f.literal })
	if i < 0 {
		i, forms = len(forms), append(forms, f)
		qs[string(names)] = forms
	}
	if other, found := forms[i].rules[string(values)]; found {
		return other, true
	}
	forms[i].rules[string(values)] = rule
	return 0, false
}

// find calls visit for the rules that ask for what list is.
func (qs queries) find(list []parameter, visit func(rule int)) {
	names, values := make([]byte, 0, 128), make([]byte, 0, 128)
	for _, p := range list {
		names = append(append(names, p.name...), '&')
	}
	for _, f := range qs[string(names)] {
		values = values[:0]
		empty := false
		for i, p := range list {
			if f.literal&(1<<i) != 0 {
				values = append(append(values, p.value...), '&')
			} else {
				empty = empty || p.value == ""
			}
		}
		if rule, ok := f.rules[string(values)]; ok && !empty {
			visit(rule)
		}
	}
}
