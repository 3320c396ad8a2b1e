package progress

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// terminal is one that knows the end of a line, its start, and how to erase
// the rest of it. Of characters it knows each on its own, as xterm does.
type terminal struct {
	mu     sync.Mutex
	width  int
	lines  []string // above the cursor
	cells  []string // of its line; "" is the right half of the one before
	column int
	writes int
	fault  string // what it does not know, or does not want
	gone   bool
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return 0, fmt.Errorf("no terminal")
	}
	t.writes++
	for rest := p; len(rest) > 0; {
		if after, ok := bytes.CutPrefix(rest, []byte("\x1b[K")); ok {
			t.cells, rest = t.cells[:min(t.column, len(t.cells))], after
			continue
		}
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == '\n':
			t.lines, t.cells, t.column = append(t.lines, t.line()), nil, 0
		case r == '\r':
			t.column = 0
		case r == utf8.RuneError && n == 1 || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r):
			t.fault = fmt.Sprintf("%q in %q", rest[:n], p)
		default:
			t.put(string(r), columnsOf(r))
		}
		rest = rest[n:]
	}
	return len(p), nil
}

func (t *terminal) put(text string, columns int) {
	if t.column+columns > t.width {
		t.lines, t.cells, t.column = append(t.lines, t.line()), nil, 0
	}
	if columns == 0 {
		if t.column > 0 {
			t.cells[t.column-1] += text
		}
		return
	}
	for len(t.cells) < t.column+columns {
		t.cells = append(t.cells, " ")
	}
	t.cells[t.column] = text
	if columns == 2 {
		t.cells[t.column+1] = ""
	}
	t.column += columns
}

func (t *terminal) line() string { return strings.Join(t.cells, "") }

// live returns what is below the log.
func (t *terminal) live() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.line()
}

// log returns the lines above.
func (t *terminal) log() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}

// count returns how often it was written to.
func (t *terminal) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.writes
}

func (t *terminal) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = true
}

// last returns the last line above, with those before it dropped.
func (t *terminal) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	line := t.lines[len(t.lines)-1]
	t.lines = nil
	return line
}

// columnsOf knows widths by other tables than the code does.
func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me) || r >= 0x1160 && r <= 0x11ff:
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	}
	return 1
}
