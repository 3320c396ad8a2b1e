package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// openTerminal returns both ends of a terminal.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return keyboard, terminal
}

func TestColorOnTerminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		environ string
		colored bool
	}{{"", true}, {"TERM=xterm", true}, {"NO_COLOR=1", false}, {"NO_COLOR=", true}, {"TERM=dumb", false}}
	for _, tt := range tests {
		t.Run(tt.environ, func(t *testing.T) {
			t.Parallel()
			keyboard, terminal := openTerminal(t)
			sys := System{Stderr: terminal, Getenv: environ(tt.environ)}
			sys.newLogger(Config{}, terminal, sys.isColored()).Observe(&fileserver.Record{Status: 404})
			line, err := bufio.NewReader(keyboard).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if colored := strings.Contains(line, "\x1b[33m404\x1b[0m"); colored != tt.colored {
				t.Errorf("%q", line)
			}
		})
	}
}
