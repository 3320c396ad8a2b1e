package progress

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// glyph is what cannot be divided on a screen: a character with its marks, or
// what is shown for one that is not.
type glyph struct {
	text  string
	cells int
}

var ellipsis = glyph{"…", 1}

// maxEnd is how much of either end of a long name is looked at, in bytes.
const maxEnd = 512

// glyphs returns a name of somebody else's as it can be shown. What is not
// printable, which what turns text around is among, and what is not UTF-8, is
// escaped as it is in the log of requests; so is a mark without a character,
// which would change one that is not of the name.
func glyphs(name string) []glyph {
	if len(name) > 2*maxEnd {
		return append(append(glyphs(name[:maxEnd]), ellipsis), glyphs(name[len(name)-maxEnd:])...)
	}
	var list []glyph
	for clusters := displaywidth.StringGraphemes(name); clusters.Next(); {
		text := clusters.Value()
		if first, _ := utf8.DecodeRuneInString(text); isMark(first) || strings.ContainsFunc(text, isUnsafe) {
			list = append(list, apart(text)...)
			continue
		}
		list = append(list, glyph{text, max(clusters.Width(), cellsApart(text))})
	}
	return list
}

// isUnsafe reports whether a character does not stand for itself. That of bytes
// that are not UTF-8 looks like one that can be printed.
func isUnsafe(r rune) bool {
	return !strconv.IsPrint(r) || r == utf8.RuneError || r == '\\'
}

// isMark reports whether a character has no place of its own.
func isMark(r rune) bool { return displaywidth.Rune(r) == 0 }

// apart returns each character of its own, escaped if need be.
func apart(text string) (list []glyph) {
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		shown := text[:n]
		if isMark(r) || isUnsafe(r) {
			shown = escaped(r, shown)
		}
		list = append(list, glyph{shown, cellsApart(shown)})
		text = text[n:]
	}
	return list
}

// escaped returns what is shown for a character that was written as raw.
func escaped(r rune, raw string) string {
	switch {
	case r == '\\':
		return `\\`
	case len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r == utf8.RuneError:
		return raw
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// cellsApart returns the columns of a character with its marks on terminals
// that do not know that they belong together.
func cellsApart(text string) (n int) {
	for _, r := range text {
		n += displaywidth.Rune(r)
	}
	return n
}

// cells returns the columns that a text takes at most which is shown as it is.
func cells(text string) (n int) {
	for clusters := displaywidth.StringGraphemes(text); clusters.Next(); {
		n += max(clusters.Width(), cellsApart(clusters.Value()))
	}
	return n
}

// shorten returns a name in at most that many columns. It leaves out what is in
// the middle, so that the beginning stays, and the end with its extension.
func shorten(name string, columns int) string {
	list := glyphs(name)
	if total(list) <= columns {
		return join(list)
	}
	room := columns - ellipsis.cells
	if room < 0 {
		return ""
	}
	tail := room / 3
	if extension := total(list[lastDot(list):]); extension <= room/2 {
		tail = max(tail, extension)
	}
	end := len(list)
	for ; end > 0 && list[end-1].cells <= tail; end-- {
		tail -= list[end-1].cells
		room -= list[end-1].cells
	}
	start := 0
	for ; start < end && list[start].cells <= room; start++ {
		room -= list[start].cells
	}
	return join(list[:start]) + ellipsis.text + join(list[end:])
}

// lastDot returns where an extension begins, the end if there is none.
func lastDot(list []glyph) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].text == "." {
			return i
		}
	}
	return len(list)
}

func total(list []glyph) (n int) {
	for _, g := range list {
		n += g.cells
	}
	return n
}

func join(list []glyph) string {
	var b strings.Builder
	for _, g := range list {
		b.WriteString(g.text)
	}
	return b.String()
}
