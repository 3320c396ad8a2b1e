package cli

import (
	"errors"
	"fmt"
)

// Exit codes of the process.
const (
	exitStopped     = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 and SIGINT, as shells count
)

// exits says what the codes mean, for the help.
var exits = []struct {
	code    int
	meaning string
}{
	{exitStopped, "stopped when told to"},
	{exitFailed, "failed: a folder is missing, a port is in use, a file unreadable"},
	{exitUsage, "called with arguments that make no sense"},
	{exitInterrupted, "interrupted twice, so that transfers were cut; or in --precompress"},
}

// exit tells the user of err and returns code, or exitStopped if all is well.
func (sys System) exit(err error, code int) int {
	if err == nil {
		return exitStopped
	}
	fmt.Fprintln(sys.Stderr, "gserve:", err)
	if advised, ok := errors.AsType[*advisedError](err); ok {
		fmt.Fprintln(sys.Stderr, "gserve: hint:", advised.hint)
	}
	return code
}

// advisedError is an error with a hint: what the user could do about it.
type advisedError struct {
	error
	hint string
}

func (e *advisedError) Unwrap() error { return e.error }

// advise adds a hint to err.
func advise(err error, format string, args ...any) error {
	return &advisedError{err, fmt.Sprintf(format, args...)}
}
