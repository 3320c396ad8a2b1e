package fileserver

import (
	"fmt"
	"strings"
	"unicode"
)

// attachment returns the value of a Content-Disposition field that has the
// content saved under this name (RFC 6266): in ASCII, and if that is not all of
// it, in UTF-8 as well.
func attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '_' // which would turn the name around, or not be seen
		}
		return r
	}, strings.ToValidUTF8(name, "\ufffd"))
	var plain, encoded strings.Builder
	for _, r := range name {
		switch {
		case r < ' ' || r >= 0x7f || strings.ContainsRune(`"\/%:*?<>|`, r):
			plain.WriteByte('_') // % too, which some browsers decode
		default:
			plain.WriteRune(r)
		}
	}
	if plain.String() == name {
		return `attachment; filename="` + name + `"`
	}
	for i := range len(name) {
		if c := name[i]; isAttributeChar(c) {
			encoded.WriteByte(c)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", c)
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + encoded.String()
}

// isAttributeChar reports whether c stands for itself in an extended value
// (RFC 8187, 3.2.1).
func isAttributeChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
