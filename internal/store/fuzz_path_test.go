package store

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzParsePath holds that a path names what a client that resolves dots would
// find, below the root, and that the path of a name leads back to it.
func FuzzParsePath(f *testing.F) {
	for _, p := range []string{"/a/b", "/a/../b/", "/%2e%2e/a", "/a%2fb", "/a%00", "", "/", "//", "/a/.", "/..", "a", "/a%zz", "/a\\b", "/%25", "/\xff"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		name, slash, ok := ParsePath(p)
		if !ok {
			return
		}
		if encoded := strings.ToLower(p); strings.Contains(encoded, "%2f") || strings.Contains(encoded, "%00") {
			t.Fatalf("%q is %q", p, name)
		}
		decoded, err := url.PathUnescape(p)
		if err != nil {
			t.Fatalf("%q is %q, but cannot be decoded: %v", p, name, err)
		}
		if want := strings.TrimPrefix(path.Clean("/"+decoded), "/"); name != want && !(want == "" && name == ".") {
			t.Fatalf("%q is %q, want %q", p, name, want)
		}
		encoded := EncodePath(name, slash)
		again, slashed, ok := ParsePath(encoded)
		if !ok || again != name || slashed != slash {
			t.Fatalf("%q is %q %t, and by %q %q %t", p, name, slash, encoded, again, slashed)
		}
	})
}
