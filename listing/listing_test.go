package listing_test

import (
	"bytes"
	"flag"
	"net/url"
	"os"
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

func TestHTML(t *testing.T) {
	t.Parallel()
	folder := listing.Folder{Path: "/docs/<b>&\n/", Entries: []listing.Entry{
		{Name: "b10.txt", Size: 10, ModTime: modified},
		{Name: "b2.txt", Size: 2, ModTime: modified},
		{Name: "sub", IsDir: true, ModTime: modified},
		{Name: "timeless"},
	}}
	for _, name := range hostileNames {
		folder.Entries = append(folder.Entries, listing.Entry{Name: name, Size: 1, ModTime: modified})
	}
	var got bytes.Buffer
	if err := listing.HTML(&got, folder); err != nil {
		t.Fatal(err)
	}
	const golden = "../testdata/golden/listing.html"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the page is not %s; see the difference, and run with -update if it is meant:\n%s", golden, got.Bytes())
	}
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

// TestHTMLShowsNoMarkup looks for what a name might have smuggled in.
func TestHTMLShowsNoMarkup(t *testing.T) {
	t.Parallel()
	for _, name := range hostileNames {
		var page bytes.Buffer
		if err := listing.HTML(&page, listing.Folder{Path: "/" + name + "/", Entries: []listing.Entry{{Name: name}}}); err != nil {
			t.Fatal(err)
		}
		text := page.String()
		if strings.Contains(text, "<script") || strings.Contains(text, "<img") || strings.ContainsAny(text, "\x1b\u202e\u200b\u0085\ufffe") {
			t.Errorf("%q is shown as it is", name)
		}
		if strings.Count(text, "<a ") != 2 || strings.Count(text, "'") > 0 {
			t.Errorf("%q breaks out of its place:\n%s", name, text)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	var want []listing.Entry
	for _, name := range []string{"a2/", "A10/", "1", "01", "2", "10", "a", "a1", "A2", "a2", "a2b", "a10", "B", "b", "x9999999999999999999998", "x9999999999999999999999", "ä"} {
		trimmed := strings.TrimSuffix(name, "/")
		want = append(want, listing.Entry{Name: trimmed, IsDir: trimmed != name})
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, listing.Compare)
	for i := range want {
		if got[i].IsDir != want[i].IsDir || !strings.EqualFold(got[i].Name, want[i].Name) && strings.TrimLeft(got[i].Name, "0") != strings.TrimLeft(want[i].Name, "0") {
			t.Fatalf("sorted %v, want %v", got, want)
		}
	}
	for _, a := range want {
		for _, b := range want {
			if listing.Compare(a, b) != -listing.Compare(b, a) || (listing.Compare(a, b) == 0) != (a.Name == b.Name && a.IsDir == b.IsDir) {
				t.Errorf("the order of %v and %v is not total", a, b)
			}
		}
	}
}
