package listing

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Compare is the order of a listing: folders first, then by name as people
// sort, 2 before 10 and a beside A. It is a total order.
func Compare(a, b Entry) int {
	if a.IsDir != b.IsDir {
		if a.IsDir {
			return -1
		}
		return 1
	}
	if c := compareNatural(a.Name, b.Name); c != 0 {
		return c
	}
	return cmp.Compare(a.Name, b.Name)
}

// compareNatural compares names without regard to case, and numbers in them by
// their value.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		if isDigit(a[0]) && isDigit(b[0]) {
			var m, n string
			m, a = cutNumber(a)
			n, b = cutNumber(b)
			if c := cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n)); c != 0 {
				return c
			}
			continue
		}
		r, i := utf8.DecodeRuneInString(a)
		s, j := utf8.DecodeRuneInString(b)
		if c := cmp.Compare(unicode.ToLower(r), unicode.ToLower(s)); c != 0 {
			return c
		}
		a, b = a[i:], b[j:]
	}
	return cmp.Compare(len(a), len(b))
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
