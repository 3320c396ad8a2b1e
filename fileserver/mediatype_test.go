package fileserver

import (
	"strings"
	"testing"
)

func TestTypeByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"index.html": "text/html", "A.HTML": "text/html", "a.tar.gz": "application/gzip", "a.b/c": "", "noext": "", "dot.": "",
		"a.js": "text/javascript", "a.mjs": "text/javascript", "a.wasm": "application/wasm", "a.webmanifest": "application/manifest+json",
		"a.woff2": "font/woff2", "a.avif": "image/avif", "a.mp4": "video/mp4", "a." + strings.Repeat("x", 300): "", "a.unheardof": "",
	} {
		if got := TypeByName(name); got != want {
			t.Errorf("TypeByName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestMediaTypesAreWellFormed(t *testing.T) {
	t.Parallel()
	if len(mediaTypes) < 150 {
		t.Errorf("the table has %d extensions only", len(mediaTypes))
	}
	seen := map[string]bool{}
	for ext, mediaType := range mediaTypes {
		if kind, subtype, ok := strings.Cut(mediaType, "/"); !ok || kind == "" || subtype == "" || strings.ToLower(ext) != ext || len(ext) > 15 {
			t.Errorf("%q: %q", ext, mediaType)
		}
		seen[ext] = true
	}
}

func TestIsUTF8(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text       string
		whole, cut bool
	}{
		{"plain", true, true},
		{"", true, true},
		{"café", true, true},
		{"caf\xe9", false, true}, // may be the first byte of three
		{"caf\xc3", false, true},
		{"\xe2\x82", false, true},
		{"\xf0\x9f\x98", false, true},
		{"caf\xe9 au lait", false, false},
		{"ab\xff", false, false},
		{"\x80", false, false},
		{"\x80\x80\x80\x80", false, false},
		{"ab\xc3\xa9\xc3xy", false, false},
	} {
		if whole, cut := isUTF8([]byte(c.text), false), isUTF8([]byte(c.text), true); whole != c.whole || cut != c.cut {
			t.Errorf("isUTF8(%q) = %v, cut off %v; want %v, %v", c.text, whole, cut, c.whole, c.cut)
		}
	}
}

func TestWithCharset(t *testing.T) {
	t.Parallel()
	far := strings.Repeat(" ", sniffSize)
	for _, c := range []struct{ mediaType, text, want string }{
		{"text/plain", "plain", "text/plain; charset=utf-8"},
		{"text/plain", "caf\xe9 au lait", "text/plain"},
		{"text/plain", "\xff\xfea\x00", "text/plain; charset=utf-16"},
		{"text/plain; charset=koi8-r", "plain", "text/plain; charset=koi8-r"},
		{"text/html", "<p>plain", "text/html; charset=utf-8"},
		{"text/html", "<meta charset=windows-1251>" + far, "text/html"},
		{"text/html", "<META HTTP-EQUIV=Content-Type CONTENT='text/html; CHARSET=koi8-r'>" + far, "text/html"},
		{"text/html", "<meta charset=utf-8>é", "text/html; charset=utf-8"},
		{"text/html", "\x1b$BF|K\\8l\x1b(B", "text/html"},
		{"text/plain", "\x1b$BF|K\\8l\x1b(B", "text/plain"},
		{"text/css", "@charset 'iso-8859-1';", "text/css"},
		{"text/plain", "a charset is a set", "text/plain; charset=utf-8"},
	} {
		if got := withCharset(c.mediaType, []byte(c.text)[:min(len(c.text), sniffSize)]); got != c.want {
			t.Errorf("%s of %.30q: %q, want %q", c.mediaType, c.text, got, c.want)
		}
	}
}
