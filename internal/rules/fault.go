package rules

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Fault says why a line of a file is ignored.
type Fault struct {
	File string
	Line int // from 1; 0: the file as a whole
	Text string
}

func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Text
	}
	return f.File + ":" + strconv.Itoa(f.Line) + ": " + f.Text
}

// report collects the faults of a file. It keeps the first, and counts the rest.
type report struct {
	file   string
	faults []Fault
	more   int
}

func (r *report) add(line int, text string) {
	if len(r.faults) == maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, Fault{r.file, line, text})
}

func (r *report) all() []Fault {
	if r.more > 0 {
		return append(r.faults, Fault{r.file, 0, fmt.Sprintf("%d more lines have faults", r.more)})
	}
	return r.faults
}

// quote shows a part of a line, shortened, with nothing in it that would
// command a terminal.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		end := most
		for end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "..."
	}
	return strconv.Quote(s)
}
