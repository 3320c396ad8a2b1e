package rules

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzGlob compares a text with gaps with a regular expression.
func FuzzGlob(f *testing.F) {
	f.Add("a*b", "axxb", uint8(0))
	f.Add("*-*-*", "2026-11-20", uint8(1))
	f.Add("*", "", uint8(0))
	f.Add("*", "", uint8(1))
	f.Add("a*a", "a", uint8(0))
	f.Add("x*%20*", "x%20%20", uint8(0))
	f.Add("*2*", "%20", uint8(0))
	f.Fuzz(func(t *testing.T, pattern, s string, least uint8) {
		literals := strings.Split(pattern, "*")
		if len(literals) < 2 || len(literals) > maxCaptures || len(s) > 100 {
			return
		}
		// Between gaps is something, or else nobody could tell them apart; and
		// all is in the one spelling.
		if slices.Contains(literals[1:len(literals)-1], "") || !isOneSpelling(s) || !isOneSpelling(strings.ReplaceAll(pattern, "*", "")) {
			return
		}
		for _, literal := range literals {
			if !isOneSpelling(literal) {
				return
			}
		}
		g := &glob{literals: literals, least: int(least % 2)}
		values, ok := g.match(s, nil)
		if g.fits(s) != ok {
			t.Fatalf("%q fits %q: %t, matches: %t", s, pattern, g.fits(s), ok)
		}
		want := expressionOf(g).FindStringSubmatch(s)
		if (want != nil) != ok {
			t.Fatalf("%q matches %q: %t", s, pattern, ok)
		}
		if !ok {
			return
		}
		if !slices.Equal(values, want[1:]) {
			t.Fatalf("%q matches %q with %q, want %q", s, pattern, values, want[1:])
		}
		var b strings.Builder
		if left := g.fill(&b, values); len(left) > 0 || b.String() != s {
			t.Fatalf("%q matches %q with %q, which makes %q", s, pattern, values, b.String())
		}
	})
}

// expressionOf has each gap take as many octets as it can, where an encoded one
// is one.
func expressionOf(g *glob) *regexp.Regexp {
	const octet = `(?:%[0-9A-F]{2}|[^%])`
	gap := "(" + octet + "*)"
	if g.least == 1 {
		gap = "(" + octet + "+)"
	}
	var b strings.Builder
	for i, literal := range g.literals {
		if i > 0 {
			b.WriteString(gap)
		}
		b.WriteString(regexp.QuoteMeta(literal))
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`)
}

// isOneSpelling reports whether s is spelled as paths are that are compared.
func isOneSpelling(s string) bool {
	spelled, ok := appendSpelled(nil, s, segmentSet)
	return ok && string(spelled) == s
}

// FuzzSpelling holds that there is one spelling of what a text decodes to, and
// that what is kept as it is can be read.
func FuzzSpelling(f *testing.F) {
	for _, s := range []string{"a b", "%41%2f%C3%A9", "%zz", "%", "é", "a%2", "+&=", "%25%", "\x00\xff"} {
		f.Add(s, "%41")
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		decoded, err := url.PathUnescape(s)
		for _, plain := range []*set{segmentSet, valueSet, querySet} {
			spelled, ok := appendSpelled(nil, s, plain)
			if ok != (err == nil) {
				t.Fatalf("%q is spelled %q, %t; net/url: %v", s, spelled, ok, err)
			}
			if ok {
				checkSpelling(t, s, string(spelled), decoded, plain)
				if otherSpelled, ok := appendSpelled(nil, other, plain); ok {
					if text, _ := url.PathUnescape(other); (text == decoded) != (string(otherSpelled) == string(spelled)) {
						t.Fatalf("%q is spelled %q, and %q %q", s, spelled, other, otherSpelled)
					}
				}
			}
			kept := string(appendKept(nil, s, plain))
			again := string(appendKept(nil, kept, plain))
			text, keptErr := url.PathUnescape(kept)
			if keptErr != nil || again != kept || err == nil && text != decoded {
				t.Fatalf("%q is kept as %q, which is %q: %v", s, kept, text, keptErr)
			}
		}
	})
}

func checkSpelling(t *testing.T, s, spelled, decoded string, plain *set) {
	t.Helper()
	text, err := url.PathUnescape(spelled)
	again, ok := appendSpelled(nil, spelled, plain)
	if err != nil || text != decoded || !ok || string(again) != spelled || spelled != strings.ToUpper(spelled) && strings.Contains(spelled, "%") && !upperOctets.MatchString(spelled) {
		t.Fatalf("%q is spelled %q, which is %q: %v", s, spelled, text, err)
	}
}

// upperOctets is what has all of its encoded octets in capitals.
var upperOctets = regexp.MustCompile(`\A([^%]|%[0-9A-F]{2})*\z`)
