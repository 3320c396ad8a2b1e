package listing

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// display returns a name as it can be shown: characters that would not be
// seen, or would turn others around, are made visible.
func display(name string) string {
	if isPlain(name) {
		return name
	}
	var b strings.Builder
	for _, r := range name { // bytes that are not UTF-8 come as U+FFFD
		switch {
		case r < ' ':
			b.WriteRune('␀' + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case r == zeroWidthJoiner || r == zeroWidthNonJoiner:
			b.WriteRune(r) // Cf too, but Persian, Hindi and emoji are spelled with them
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] >= 0x7f {
			return false
		}
	}
	return true
}
