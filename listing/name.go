package listing

import (
	"unicode"
	"unicode/utf8"
)

const (
	// shortName is the width, in columns, of names that fit on the narrowest
	// of phones as they are.
	shortName = 22
	// longName is the width of names that may not fit on any screen. Others are
	// not cut on wide ones, where a search within the page finds them whole.
	longName = 50
	// tailWidth is the width, in columns, of the end of a longer name, which
	// stays when its middle is left out: room for ".tar.zst". The stylesheet
	// leaves 6.5em for it.
	tailWidth = 10
)

// cutTail cuts a name, as it is displayed, in two if it may be too long for
// its line: into what may be shortened, and the tail that is to be seen. It
// cuts between what people take for characters.
func cutTail(name string) (head, tail string) {
	if isWithin(name, shortName) {
		return name, ""
	}
	cut := len(name)
	for columns := 0; cut > 0; {
		r, n := utf8.DecodeLastRuneInString(name[:cut])
		if columns += columnsOf(r); columns > tailWidth {
			break
		}
		cut -= n
	}
	for cut > 0 {
		before, n := utf8.DecodeLastRuneInString(name[:cut])
		after, _ := utf8.DecodeRuneInString(name[cut:])
		if !belongs(before, after) {
			break
		}
		cut -= n
	}
	if cut < len(name)/2 {
		return name, "" // hardly a name: it is cut at its end
	}
	return name[:cut], name[cut:]
}

// belongs reports whether two characters are parts of one that is seen.
func belongs(before, after rune) bool {
	return before == zeroWidthJoiner || after == zeroWidthJoiner || after == zeroWidthNonJoiner ||
		unicode.Is(unicode.M, after) || 0x1f3fb <= after && after <= 0x1f3ff || isFlagLetter(before) && isFlagLetter(after)
}

func isFlagLetter(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

// isWithin reports whether a name takes that many columns at most.
func isWithin(name string, columns int) bool {
	if len(name) <= columns {
		return true
	}
	for _, r := range name {
		if columns -= columnsOf(r); columns < 0 {
			return false
		}
	}
	return true
}

// columnsOf is rough: what comes after the alphabets takes two columns.
func columnsOf(r rune) int {
	if r >= 0x1100 {
		return 2
	}
	return 1
}
