package zipsite

import (
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzName holds that a name in an archive becomes one of a file below its root,
// once and for all.
func FuzzName(f *testing.F) {
	for _, name := range []string{"a/b.txt", "/a", "a//b/", "./a", "../a", "a/..", "a\\b", "\x81\xff", "", "/", "a\x00b", "..\\a", "C:\\x", "a/./b", ".", "...", "a/.../b", "\xc3\xa9"} {
		f.Add([]byte(name), false)
		f.Add([]byte(name), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, fromDOS bool) {
		name := decodeName(raw)
		if !utf8.ValidString(name) || decodeName([]byte(name)) != name || utf8.Valid(raw) && name != string(raw) {
			t.Fatalf("%q is %q", raw, name)
		}
		clean, folder, ok := cleanName(name, fromDOS)
		if !ok {
			return
		}
		if !fs.ValidPath(clean) || strings.ContainsRune(clean, 0) || strings.Count(clean, "/") > maxDepth || len(clean) > maxName {
			t.Fatalf("%q is %q", raw, clean)
		}
		if fromDOS && strings.Contains(clean, `\`) && !strings.Contains(name, "/") {
			t.Fatalf("%q from DOS is %q", raw, clean)
		}
		if folder != (clean == "." || strings.HasSuffix(name, "/") || fromDOS && !strings.Contains(name, "/") && strings.HasSuffix(name, `\`)) {
			t.Fatalf("%q is %q, a folder: %t", raw, clean, folder)
		}
		if again, _, ok := cleanName(clean, false); !ok || again != clean {
			t.Fatalf("%q is %q, and that %q", raw, clean, again)
		}
	})
}
