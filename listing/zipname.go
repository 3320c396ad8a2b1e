package listing

import (
	"strings"
	"unicode/utf8"
)

// zipName returns the name of a member in a zip archive. Archives are unpacked
// on Windows too, where more leads out of a folder than the slash and the two
// dots that checkMemberMember refuses:
//
//	\      separates like a slash     a\..\..\b   a�5C..�5C..�5Cb
//	C:     is a drive                 C:evil      C�3Aevil
//	".. "  loses its spaces and dots  .. /evil    �2E. /evil
//
// Such a byte becomes U+FFFD and two hexadecimal digits. So does every byte
// that is not UTF-8: some readers restore it, others guess what it means, and
// Java reads nothing of an archive with one in it. Tar keeps such names.
//
// Names that differ stay different, since a U+FFFD is encoded itself if digits
// follow it, and all other names are kept.
// Characters that only look like a backslash, such as U+FF3C,
// would not do: the 8-bit functions of Windows turn them into one.
func zipName(name string) string {
	var encoded []byte // nil as long as nothing had to be
	start := 0         // of the segment
	for i := 0; i < len(name); {
		if i > 0 && name[i-1] == '/' {
			start = i
		}
		_, length := utf8.DecodeRuneInString(name[i:])
		character := name[i : i+length]
		switch {
		case isUnsafe(name[start:], i-start):
			if encoded == nil {
				encoded = append(make([]byte, 0, 2*len(name)+16), name[:i]...)
			}
			for _, c := range []byte(character) {
				encoded = append(utf8.AppendRune(encoded, utf8.RuneError), upperHex[c>>4], upperHex[c&15])
			}
		case encoded != nil:
			encoded = append(encoded, character...)
		}
		i += length
	}
	if encoded == nil {
		return name
	}
	return string(encoded)
}

const upperHex = "0123456789ABCDEF"

// isUnsafe reports whether zipName encodes the character at i of what begins
// with a segment.
func isUnsafe(segment string, i int) bool {
	switch segment[i] {
	case '\\':
		return true
	case ':': // in any segment: unpacking may be told to leave out the first ones
		return i == 1 && 'a' <= segment[0]|0x20 && segment[0]|0x20 <= 'z'
	case '.': // the first one, if there are only dots and spaces
		segment, _, _ = strings.Cut(segment, "/")
		return strings.Trim(segment[:i], " ") == "" && strings.Trim(segment, ". ") == ""
	}
	if segment[i] < utf8.RuneSelf {
		return false
	}
	r, length := utf8.DecodeRuneInString(segment[i:])
	if r != utf8.RuneError || length == 1 {
		return r == utf8.RuneError
	}
	rest := segment[i+length:]
	return len(rest) >= 2 && strings.IndexByte(upperHex, rest[0]) >= 0 && strings.IndexByte(upperHex, rest[1]) >= 0
}
