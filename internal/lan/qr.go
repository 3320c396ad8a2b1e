package lan

import (
	"strings"

	"rsc.io/qr"
)

// quietZones are the widths of the white margin, in modules: that of the
// standard (ISO/IEC 18004, 9.1), and one that scanners still take, for narrow
// terminals.
var quietZones = []int{4, 2}

// The colours are numbers 16 and 231 of 256, which are black and white in all
// themes; the first sixteen may be anything, even each other's opposite.
const (
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	noColor      = "\x1b[0m"
)

// QR returns the QR code of a text as lines for a terminal, "" if it does not
// fit into that many columns. Each character is two modules, one above the
// other, black on white, however the terminal is coloured.
func QR(text string, columns int) string {
	code, err := qr.Encode(text, qr.L) // nothing smears a screen, and small codes are seen from afar
	if err != nil {
		return ""
	}
	for _, margin := range quietZones {
		if code.Size+2*margin <= columns {
			return halfBlocks(code, margin)
		}
	}
	return ""
}

// halfBlocks draws a code with a margin. The lines end in the terminal's own
// colours, or it would fill what it scrolls in with ours.
func halfBlocks(code *qr.Code, margin int) string {
	var b strings.Builder
	for y := -margin; y < code.Size+margin; y += 2 {
		b.WriteString(blackOnWhite)
		for x := -margin; x < code.Size+margin; x++ {
			b.WriteRune(halfBlock(code.Black(x, y), code.Black(x, y+1)))
		}
		b.WriteString(noColor + "\n")
	}
	return b.String()
}

func halfBlock(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return ' '
}
