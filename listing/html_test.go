package listing_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/gserve/gserve/listing"
)

// entriesOf yields entries, and then an error if there is one.
func entriesOf(entries []listing.Entry, err error) iter.Seq2[listing.Entry, error] {
	return func(yield func(listing.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(listing.Entry{}, err)
		}
	}
}

// folderOf returns a folder of entries that has all that a folder can have.
func folderOf(path string, entries ...listing.Entry) *listing.Folder {
	f := &listing.Folder{Path: path, Title: "site", Entries: entriesOf(entries, nil), All: len(entries), CanSearch: true, CanSave: true, Now: modified.Add(3 * time.Hour)}
	for _, e := range entries {
		if e.IsDir {
			f.Totals.Folders++
		} else {
			f.Totals.Files++
			f.Totals.Size += max(e.Size, 0)
		}
	}
	return f
}

func pageOf(t testing.TB, f *listing.Folder) string {
	t.Helper()
	var page bytes.Buffer
	if err := listing.HTML(&page, f); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestHTMLGolden compares whole pages with those that somebody has looked at.
// Style and script stand in files of their own, and are left out.
func TestHTMLGolden(t *testing.T) {
	t.Parallel()
	entries := []listing.Entry{
		{Name: "sub", IsDir: true, ModTime: modified},
		{Name: "b2.txt", Size: 2, ModTime: modified},
		{Name: "b10.txt", Size: 128 << 10, ModTime: modified.Add(-400 * 24 * time.Hour)},
		{Name: "timeless", Size: -1},
		{Name: "icon.png", Size: 900, ModTime: modified},
		{Name: "photo.JPG", Size: 900 << 10, ModTime: modified},
		{Name: strings.Repeat("long", 60) + ".tar.zst", Size: 6 << 30, ModTime: modified},
	}
	for _, name := range hostileNames {
		entries = append(entries, listing.Entry{Name: name, Size: 1, ModTime: modified})
	}
	whole := folderOf("/docs/<b>&\n/", entries...)
	whole.Hidden = 3
	whole.Readme = listing.Readme([]byte("# Title\n\nSome *words*.\n"), true)

	deep := folderOf("/", listing.Entry{Dir: "a b/<i>/", Name: "b2.txt", Size: 2, ModTime: modified})
	deep.View = listing.View{Filter: `b "2`, Deep: true, Sort: listing.BySize, Descending: true, Limit: 100}
	deep.Totals = listing.Totals{Size: -1}
	deep.Entries = entriesOf([]listing.Entry{{Dir: "a b/<i>/", Name: "b2.txt", Size: 2, ModTime: modified}}, listing.Limit{Hits: 1000})

	changed := folderOf("/docs/a&b/", listing.Entry{Name: "b2.txt", Size: 2, ModTime: modified})
	changed.Changes, changed.Trust = everyChange, "/.well-known/trust?a&b"
	dropBox := folderOf("/docs/<in>/")
	dropBox.Changes, dropBox.DropBox, dropBox.Trust = listing.Changes{Upload: true}, true, "/trust"

	inline := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`)
	for name, folder := range map[string]*listing.Folder{"listing": whole, "listing-deep": deep, "listing-changes": changed, "dropbox": dropBox} {
		got := inline.ReplaceAllString(pageOf(t, folder), "<$1>…</$2>")
		golden := "../testdata/golden/" + name + ".html"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the page is not %s; see the difference, and run with -update if it is meant:\n%s", golden, got)
		}
	}
}

// TestHTMLShowsNoMarkup looks for what a name might have smuggled in.
func TestHTMLShowsNoMarkup(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile(`<[a-z0-9]+`)
	value := regexp.MustCompile(` value="[^"<>]*"`) // what a form sends is not seen
	page := func(name string) (text string, tags map[string]int) {
		segment := strings.ReplaceAll(name, "/", "")
		folder := folderOf("/"+segment+"/", listing.Entry{Name: name, Size: 1}, listing.Entry{Name: name, IsDir: true, Dir: segment + "/"})
		folder.Title, folder.View.Filter, folder.CanSave = name, name, false
		text = value.ReplaceAllString(pageOf(t, folder), "")
		tags = make(map[string]int)
		for _, found := range tag.FindAllString(text, -1) {
			tags[found]++
		}
		for _, own := range []string{"<bdi", "<span", "<img"} {
			delete(tags, own)
		}
		return text, tags
	}
	_, want := page("name")
	for _, name := range append(hostileNames, strings.Repeat("<b>", 80)+"é.png", strings.Repeat("'\"&", 80)) {
		text, got := page(name)
		if !maps.Equal(got, want) {
			t.Errorf("%q brings in tags: %v, want %v", name, got, want)
		}
		if strings.ContainsAny(text, "\x1b\u202e\u200b\u0085\ufffe") || strings.Contains(text, "<img src=x") || strings.Contains(text, "' onclick") {
			t.Errorf("%q is shown as it is", name)
		}
	}
}

