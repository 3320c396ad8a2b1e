package bucket

import (
	"slices"
	"strings"
)

// window is what one listing tells of a folder: all of its entries whose names
// begin with a prefix, up to a key.
type window struct {
	prefix  string
	entries []entry // by name; a file is before the folder of its name
	until   string  // last key of it, below the folder; what follows is not known
	whole   bool    // nothing follows
	marked  bool    // there is an object that stands for the folder itself
}

// find looks a name up. It is not known if the listing has ended before it.
func (w *window) find(name string) (e entry, found, known bool) {
	if !strings.HasPrefix(name, w.prefix) {
		return entry{}, false, false
	}
	i, found := slices.BinarySearchFunc(w.entries, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
	if found && !w.entries[i].folder {
		return w.entries[i], true, true // in front of a folder of the same name
	}
	// Keys are in the order of their bytes, in which what has the name before it
	// can stand between the two.
	if known = w.whole || name+"/" <= w.until; known && found {
		return w.entries[i], true, true
	}
	return entry{}, false, known
}

// sort puts the entries in order, and takes out those that come twice.
func (w *window) sort() {
	slices.SortFunc(w.entries, func(a, b entry) int {
		if order := strings.Compare(a.name, b.name); order != 0 || a.folder == b.folder {
			return order
		}
		if a.folder {
			return 1
		}
		return -1
	})
	w.entries = slices.CompactFunc(w.entries, func(a, b entry) bool { return a.name == b.name })
}

// isEmpty reports whether nothing at all lies there.
func (w *window) isEmpty() bool { return w.whole && !w.marked && len(w.entries) == 0 && w.until == "" }

// prefixesOf returns the prefixes that the window which tells of a name may have,
// the one that a look for it uses first.
func prefixesOf(name string) []string {
	original, _ := cutSuffix(name)
	stem := strings.TrimSuffix(original, ".html")
	return slices.Compact([]string{lookPrefix(name), lookPrefix(original), original, stem, ""})
}

// lookPrefix returns what the names begin with that are looked at together with
// name: its coded forms, and of index.html also index.htm.
func lookPrefix(name string) string {
	if short, ok := strings.CutSuffix(name, ".html"); ok {
		return short + ".htm"
	}
	return name
}
