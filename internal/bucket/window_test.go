package bucket

import (
	"slices"
	"testing"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	file := func(name string) entry { return entry{name: name, size: 1} }
	folder := func(name string) entry { return entry{name: name, folder: true} }
	whole := &window{whole: true, entries: []entry{folder("both"), file("a"), file("both"), folder("b"), file("a.gz")}}
	cut := &window{prefix: "i", until: "img-2.jpg", entries: []entry{file("img-1.jpg"), file("img-2.jpg"), file("img")}}
	whole.sort()
	cut.sort()
	for _, test := range []struct {
		in           *window
		name         string
		found, known bool
		isFolder     bool
	}{
		{whole, "a", true, true, false},
		{whole, "a.gz", true, true, false},
		{whole, "b", true, true, true},
		{whole, "both", true, true, false}, // the file
		{whole, "c", false, true, false},
		{whole, "", false, true, false},
		{cut, "img", true, true, false},
		{cut, "img-1.jpg", true, true, false},
		{cut, "img-0", false, true, false},
		{cut, "img-2.jpg", true, true, false},
		{cut, "img.gz", false, false, false}, // may follow
		{cut, "img-3.jpg", false, false, false},
		{cut, "ice", false, true, false},
		{cut, "a", false, false, false}, // of another prefix
	} {
		e, found, known := test.in.find(test.name)
		if found != test.found || known != test.known || found && e.folder != test.isFolder {
			t.Errorf("%q: %v, found %v, known %v", test.name, e, found, known)
		}
	}
}

func TestPrefixesOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"a.txt":         {"a.txt", ""},
		"a.txt.gz":      {"a.txt.gz", "a.txt", ""},
		"index.html":    {"index.htm", "index.html", "index", ""},
		"index.htm":     {"index.htm", ""},
		"index.html.br": {"index.html.br", "index.htm", "index.html", "index", ""},
		"about":         {"about", ""},
		".gz":           {".gz", ""},
	} {
		if got := prefixesOf(name); !slices.Equal(got, want) {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 3 * maxFolders {
		m.put(string(rune('a'+i%26))+string(rune(0x4e00+i)), &window{prefix: "x", whole: true, marked: true})
	}
	if len(m.windows) > maxWindows || len(m.order) > maxWindows || len(m.folders) > maxFolders {
		t.Errorf("%d windows, %d in order, %d folders", len(m.windows), len(m.order), len(m.folders))
	}
	b := newFactbook()
	for i := range 3 * maxFacts / smallSize {
		b.put(version{name: string(rune(0x4e00 + i))}, &facts{head: make([]byte, smallSize)})
	}
	if b.size > maxFacts || len(b.known) != b.recent.Len() || len(b.known) < maxFacts/smallSize/2 {
		t.Errorf("%d facts in %d bytes", len(b.known), b.size)
	}
}
