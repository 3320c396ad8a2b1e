package exchange

import (
	"regexp"
	"slices"
	"strings"
)

// Names are what the names in the braces of a script stand for: "{token}" is
// learned where an answer has it, and the same in all that follows. "{*}" is any
// text, and never the same.
type Names map[string]string

var namePattern = regexp.MustCompile(`\{([a-z]+|\*)\}`)

// Fill puts what is known for the names in s.
func (n Names) Fill(s string) string {
	return namePattern.ReplaceAllStringFunc(s, func(braced string) string {
		if value, ok := n[braced[1:len(braced)-1]]; ok {
			return value
		}
		return braced
	})
}

// Request returns e with what is known for the names in its request.
func (n Names) Request(e Exchange) Exchange {
	e.Target = n.Fill(e.Target)
	e.Fields = slices.Clone(e.Fields)
	for i, f := range e.Fields {
		e.Fields[i].Value = n.Fill(f.Value)
	}
	e.Sent = slices.Clone(e.Sent)
	for i, line := range e.Sent {
		e.Sent[i] = n.Fill(line)
	}
	return e
}

// Check is [Exchange.Check] for an exchange with names, which it learns.
func (n Names) Check(e Exchange, a Answer) error {
	e.Want = slices.Clone(e.Want)
	for i, f := range e.Want {
		e.Want[i].Value = n.learn(f.Value, strings.Join(a.Header.Values(f.Name), ", "))
	}
	if e.Content != nil {
		content := n.learn(*e.Content, string(a.Content))
		e.Content = &content
	}
	return e.Check(a)
}

// learn returns want with its names filled: by got, if it can be what is wanted.
func (n Names) learn(want, got string) string {
	want = n.Fill(want)
	found := namePattern.FindAllStringSubmatchIndex(want, -1)
	if found == nil {
		return want
	}
	pattern, end := `(?s)\A`, 0
	for _, at := range found {
		pattern += regexp.QuoteMeta(want[end:at[0]]) + `(.*?)`
		end = at[1]
	}
	match := regexp.MustCompile(pattern + regexp.QuoteMeta(want[end:]) + `\z`).FindStringSubmatch(got)
	if match == nil {
		return want
	}
	for i, at := range found {
		if name := want[at[2]:at[3]]; name != "*" {
			n[name] = match[i+1]
		}
	}
	return got
}
