package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableColor has a console understand terminal sequences, which one of
// Windows does on demand only.
func enableColor(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
