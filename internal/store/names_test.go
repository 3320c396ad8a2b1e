package store

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 200)
	for _, c := range []struct{ name, want string }{
		{"photo.jpg", "photo.jpg"},
		{"Überblick 2.tar.gz", "Überblick 2.tar.gz"},
		{"", "unnamed"},
		{".", "unnamed"},
		{"..", "unnamed"},
		{"../../etc/passwd", "_.._etc_passwd"},
		{`..\..\boot.ini`, "_.._boot.ini"},
		{"a/b", "a_b"},
		{"a\x00b\nc\x7f", "abc"},
		{"a\u202egpj.exe", "agpj.exe"},
		{"\u2066a\u2069\u061c", "a"},
		{"a\u2028b\ufeff", "ab"},
		{`<>:"|?*`, "_______"},
		{"end. . ", "end"},
		{"  front", "front"},
		{"con", "_con"},
		{"CON.tar.gz", "_CON.tar.gz"},
		{"Com1 .txt", "_Com1 .txt"},
		{"lpt².x", "_lpt².x"},
		{"COM10", "COM10"},
		{"conin$", "_conin$"},
		{".htaccess", "htaccess"},
		{". .hidden", "hidden"},
		{".gserve-0123", "gserve-0123"},
		{"GIT~1", "GIT-1"},
		{"a~\x001", "a-1"},
		{"notes~", "notes~"},
		{"a\xffb", "a_b"},
		{"👩\u200d👩\u200d👧.png", "👩\u200d👩\u200d👧.png"},
		{long + ".jpeg", strings.Repeat("ä", 125) + ".jpeg"},
		{strings.Repeat("x", 300), strings.Repeat("x", 255)},
		{"x." + strings.Repeat("y", 300), "x." + strings.Repeat("y", 253)},
		{strings.Repeat("x", 254) + " y", strings.Repeat("x", 254)},
	} {
		if got := CleanName(c.name, false); got != c.want {
			t.Errorf("CleanName(%q) = %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range []struct{ name, want string }{
		{".htaccess", ".htaccess"},
		{"..", "unnamed"},
		{"...a", "...a"},
		{".gserve-0123", "gserve-0123"},
		{".GSERVE-x", "GSERVE-x"},
	} {
		if got := CleanName(c.name, true); got != c.want {
			t.Errorf("CleanName(%q, hidden) = %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, name := range []string{"photo.jpg", "", "..", "con .", " .gserve-.", "a\u202e\xff", "a~\x0012", strings.Repeat("ä", 200) + ".tar.gz", "_CON. .", ".\u00a0.x"} {
		f.Add(name, false)
		f.Add(name, true)
	}
	f.Fuzz(func(t *testing.T, name string, hidden bool) {
		clean := CleanName(name, hidden)
		if again := CleanName(clean, hidden); again != clean {
			t.Fatalf("%q is cleaned to %q, and that to %q", name, clean, again)
		}
		checkClean(t, clean, hidden)
		for _, n := range []int{1, 99, maxNumber} {
			numbered := numberedName(clean, n)
			checkClean(t, numbered, hidden)
			if CleanName(numbered, hidden) != numbered {
				t.Fatalf("%q of %q is not clean", numbered, clean)
			}
		}
	})
}

// checkClean states what a clean name is, in other words than CleanName.
func checkClean(t *testing.T, name string, hidden bool) {
	t.Helper()
	switch {
	case name == "", name == ".", name == "..", len(name) > 255, !utf8.ValidString(name):
		t.Fatalf("%q is no name", name)
	case strings.ContainsAny(name, "<>:\"/\\|?*\x00\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"):
		t.Fatalf("%q holds what it must not", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		t.Fatalf("%q holds a control character", name)
	case strings.HasSuffix(name, "."), strings.HasSuffix(name, " "), strings.HasPrefix(name, " "):
		t.Fatalf("%q ends badly", name)
	case !hidden && name[0] == '.', strings.HasPrefix(strings.ToLower(name), ".gserve-"):
		t.Fatalf("%q is hidden", name)
	}
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	for _, device := range []string{"CON", "PRN", "AUX", "NUL", "COM1", "COM¹", "LPT9", "LPT³"} {
		if strings.TrimRight(stem, " ") == device {
			t.Fatalf("%q is a device", name)
		}
	}
}

func TestCleanPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"a/b/c.txt", "a/b/c.txt"},
		{"/a//./b/", "a/b"},
		{"con/.x/a?b", "_con/x/a_b"},
		{"../a", ""},
		{"a/../b", ""},
		{"", ""},
		{"/", ""},
		{strings.Repeat("a/", 65), ""},
		{strings.Repeat("a", 5000), ""},
	} {
		got, err := CleanPath(c.name, false)
		if got != c.want || (err != nil) != (c.want == "") || err != nil && !errors.Is(err, ErrName) {
			t.Errorf("CleanPath(%.40q) = %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func FuzzCleanPath(f *testing.F) {
	f.Add("a/b/c.txt")
	f.Add("../.\x00./..")
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := CleanPath(name, false)
		if err != nil {
			return
		}
		for segment := range strings.SplitSeq(clean, "/") {
			checkClean(t, segment, false)
		}
		if again, err := CleanPath(clean, false); err == nil && again != clean {
			t.Fatalf("%q is cleaned to %q, and that to %q", name, clean, again)
		}
	})
}

func TestNumberedName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"photo.jpg", 1, "photo (1).jpg"},
		{"a.tar.gz", 12, "a (12).tar.gz"},
		{"README", 2, "README (2)"},
		{".profile", 1, ".profile (1)"},
		{strings.Repeat("ä", 125) + ".jpeg", 1, strings.Repeat("ä", 123) + " (1).jpeg"},
	} {
		got := numberedName(c.name, c.n)
		if got != c.want || len(got) > 255 {
			t.Errorf("numberedName(%q, %d) = %q, want %q", c.name, c.n, got, c.want)
		}
	}
}

func TestFreeNumber(t *testing.T) {
	t.Parallel()
	for taken := range 200 {
		asked := 0
		n := freeNumber(func(n int) bool { asked++; return n <= taken })
		if n != taken+1 || asked > 20 {
			t.Errorf("with %d taken: %d, after %d questions", taken, n, asked)
		}
	}
	if n := freeNumber(func(int) bool { return true }); n <= maxNumber {
		t.Errorf("all are taken, but %d is free", n)
	}
}
