package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/compress"
)

// The bar stays within its line, and leaves nothing in it.
func TestBarOnTerminal(t *testing.T) {
	t.Parallel()
	keyboard, terminal := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(keyboard.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 52}); err != nil {
		t.Fatal(err)
	}
	bar := System{Stderr: terminal, Getenv: environ("")}.newBar(Config{})
	bar.show(compress.Progress{Name: "a/long/name/that/does/not/fit.js", Done: 1, Total: 100})
	bar.show(compress.Progress{Name: "too-soon.js", Done: 2, Total: 100})
	time.Sleep(barInterval)
	bar.show(compress.Progress{Name: "b.js", Done: 50, Total: 100})
	bar.clear()
	time.Sleep(barInterval)
	bar.show(compress.Progress{Name: "too-late.js", Done: 100, Total: 100})
	terminal.WriteString("end")

	b := make([]byte, 4096)
	n := 0
	for !strings.HasSuffix(string(b[:n]), "end") {
		more, err := keyboard.Read(b[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
	want := regexp.MustCompile(`^\r\[ {20}\]   1 %  1 B of 100 B  …fit\.js\r\[#{10} {10}\]  50 %  50 B of 100 B  b\.js {2}\r {49}\rend$`)
	if got := string(b[:n]); !want.MatchString(got) {
		t.Errorf("%q", got)
	}
	for line := range strings.SplitSeq(string(b[:n]), "\r") {
		if columnsOf(line) > 51 {
			t.Errorf("%q has %d columns", line, columnsOf(line))
		}
	}
}

// There is no bar where it would be of no use.
func TestNoBar(t *testing.T) {
	t.Parallel()
	_, terminal := openTerminal(t)
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for about, bar := range map[string]*bar{
		"file":        System{Stderr: file, Getenv: environ("")}.newBar(Config{}),
		"no file":     System{Stderr: new(strings.Builder), Getenv: environ("")}.newBar(Config{}),
		"quiet":       System{Stderr: terminal, Getenv: environ("")}.newBar(Config{Quiet: true}),
		"no terminal": System{Stderr: terminal, Getenv: environ("TERM=dumb")}.newBar(Config{}),
	} {
		bar.show(compress.Progress{Name: "a.js", Done: 1, Total: 2})
		bar.clear()
		if bar.shown != 0 {
			t.Errorf("%s: there is a bar", about)
		}
	}
}
