package fileserver

import (
	"errors"
	"testing"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path  string
		name  string
		slash bool
		err   error
	}{
		{"/docs/guide.html", "docs/guide.html", false, nil},
		{"/", ".", true, nil},
		{"/docs/", "docs", true, nil},
		{"/a%20b", "a b", false, nil},
		{"/%64ocs/%67uide.html", "docs/guide.html", false, nil},
		{"/100%25", "100%", false, nil},
		{"/%2541", "%41", false, nil},
		{"/a+b", "a+b", false, nil},
		{"/caf%E9", "caf\xe9", false, nil},
		{"/...", "...", false, nil},
		{"/a..b", "a..b", false, nil},
		{"/.well-known/x", ".well-known/x", false, nil},

		{"//docs//guide.html", "docs/guide.html", false, nil},
		{"/docs//", "docs", true, nil},
		{"/docs/.", "docs", true, nil},
		{"/docs/./guide.html", "docs/guide.html", false, nil},
		{"/docs/..", ".", true, nil},
		{"/docs/../ten.txt", "ten.txt", false, nil},
		{"/docs/%2e%2E/ten.txt", "ten.txt", false, nil},
		{"/a/b/../../c/", "c", true, nil},

		{"/..", ".", true, errAbove},
		{"/../etc/passwd", "etc/passwd", false, errAbove},
		{"/a/../../b", "b", false, errAbove},
		{"/%2e%2e/b", "b", false, errAbove},
		{"/../a/b", "a/b", false, errAbove},
		{"/a%2fb", "a/b", false, errNoName},
		{"/..%2fa", "../a", false, errNoName},
		{"/a%00b", "a\x00b", false, errNoName},
		{"/\x00", "\x00", false, errNoName},
		{"/../%00", "", false, errAbove},
		{"/%00/../../a", "", false, errAbove},

		{"", "", false, errEncoding},
		{"*", "", false, errEncoding},
		{"docs", "", false, errEncoding},
		{"/%", "", false, errEncoding},
		{"/%4", "", false, errEncoding},
		{"/%zz", "", false, errEncoding},
		{"/a/%4g/b", "", false, errEncoding},
	} {
		got, err := parseTarget(c.path)
		if !errors.Is(err, c.err) || c.err == nil && got != (target{name: c.name, slash: c.slash}) {
			t.Errorf("parseTarget(%q) = %q, %v, %v; want %q, %v, %v", c.path, got.name, got.slash, err, c.name, c.slash, c.err)
		}
	}
}

func TestIsWindowsName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.txt", "a b", "console", "com", "COM10", "lpt", "nul1", "a~b", "~", ".env", "aux2", "ünï"} {
		if !isWindowsName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{
		`a\b`, "a:b", "file::$DATA", "a*", "a?", "a<", "a|b", "a\"b", "a\n", "a.", "a ", ".env.", "GIT~1", "progra~2", "NUL", "nul.txt",
		"con", "CON .txt", "Aux.tar.gz", "COM1", "lpt9.log", "COM¹", "CONIN$", "prn",
	} {
		if isWindowsName(name) {
			t.Errorf("%q is let by", name)
		}
	}
}

func TestIsHidden(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		".": false, "a": false, "a.b": false, "a/b.c": false, ".well-known": false, ".well-known/acme/x": false,
		".a": true, "a/.b": true, "a/.b/c": true, ".well-known/.x": true, ".well-known-not": true, "a/.well-known": true, "..a": true,
	} {
		if got := isHidden(name); got != want {
			t.Errorf("isHidden(%q) = %v", name, got)
		}
	}
}