// TestHTMLKeepsNames puts together what the page shows of a name.
func TestHTMLKeepsNames(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`(?s)<tr[^>]*><td>(?:<input[^>]*>)?<a [^>]*>(.*?)</a>`)
	tag := regexp.MustCompile(`<[^>]*>`)
	for _, name := range []string{
		"a.txt", "a-name-of-thirty-characters.txt", strings.Repeat("W", 251) + ".txt", "文件文件文件文件文件文件文件.csv",
		strings.Repeat("e\u0301", 40), strings.Repeat("👨\u200d👩\u200d👧", 9) + ".jpg", "ملف باللغة العربية طويل جدا.txt", strings.Repeat("\u0301", 100), strings.Repeat("🇩🇪", 20),
	} {
		match := link.FindStringSubmatch(pageOf(t, folderOf("/", listing.Entry{Name: name})))
		if match == nil || tag.ReplaceAllString(match[1], "") != name {
			t.Errorf("%q is shown as %q", name, match)
			continue
		}
		if _, tail, cut := strings.Cut(match[1], "</span>"); cut && (strings.HasPrefix(tail, "\u0301") || strings.HasPrefix(tail, "\u200d") || strings.Count(tail, "🇪")*4 != strings.Count(tail, "🇩")*4) {
			t.Errorf("%q is cut within a character: %q", name, match[1])
		}
	}
}

// TestHTMLBoxes: only names that a form sends as they are have a box.
func TestHTMLBoxes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"a": true, "é\"": true, "\xff": false, "a\nb": false, "a\rb": false} {
		if got := strings.Contains(pageOf(t, folderOf("/", listing.Entry{Name: name})), "checkbox name=name"); got != want {
			t.Errorf("%q has a box: %v", name, got)
		}
	}
	folder := folderOf("/", listing.Entry{Name: "a"})
	folder.CanSave = false
	if text := pageOf(t, folder); strings.Contains(text, "checkbox name=name") || strings.Contains(text, "name=archive") {
		t.Error("there is an archive on offer where there is none to be had")
	}
}

// recorder is a writer that knows when it was flushed, and at which row.
type recorder struct {
	events []string
	bytes.Buffer
}

func (r *recorder) Flush() error {
	r.events = append(r.events, fmt.Sprintf("flush %d rows", strings.Count(r.String(), "<td><a ")))
	return nil
}

func TestHTMLStreams(t *testing.T) {
	t.Parallel()
	var r recorder
	folder := folderOf("/")
	folder.Totals = listing.Totals{Files: 1000, Size: -1}
	folder.CanSave = false
	folder.Entries = func(yield func(listing.Entry, error) bool) {
		r.events = append(r.events, "pull")
		if !strings.Contains(r.String(), "<h1>") || !strings.Contains(r.String(), "1,000 files") {
			t.Error("the head is not sent before the first entry is asked for")
		}
		for i := range 1000 {
			if !yield(listing.Entry{Name: fmt.Sprint("f", i), Size: 1024}, nil) {
				return
			}
		}
	}
	if err := listing.HTML(&r, folder); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(r.events, ", "), "flush 0 rows, pull, flush 300 rows"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(r.String(), "Listed 1,000 files, 1000 KiB.") {
		t.Error("what was listed is not said where it was not known before")
	}
	if got := strings.Count(r.String(), "<tbody>"); got != 10 {
		t.Errorf("1,000 rows are in %d blocks, want 10", got)
	}
}

