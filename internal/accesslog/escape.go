package accesslog

import (
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendEscaped adds s to b so that it stays within its line and its quotes,
// shows as what it is, and commands no terminal. Quotes and backslashes get a
// backslash; controls, DEL, and bytes that are not UTF-8 become \xNN; other
// characters that are not printable, which C1 controls and the marks that turn
// text around are among, become \uNNNN.
func AppendEscaped(b []byte, s string) []byte {
	return appendQuoted(b, s, escapeText)
}

// escapeText adds r, which was written as raw, in the way of AppendEscaped.
func escapeText(b []byte, raw string, r rune) []byte {
	switch {
	case len(raw) == 1:
		return append(b, '\\', 'x', hexDigits[raw[0]>>4], hexDigits[raw[0]&15])
	case r <= 0xffff:
		return appendHex(append(b, `\u`...), r, 4)
	}
	return appendHex(append(b, `\U`...), r, 8)
}

// appendQuoted adds s as it stands between quotes. What is not printable, or not
// UTF-8, escape adds.
func appendQuoted(b []byte, s string, escape func(b []byte, raw string, r rune) []byte) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case strconv.IsPrint(r) && !(r == utf8.RuneError && size == 1):
			b = append(b, s[:size]...)
		default:
			b = escape(b, s[:size], r)
		}
		s = s[size:]
	}
	return b
}

// isPlain reports whether s stands for itself in a line and in JSON.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendHex(b []byte, r rune, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, hexDigits[r>>shift&15])
	}
	return b
}
