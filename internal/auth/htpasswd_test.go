package auth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	annLine = "ann:$2y$05$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O" // bar
	bobLine = "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="                            // password
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       string // names, or an error
	}{
		{"one", annLine, "ann"},
		{"two", annLine + "\n" + bobLine + "\n", "ann bob"},
		{"empty lines, remarks, CRLF", "\ufeff# users\r\n\r\n" + annLine + "\r\n  " + bobLine + " \t\r\n", "ann bob"},
		{"a remark behind", bobLine + ":Bob of next door", "bob"},
		{"a name with spaces and marks", "Ann Müller" + strings.TrimPrefix(annLine, "ann"), "Ann Müller"},
		{"empty", "", "F: no users in it"},
		{"only remarks", "# nobody\n", "F: no users in it"},
		{"plain text", annLine + "\ncarl:SECRET", `F:2: user "carl": neither bcrypt nor another hash that is safe; make the line with htpasswd -B`},
		{"only a password", annLine + "\n\nSECRET\n", "F:3: no colon between a name and a hash"},
		{"no name", ":SECRET", "F:1: no name before the colon, or one that is too long"},
		{"a control character", "a\x1bnn:SECRET", "F:1: name with control characters, or not in UTF-8"},
		{"twice", annLine + "\n" + annLine, `F:2: a second line for "ann"`},
		{"damaged", "ann:$apr1$SECRET", `F:1: user "ann": damaged hash; make the line anew with htpasswd -B`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			users, err := parseFile("F", tt.text)
			got := strings.Join(slices.Sorted(maps.Keys(users)), " ")
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzLine has no line fail but by an error, no error show the secret, and no
// hash that is accepted match whatever it is asked.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		annLine, bobLine, "", ":", "a", "a:", "a:$5$rounds=1000$s$" + strings.Repeat("a", 43), "a:$6$s$" + strings.Repeat("/", 86),
		"a:$apr1$s$" + strings.Repeat(".", 22), "a:{SSHA}AAAA", "a:$5$rounds=$$", "#", "a:b:c", "\xff:{SHA}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		user, h, err := parseLine(line)
		switch {
		case err == nil:
			if user == "" || h == nil {
				t.Fatalf("%q gives user %q, %v", line, user, h)
			}
			if isCheap(h) && h.matches("what nobody has") {
				t.Fatalf("%q matches", line)
			}
		case h != nil:
			t.Fatalf("%q gives a hash, and %v", line, err)
		default:
			name, secret, _ := strings.Cut(line, ":")
			if len(secret) > 8 && !strings.Contains(name, secret) && strings.Contains(fmt.Sprint(err), secret) {
				t.Fatalf("%q is shown: %v", secret, err)
			}
		}
	})
}

// isCheap reports whether a hash takes no more than a millisecond or so.
func isCheap(h hash) bool {
	switch h := h.(type) {
	case bcrypted:
		return strings.HasPrefix(string(h[3:]), "$04$")
	case crypted:
		return !strings.Contains(h.setting, "rounds=")
	}
	return true
}
