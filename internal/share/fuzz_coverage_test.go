package share

import (
	"path"
	"strings"
	"testing"
)

// FuzzCoverage compares a set of bytes with one that has a mark for each. The
// holes that are taken for filled are none that matter to it: it has as many
// spans as are kept.
func FuzzCoverage(f *testing.F) {
	f.Add([]byte{0, 10, 10, 20, 5, 15}, uint8(20))
	f.Add([]byte{5, 3, 0, 0, 1, 2, 4, 5, 2, 4}, uint8(5))
	f.Fuzz(func(t *testing.T, ends []byte, length uint8) {
		if len(ends) > 2*maxSpans {
			ends = ends[:2*maxSpans]
		}
		var c coverage
		var marked [256]bool
		for i := 0; i+1 < len(ends); i += 2 {
			first, end := int64(ends[i]), min(int64(ends[i+1]), int64(length)) // none is beyond the whole
			c.add(span{first, end})
			for at := first; at < end; at++ {
				marked[at] = true
			}
		}
		last := int64(-2)
		for _, s := range c {
			if s.first >= s.end || s.first <= last {
				t.Fatalf("%v gives %v", ends, c)
			}
			last = s.end
		}
		for at, want := range marked {
			if c.has(int64(at)) != want {
				t.Fatalf("%v gives %v, which is wrong at %d", ends, c, at)
			}
		}
		whole := true
		for at := range int(length) {
			whole = whole && marked[at]
		}
		if c.isWhole(int64(length)) != whole {
			t.Fatalf("%v gives %v, of %d the whole: %t", ends, c, length, !whole)
		}
	})
}

func (c coverage) has(at int64) bool {
	for _, s := range c {
		if s.first <= at && at < s.end {
			return true
		}
	}
	return false
}

// FuzzBelow holds that nothing is below a link but what a client that resolves
// dots would find there, too.
func FuzzBelow(f *testing.F) {
	for _, p := range []string{"/token", "/token/", "/token/a", "/token/../x", "/tokenx", "//token", "token", "/token/a/../../token/b", "/token/./..", ""} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		clean := path.Clean(p)
		below := clean == "/token" || strings.HasPrefix(clean, "/token/")
		if isBelow(p, "token") && (!below || !strings.HasPrefix(p, "/token")) {
			t.Fatalf("%q is below", p)
		}
		if p == clean && below != isBelow(p, "token") {
			t.Fatalf("%q is below: %t", p, !below)
		}
		if isExcepted(p, []string{"/token/"}) && !below {
			t.Fatalf("%q is excepted", p)
		}
	})
}