func TestHTMLTells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*listing.Folder)
		want   string
	}{
		{"counts", func(*listing.Folder) {}, "2 files, 1 folder, 4.9 KiB"},
		{"one page", func(f *listing.Folder) { f.View.Limit, f.View.Offset, f.Totals.Files = 2, 2, 4999 }, "3–4 of 5,000"},
		{"next page", func(f *listing.Folder) { f.View.Limit, f.Totals.Files = 2, 4999 }, `<a href="?offset=2&amp;limit=2" rel=next>`},
		{"previous page", func(f *listing.Folder) { f.View.Limit, f.View.Offset = 2, 1 }, `<a href="?limit=2" rel=prev>`},
		{"filtered", func(f *listing.Folder) { f.View.Filter, f.All = "a", 5000 }, "3 of 5,000 entries"},
		{"nothing found", func(f *listing.Folder) {
			f.View.Filter, f.Totals = "a", listing.Totals{}
			f.Entries = entriesOf(nil, nil)
		}, "Nothing here"},
		{"empty", func(f *listing.Folder) { f.Totals = listing.Totals{}; f.Entries = entriesOf(nil, nil) }, "Empty folder"},
		{"vanished", func(f *listing.Folder) { f.Totals.Files += 2 }, "Listed 3 of 5: the others vanished meanwhile."},
		{"came", func(f *listing.Folder) { f.Totals.Files-- }, "Listed 3, not 2"},
		{"hidden", func(f *listing.Folder) { f.Hidden = 1 }, "1 hidden item not listed (--hidden)"},
		{"enough hits", func(f *listing.Folder) { f.Entries = entriesOf(nil, listing.Limit{Hits: 1000}) }, "Stopped after 1,000 hits: narrow the search."},
		{"enough time", func(f *listing.Folder) {
			f.Entries = entriesOf(nil, fmt.Errorf("search: %w", listing.Limit{Time: 10 * time.Second}))
		}, "Stopped after 10 s: narrow the search."},
		{"no deep hits", func(f *listing.Folder) {
			f.View = listing.View{Filter: "a", Deep: true}
			f.Totals, f.Entries = listing.Totals{Size: -1}, entriesOf(nil, nil)
		}, "Nothing in the whole tree"},
		{"plain readme", func(f *listing.Folder) { f.Readme = listing.Readme([]byte("<b>\xff"), false) }, "<pre>&lt;b&gt;\ufffd</pre>"},
		{"sorted", func(f *listing.Folder) { f.View.Sort, f.View.Descending = listing.BySize, true }, `aria-sort="descending"><button form=by-size>`},
		{"age", func(*listing.Folder) {}, `<time datetime="2026-01-02 03:04:05Z" title="2026-01-02 03:04:05Z">3 h ago</time>`},
	}
	for _, test := range tests {
		folder := folderOf("/", listing.Entry{Name: "d", IsDir: true}, listing.Entry{Name: "a", Size: 5000, ModTime: modified}, listing.Entry{Name: "b", Size: -1})
		test.change(folder)
		if text := pageOf(t, folder); !strings.Contains(text, test.want) {
			t.Errorf("%s: %q is not told", test.name, test.want)
		}
	}
}

