package listing

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sort sorts entries as a view has them: folders first, then by its key, and
// what is the same by that by name as people sort, 2 before 10 and a beside A.
// The order is total. Folders have no size, and are by name then.
func Sort(entries []Entry, v View) {
	items := make([]item, len(entries))
	var key []byte
	for i := range entries {
		key = appendKey(key[:0], entries[i].Name)
		items[i] = item{string(key), &entries[i]}
	}
	slices.SortFunc(items, v.compare)
	sorted := make([]Entry, len(entries))
	for i := range items {
		sorted[i] = *items[i].entry
	}
	copy(entries, sorted)
}

// item is an entry with what its name is sorted by.
type item struct {
	key   string
	entry *Entry
}

func (v View) compare(a, b item) int {
	if a.entry.IsDir != b.entry.IsDir {
		if a.entry.IsDir {
			return -1
		}
		return 1
	}
	byName := strings.Compare(a.key, b.key)
	if byName == 0 {
		byName = strings.Compare(a.entry.Name, b.entry.Name)
	}
	c := 0
	switch {
	case v.Sort == ByName:
		c = byName
	case v.Sort == ByTime:
		c = a.entry.ModTime.Compare(b.entry.ModTime)
	case !a.entry.IsDir:
		c = cmp.Compare(a.entry.Size, b.entry.Size)
	}
	if v.Descending {
		c = -c
	}
	return cmp.Or(c, byName)
}

// appendKey appends what name is sorted by: names in lower case, in which the
// digits of a number follow how many they are. So the bytes of two keys compare
// as the names do, 2 before 10. Zeros that lead a number count for nothing.
func appendKey(key []byte, name string) []byte {
	for name != "" {
		c := name[0]
		switch {
		case isDigit(c):
			var digits string
			digits, name = cutNumber(name)
			key = append(key, '0', byte(len(digits)>>8), byte(len(digits)))
			key = append(key, digits...)
			continue
		case 'A' <= c && c <= 'Z':
			key = append(key, c+'a'-'A')
		case c < utf8.RuneSelf:
			key = append(key, c)
		default:
			r, size := utf8.DecodeRuneInString(name)
			key = utf8.AppendRune(key, unicode.ToLower(r))
			name = name[size:]
			continue
		}
		name = name[1:]
	}
	return key
}

// cutNumber takes the digits off the front of s, without zeros that lead them.
func cutNumber(s string) (digits, rest string) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return strings.TrimLeft(s[:i], "0"), s[i:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
