package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/gserve/gserve/compress"
)

// bar shows progress in one line of a terminal, which is written over and over.
type bar struct {
	mu    sync.Mutex
	out   *os.File // nil if there is no terminal
	last  time.Time
	shown int // columns that the line takes
}

// newBar returns the bar on standard error, which shows nothing if that is no
// terminal.
func (sys System) newBar(c Config) *bar {
	f, ok := sys.Stderr.(*os.File)
	if !ok || c.Quiet || sys.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	return &bar{out: f}
}

// barInterval is how often the bar moves: often enough to look alive, and not
// so often that a slow terminal is waited for.
const barInterval = 100 * time.Millisecond

func (b *bar) show(p compress.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out == nil || time.Since(b.last) < barInterval {
		return
	}
	b.last = time.Now()
	width, _, err := term.GetSize(int(b.out.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	line := progressLine(p, width-1) // a full line would make some terminals begin the next
	columns := columnsOf(line)
	fmt.Fprintf(b.out, "\r%s%s", line, strings.Repeat(" ", max(0, min(b.shown, width-1)-columns)))
	b.shown = columns
}

// clear removes the bar for good.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out != nil && b.shown > 0 {
		fmt.Fprintf(b.out, "\r%s\r", strings.Repeat(" ", b.shown))
	}
	b.out = nil
}

// barWidth is how many columns of the line are the bar proper.
const barWidth = 20

// progressLine returns a line of at most width columns.
func progressLine(p compress.Progress, width int) string {
	done, total := p.Done, max(p.Total, 1)
	full := int(done * barWidth / total)
	line := fmt.Sprintf("[%-*s] %3d %%  %s of %s  ", barWidth, strings.Repeat("#", full), done*100/total, byteCount(done), byteCount(total))
	if rest := width - len(line); rest > 0 {
		return line + tail(p.Name, rest)
	}
	return line[:max(0, min(width, len(line)))]
}

// tail returns what fits into width columns of the end of a name, which tells
// more than its beginning. Characters that a terminal would not print are "?".
func tail(name string, width int) string {
	runes := []rune(name)
	for i, r := range runes {
		if !strconv.IsPrint(r) {
			runes[i] = '?'
		}
	}
	if columnsOf(string(runes)) <= width {
		return string(runes)
	}
	for len(runes) > 0 && columnsOf(string(runes)) > width-1 {
		runes = runes[1:]
	}
	return "…" + string(runes)
}

// columnsOf returns how many columns s takes at most: what is not of an
// alphabet near to ours may take two.
func columnsOf(s string) int {
	columns := 0
	for _, r := range s {
		columns++
		if r >= 0x1100 && r != '…' {
			columns++
		}
	}
	return columns
}
