package zipsite

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// maxEntries bounds the index, which takes 64 bytes for each entry besides its
// name.
const maxEntries = 2_000_000

var errTooMany = errors.New("it has more than 2,000,000 entries: unpack it, and serve the folder")

// index finds entries by name. It is not changed once it is made.
type index struct {
	root    entry
	entries []entry // by folder, then by name: what is in a folder lies together
	links   bool    // there are some
}

// newIndex makes the index of entries, which it takes over. Folders that only
// the names of others tell of are added, as old as the archive.
//
// Of several entries of one name, the last one counts, as to unzip and python.
// Of a file and a folder, the folder does, since much may lie in it; clashing
// says how often that was.
func newIndex(entries []entry, modified int64) (x *index, clashing int, err error) {
	x = &index{root: entry{name: ".", mode: fs.ModeDir | 0o555, modified: modified}}
	if entries, err = addFolders(entries, modified, maxEntries); err != nil {
		return nil, 0, err
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if c := a.compare(b.dir(), b.Name()); c != 0 {
			return c
		}
		return cmp.Or(compareBool(b.IsDir(), a.IsDir()), cmp.Compare(b.order, a.order))
	})
	x.entries, clashing = firstOfEach(entries)
	x.links = slices.ContainsFunc(x.entries, func(e entry) bool { return e.isLink() })
	return x, clashing, nil
}

// firstOfEach keeps the first entry of each name, and counts the files of which a
// folder has the name. It overwrites entries.
func firstOfEach(entries []entry) (kept []entry, clashing int) {
	kept = entries[:0]
	for _, e := range entries {
		if n := len(kept); n == 0 || kept[n-1].name != e.name {
			kept = append(kept, e)
		} else if kept[n-1].IsDir() && !e.IsDir() {
			clashing++
		}
	}
	clear(entries[len(kept):])
	return kept, clashing
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// addFolders adds the folders on the way to each entry, up to this many entries.
func addFolders(entries []entry, modified int64, atMost int) ([]entry, error) {
	known := map[string]struct{}{}
	var folders []entry
	for i := range entries {
		for name := entries[i].dir(); name != "."; name = folders[len(folders)-1].dir() {
			if _, ok := known[name]; ok {
				break
			}
			known[name] = struct{}{}
			if len(entries)+len(folders) >= atMost {
				return nil, errTooMany
			}
			folders = append(folders, newFolder(name, modified))
		}
	}
	return append(slices.Grow(entries, len(folders)), folders...), nil
}

// newFolder returns the entry of a folder of this name.
func newFolder(name string, modified int64) entry {
	return entry{name: name, base: baseOf(name), mode: fs.ModeDir | 0o555, modified: modified}
}

// baseOf returns where the last segment of name begins.
func baseOf(name string) uint16 { return uint16(strings.LastIndexByte(name, '/') + 1) }

// compare tells how e stands to the entry of this name in this folder.
func (e *entry) compare(dir, base string) int {
	return cmp.Or(strings.Compare(e.dir(), dir), strings.Compare(e.Name(), base))
}

// find returns the entry of this name in a folder, nil if there is none.
func (x *index) find(dir, base string) *entry {
	i, ok := slices.BinarySearchFunc(x.entries, base, func(e entry, base string) int { return e.compare(dir, base) })
	if !ok {
		return nil
	}
	return &x.entries[i]
}

// findName returns the entry of this name, nil if there is none.
func (x *index) findName(name string) *entry {
	if name == "." {
		return &x.root
	}
	if base := strings.LastIndexByte(name, '/'); base >= 0 {
		return x.find(name[:base], name[base+1:])
	}
	return x.find(".", name)
}

// in returns what is in a folder, by name.
func (x *index) in(dir string) []entry {
	byDir := func(e entry, dir string) int { return strings.Compare(e.dir(), dir) }
	first, _ := slices.BinarySearchFunc(x.entries, dir, byDir)
	n, _ := slices.BinarySearchFunc(x.entries[first:], dir, func(e entry, dir string) int {
		return cmp.Or(byDir(e, dir), -1)
	})
	return x.entries[first : first+n]
}
