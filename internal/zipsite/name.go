package zipsite

import (
	"strings"
	"unicode/utf8"
)

// maxDepth is how many segments a name may have: more than any tree of files
// that is meant to be one.
const maxDepth = 256

// decodeName returns the text of a name in an archive. Many programs write
// UTF-8 without the flag that says so, so what can be UTF-8 is. All else is code
// page 437, which the format prescribes (APPNOTE, D.1).
func decodeName(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	var b strings.Builder
	for _, c := range raw {
		if c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			b.WriteRune(codePage437[c-utf8.RuneSelf])
		}
	}
	return b.String()
}

var codePage437 = []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
	"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0")

// cleanName returns a name as [fs.FS] spells it, and whether it says that it is
// that of a folder. A leading slash, empty segments and "." are dropped, as
// unzip does. A name that leads up, is none or is too long is not ok.
//
// In a name from DOS or Windows without a slash, backslashes are taken for
// slashes, as unzip does; elsewhere a backslash is a character like any other.
func cleanName(name string, fromDOS bool) (clean string, folder, ok bool) {
	if fromDOS && !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if name == "" || len(name) > maxName || strings.Contains(name, "\x00") || strings.Count(name, "/") > maxDepth {
		return "", false, false
	}
	folder = strings.HasSuffix(name, "/")
	if clean = strings.TrimSuffix(name, "/"); isClean(clean) {
		return clean, folder, true
	}
	var segments []string
	for segment := range strings.SplitSeq(name, "/") {
		switch segment {
		case "", ".":
			continue
		case "..":
			return "", false, false
		}
		segments = append(segments, segment)
	}
	if len(segments) == 0 {
		return ".", true, true
	}
	return strings.Join(segments, "/"), folder, true
}

// isClean reports whether there is nothing to clean about a name, as far as can
// be told without looking at each segment.
func isClean(name string) bool {
	return name != "" && name[0] != '/' && name[0] != '.' && name[len(name)-1] != '/' &&
		!strings.Contains(name, "//") && !strings.Contains(name, "/.")
}