// TestHTMLFails: an error ends the page, and so does a reader who has gone.
func TestHTMLFails(t *testing.T) {
	t.Parallel()
	folder := folderOf("/")
	folder.Entries = entriesOf(nil, io.ErrUnexpectedEOF)
	if err := listing.HTML(io.Discard, folder); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want the error of the entries", err)
	}
	pulled := 0
	folder.Entries = func(yield func(listing.Entry, error) bool) {
		for pulled < 100_000 && yield(listing.Entry{Name: "a"}, nil) {
			pulled++
		}
	}
	if err := listing.HTML(brokenWriter{}, folder); err == nil || pulled > 1 {
		t.Errorf("got %v after %d entries", err, pulled)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// everyChange is all that a reader can be allowed to do.
var everyChange = listing.Changes{Upload: true, MakeFolder: true, Delete: true, Move: true, MaxUpload: 1 << 30}

// TestPolicy: the page has nothing that its policy forbids, and its styles and
// scripts are those of the policy.
func TestPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		folder          listing.Folder
		styles, scripts int
	}{
		{"listing", listing.Folder{}, 1, 1},
		{"uploads", listing.Folder{Changes: listing.Changes{Upload: true}}, 2, 2},
		{"new folders", listing.Folder{Changes: listing.Changes{MakeFolder: true}}, 2, 1},
		{"deletion", listing.Folder{Changes: listing.Changes{Delete: true}}, 2, 2},
		{"all changes", listing.Folder{Changes: everyChange}, 3, 3},
		{"drop box", listing.Folder{Changes: everyChange, DropBox: true}, 2, 1},
		{"closed drop box", listing.Folder{DropBox: true}, 2, 0},
	}
	for _, test := range tests {
		folder := folderOf("/a/b/", listing.Entry{Name: "a.png", Size: 10})
		folder.Changes, folder.DropBox = test.folder.Changes, test.folder.DropBox
		text, policy := pageOf(t, folder), listing.ContentSecurityPolicy(folder)
		for element, count := range map[string]int{"style": test.styles, "script": test.scripts} {
			matches := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
			if len(matches) != count {
				t.Errorf("%s: %d times %s, want %d", test.name, len(matches), element, count)
			}
			want := element + "-src"
			for _, match := range matches {
				sum := sha256.Sum256([]byte(match[1]))
				want += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			}
			if count == 0 {
				want += " 'none'"
			}
			if !strings.Contains(policy, want+";") {
				t.Errorf("%s: the policy lacks %s", test.name, want)
			}
		}
		for _, directive := range strings.Split(policy, "; ") {
			for _, source := range strings.Fields(directive)[1:] {
				if source != "'none'" && source != "'self'" && !strings.HasPrefix(source, "'sha256-") && directive != "img-src 'self' data:" {
					t.Errorf("%s: the policy has %s", test.name, directive)
				}
			}
		}
		if found := regexp.MustCompile(`(?i)<[^>]*\s(on\w+|style)=|https?://[^w]`).FindString(text); found != "" {
			t.Errorf("%s: found %s", test.name, found)
		}
	}
}

// TestHTMLChanges: there is a control for what is allowed, and for nothing else.
func TestHTMLChanges(t *testing.T) {
	t.Parallel()
	marks := map[string]string{"upload": "<section id=upload", "folder": "value=mkdir", "delete": "value=delete", "move": "value=move", "boxes": "checkbox name=name"}
	tests := []struct {
		changes listing.Changes
		want    []string
	}{
		{listing.Changes{}, nil},
		{listing.Changes{Upload: true}, []string{"upload"}},
		{listing.Changes{MakeFolder: true}, []string{"folder"}},
		{listing.Changes{Delete: true}, []string{"boxes", "delete"}},
		{listing.Changes{Move: true}, []string{"boxes", "move"}},
		{everyChange, []string{"boxes", "delete", "folder", "move", "upload"}},
	}
	for _, test := range tests {
		folder := folderOf("/", listing.Entry{Name: "a"})
		folder.CanSave, folder.Changes = false, test.changes
		text := pageOf(t, folder)
		var got []string
		for _, name := range slices.Sorted(maps.Keys(marks)) {
			if strings.Contains(text, marks[name]) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v: there is %q, want %q", test.changes, got, test.want)
		}
		if strings.Contains(text, "name=archive") {
			t.Errorf("%+v: there is an archive on offer where there is none to be had", test.changes)
		}
	}
}

