package rules

import (
	"bytes"
	"math"
	"slices"
)

// maxValue is the length of a value in bytes. What would make it longer is left
// out.
const maxValue = 8 << 10

// Field is what rules say of a field of an answer.
type Field struct {
	Name     string // as in "Content-Type"
	Value    string
	Detached bool // the answer is not to have the field, and Value is empty
	Line     int  // the last that has a say
}

// Fields returns the fields that the rules have for a path, percent-encoded as
// it was sent. All rules that match have a say, in the order of the file: values
// of one name are joined by commas, and "! Name" takes away what was said
// before.
//
// No two have the same name, but for Set-Cookie, whose values cannot be joined.
// Each takes the place of what the answer has of that name; only what is in
// Vary has to be added to what the answer varies by.
func (h *Headers) Fields(path string) []Field {
	if h == nil || len(h.blocks) == 0 {
		return nil
	}
	q, ok := readRequest(path, "")
	if !ok {
		return nil
	}
	matching := make([]int, 0, 16)
	h.index.walk(q.path, math.MaxInt, func(leaf int) int {
		matching = append(matching, h.leaves[leaf]...)
		return math.MaxInt
	})
	if len(matching) == 0 {
		return nil
	}
	slices.Sort(matching)
	a := answer{names: h.names, fields: make([]Field, 0, len(matching))}
	var captured [2 * maxCaptures]string
	for _, number := range matching {
		b := &h.blocks[number]
		values := captured[:0]
		if len(b.pattern.names) > 0 {
			values = b.pattern.capture(&q, values)
		}
		a.add(b, values)
	}
	return append(a.fields, a.cookies...)
}

// answer collects the fields of an answer.
type answer struct {
	names   []string
	places  [maxNames]int16 // of a name in fields, counted from 1
	fields  []Field
	cookies []Field // Set-Cookie, each on its own; or one that is detached
}

const setCookie = "Set-Cookie"

// add applies a block: first what it detaches, then what it sets.
func (a *answer) add(b *block, values []string) {
	for _, e := range b.detached {
		detached := Field{Name: a.names[e.name], Detached: true, Line: e.line}
		if detached.Name == setCookie {
			a.cookies = []Field{detached}
		} else {
			*a.field(e.name) = detached
		}
	}
	for _, e := range b.set {
		if value := e.text(values); value != "" && len(value) <= maxValue {
			a.set(e, value)
		}
	}
}

func (a *answer) set(e entry, value string) {
	f := Field{Name: a.names[e.name], Value: value, Line: e.line}
	if f.Name == setCookie {
		a.cookies = append(slices.DeleteFunc(a.cookies, func(f Field) bool { return f.Detached }), f)
		return
	}
	switch old := a.field(e.name); {
	case old.Value == "":
		*old = f
	case len(old.Value)+len(", ")+len(value) <= maxValue:
		old.Value, old.Line = old.Value+", "+value, e.line
	}
}

// field returns the field of a name, and adds it if there is none.
func (a *answer) field(name int) *Field {
	if a.places[name] == 0 {
		a.fields = append(a.fields, Field{})
		a.places[name] = int16(len(a.fields))
	}
	return &a.fields[a.places[name]-1]
}

// text returns the value with what placeholders stand for.
func (e *entry) text(values []string) string {
	if len(e.value) == 1 && e.value[0].value < 0 {
		return e.value[0].text
	}
	var b []byte
	for _, p := range e.value {
		if b = append(b, p.text...); p.value >= 0 {
			b = append(b, values[p.value]...)
		}
	}
	return string(bytes.TrimSpace(b))
}
