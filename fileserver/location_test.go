package fileserver

import (
	"strings"
	"testing"
)

func TestEncodeQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"a=1&b=%20x/?":     "a=1&b=%20x/?",
		"<script>\"\\^`{}": "%3Cscript%3E%22%5C%5E%60%7B%7D",
		"\r\nSet: x":       "%0D%0ASet:%20x",
		"100%&%zz&%4":      "100%25&%25zz&%254",
		"ü#":               "%C3%BC%23",
	} {
		if got := encodeQuery(query); got != want {
			t.Errorf("encodeQuery(%q) = %q, want %q", query, got, want)
		}
	}
}

func TestWithSlash(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"docs": "docs/", "a/b": "b/", "a:b": "./a:b/", "javascript:x": "./javascript:x/", `\host`: "%5Chost/", "a b": "a%20b/", "a\nb": "a%0Ab/", "\xff": "%FF/", "100%": "100%25/",
	} {
		if got := withSlash(target{name: name}, ""); got != want || strings.HasPrefix(got, "/") {
			t.Errorf("withSlash(%q) = %q, want %q", name, got, want)
		}
	}
}
