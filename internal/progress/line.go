package progress

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// state is how a transfer stands.
type state struct {
	client, file string
	receiving    bool
	moved, total int64
	rate         float64 // bytes a second
	stalled      bool
}

// summary is how all of them stand that are shown.
type summary struct {
	first []state // those that have run longest
	count int
	rate  float64
}

const (
	maxNamed  = 16 // that a line may have room for
	maxClient = 45 // columns: an IPv6 address with a zone
	minFile   = 12 // columns below which a name tells less than the rest does
	maxFile   = 24 // columns of a name among others
)

// liveLine returns what is shown below the log, in at most that many columns.
func liveLine(s summary, columns int) string {
	switch s.count {
	case 0:
		return ""
	case 1:
		return aboutOne(s.first[0], columns)
	}
	return aboutAll(s, columns)
}

// aboutOne tells all about a transfer:
//
//	192.168.1.7 film.mkv: 34 %, 11 MiB/s, 2 min left
func aboutOne(s state, columns int) string {
	details := []string{s.progress(), speed(s.rate)}
	if s.stalled {
		details[1] = "stalled"
	} else if s.moved < s.total {
		if rest := left(s.total-s.moved, s.rate); rest != "" {
			details = append(details, rest)
		}
	}
	for n := len(details); n > 0; n-- {
		if line, ok := s.fit(s.who(), ": "+strings.Join(details[:n], ", "), columns); ok {
			return line
		}
	}
	return shorten(s.client+" "+s.file, columns)
}

// aboutAll tells a little about each that there is room for:
//
//	3 transfers, 34 MiB/s: 192.168.1.7 film.mkv 34 %, 192.168.1.9 b.zip 3 %, …
func aboutAll(s summary, columns int) string {
	line := fmt.Sprintf("%d transfers, %s", s.count, speed(s.rate))
	if cells(line) > columns {
		return shorten(line, columns)
	}
	named, joint, more := 0, ": ", ", …"
	for _, t := range s.first {
		room := columns - cells(line) - cells(joint)
		if named+1 < s.count {
			room -= cells(more)
		}
		head, tail := t.who(), " "+t.progress()
		part, ok := t.fit(head, tail, min(room, cells(head)+maxFile+cells(tail)))
		if !ok {
			break
		}
		line += joint + part
		named, joint = named+1, ", "
	}
	if named > 0 && named < s.count {
		line += more
	}
	return line
}

// outcome returns what is left to say about a transfer that has ended:
//
//	192.168.1.7 has film.mkv: 1.4 GiB in 35 s, 41 MiB/s
//	192.168.1.7 got only 34 % of film.mkv: 480 MiB of 1.4 GiB
func outcome(s state, lasted time.Duration, whole bool, columns int) string {
	got, end, vain := " got", " has ", " lost the end of "
	if s.receiving {
		got, end, vain = " sent", " sent ", " sent in vain "
	}
	head, tail := end, fmt.Sprintf(": %s in %s", size(s.moved), took(lasted))
	switch done, known := percent(s.moved, s.total); {
	case whole:
		tail += ", " + speed(float64(s.moved)/lasted.Seconds())
	case !known:
		head = got + " only " + size(s.moved) + " of "
		tail = ""
	case done == 100:
		head = vain
	default:
		head = fmt.Sprintf("%s only %d %% of ", got, done)
		tail = fmt.Sprintf(": %s of %s", size(s.moved), size(s.total))
	}
	if line, ok := s.fit(s.name()+head, tail, columns); ok {
		return line
	}
	return shorten(s.client+head+s.file, columns)
}

// fit puts the name of the file between a head and a tail, shortened to what
// room there is. It fails if that would not tell files apart.
func (s *state) fit(head, tail string, columns int) (string, bool) {
	room := columns - cells(head) - cells(tail)
	file := shorten(s.file, room)
	return head + file + tail, room >= minFile || room > 0 && file == shorten(s.file, minFile)
}

// name returns the client as a line has it.
func (s *state) name() string {
	return shorten(cmp.Or(s.client, "-"), maxClient)
}

// who returns the beginning of a live line: that clients fetch goes without
// saying.
func (s *state) who() string {
	if s.receiving {
		return s.name() + " sends "
	}
	return s.name() + " "
}

// progress returns how far a transfer is.
func (s *state) progress() string {
	if done, ok := percent(s.moved, s.total); ok {
		return fmt.Sprintf("%d %%", done)
	}
	return size(s.moved)
}