// TestHTMLDropBox: nothing is told of what is in it, nor looked at.
func TestHTMLDropBox(t *testing.T) {
	t.Parallel()
	folder := folderOf("/in/", listing.Entry{Name: "secret.txt", Size: 12345})
	folder.DropBox, folder.Changes, folder.Hidden, folder.Readme = true, everyChange, 7, "secret words"
	folder.Entries = func(func(listing.Entry, error) bool) { t.Error("an entry was asked for") }
	text := pageOf(t, folder)
	for _, word := range []string{"secret", "1 file", "12.1 KiB", "Empty folder", "hidden item", "archive", "checkbox", "mkdir", "delete", "value=move", "type=search", "<table"} {
		if strings.Contains(regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(text, ""), word) {
			t.Errorf("the page has %q", word)
		}
	}
	if !strings.Contains(text, "name=file multiple") {
		t.Error("no file can be put in")
	}
	folder.Changes = listing.Changes{}
	if text := pageOf(t, folder); strings.Contains(text, "type=file") {
		t.Error("files can be put in where none are taken")
	}
}

// TestWeight: the page of 100 entries is one small response.
func TestWeight(t *testing.T) {
	t.Parallel()
	var entries []listing.Entry
	for i := range 100 {
		entries = append(entries, listing.Entry{Name: fmt.Sprintf("holiday %d in the mountains-%x.jpg", i, i*i*7919), Size: int64(i * i * 104729), ModTime: modified.Add(-time.Duration(i*i) * time.Hour)})
	}
	folder := folderOf("/pictures/2026/", entries...)
	text := pageOf(t, folder)
	var gzipped, brotlied bytes.Buffer
	g, b := gzip.NewWriter(&gzipped), brotli.NewWriterLevel(&brotlied, 5)
	for _, w := range []io.WriteCloser{g, b} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	script := regexp.MustCompile(`(?s)<script>.*?</script>`).FindString(text)
	t.Logf("%d bytes, %d with gzip, %d with brotli; the script has %d", len(text), gzipped.Len(), brotlied.Len(), len(script))
	if limit := 14_000; gzipped.Len() > limit || brotlied.Len() > limit {
		t.Errorf("the page has %d bytes with gzip and %d with brotli, want at most %d", gzipped.Len(), brotlied.Len(), limit)
	}
	if limit := 7_000; len(script) > limit {
		t.Errorf("the script has %d bytes, want at most %d", len(script), limit)
	}
	folder.Changes, folder.Entries = everyChange, entriesOf(entries, nil)
	var changed bytes.Buffer
	g.Reset(&changed)
	_, _ = io.WriteString(g, pageOf(t, folder))
	_ = g.Close()
	t.Logf("the page for all changes has %d bytes with gzip", changed.Len())
	if limit := 25_000; changed.Len() > limit {
		t.Errorf("the page for all changes has %d bytes with gzip, want at most %d", changed.Len(), limit)
	}
	var packed bytes.Buffer
	g.Reset(&packed)
	_, _ = io.WriteString(g, script)
	_ = g.Close()
	if limit := 6_000; packed.Len() > limit {
		t.Errorf("the script has %d bytes with gzip, want at most %d", packed.Len(), limit)
	}
}

func BenchmarkHTML(b *testing.B) {
	var entries []listing.Entry
	for i := range 10_000 {
		entries = append(entries, listing.Entry{Name: fmt.Sprintf("file-%06d.txt", i), Size: int64(i), ModTime: modified.Add(-time.Duration(i) * time.Minute)})
	}
	folder := folderOf("/", entries...)
	folder.CanSave = false
	b.ReportAllocs()
	for b.Loop() {
		if err := listing.HTML(io.Discard, folder); err != nil {
			b.Fatal(err)
		}
	}
}
