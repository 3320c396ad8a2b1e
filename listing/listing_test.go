package listing_test

import (
	"flag"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/listing"
)

var update = flag.Bool("update", false, "write the golden files anew")

var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// hostileNames are what a stranger would call a file.
var hostileNames = []string{
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "new\nline", "\x1b[31mred", "\xff\xfe",
	"\u202egnp.exe", "a\u200bb", "//host", "c:d", "?q", "#f", "100%", "%2e%2e", "a&amp;b", "' onclick='x", "\u0085", "👨\u200d👩\u200d👧.jpg", "naïve.txt",
}

// TestReference resolves the reference of every name, as a browser does.
func TestReference(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("http://example.test/docs/")
	for _, name := range hostileNames {
		reference, err := base.Parse(listing.Reference(name))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if reference.Host != base.Host || reference.Path != "/docs/"+name || reference.RawQuery != "" || reference.Fragment != "" {
			t.Errorf("%q leads to %s", name, reference)
		}
	}
}

// TestCompare sorts by name, and compares every pair.
func TestCompare(t *testing.T) {
	t.Parallel()
	var want []listing.Entry
	for _, name := range []string{"a2/", "A10/", "1", "01", "2", "10", "a", "a1", "A2", "a2", "a2b", "a10", "B", "b", "x9999999999999999999998", "x9999999999999999999999", "ä"} {
		trimmed := strings.TrimSuffix(name, "/")
		want = append(want, listing.Entry{Name: trimmed, IsDir: trimmed != name})
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	listing.Sort(got, listing.View{})
	for i := range want {
		if got[i].IsDir != want[i].IsDir || !strings.EqualFold(got[i].Name, want[i].Name) && strings.TrimLeft(got[i].Name, "0") != strings.TrimLeft(want[i].Name, "0") {
			t.Fatalf("sorted %v, want %v", got, want)
		}
	}
	for _, a := range want {
		for _, b := range want {
			one, other := []listing.Entry{a, b}, []listing.Entry{b, a}
			listing.Sort(one, listing.View{})
			listing.Sort(other, listing.View{})
			if !slices.Equal(one, other) {
				t.Errorf("the order of %v and %v is not total", a, b)
			}
		}
	}
}
