package progress

import "io"

// screen is a terminal that shows a log, and a live line below it, in which
// the cursor stands. All that belongs together is one Write.
type screen struct {
	w    io.Writer
	live string // the line below the log
	seen string // what of it is on the screen: all or nothing
	open bool   // the log ends within a line, so there is no place below it
	held []byte // lines of ours that wait for the end of that line
	buf  []byte
}

const (
	toStart = "\r"
	toErase = "\x1b[K" // from the cursor to the end of the line
)

const (
	maxHeld = 16 << 10 // of lines, as a line of the log may stay open for ever
	maxBuf  = 64 << 10 // that is kept from one Write to the next
)

// log adds to the log. It returns how much of p was written.
func (s *screen) log(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.begin()
	before := len(s.buf)
	s.buf = append(s.buf, p...)
	s.open = p[len(p)-1] != '\n'
	if !s.open {
		s.buf = append(s.buf, s.held...)
		s.held = nil
		s.show()
	}
	n, err := s.flush()
	return min(max(n-before, 0), len(p)), err
}

// draw adds a line of ours to the log, if it is not empty, and makes live what
// is shown below.
func (s *screen) draw(line, live string) {
	s.live = live
	switch {
	case s.open:
		if line != "" && len(s.held)+len(line) < maxHeld {
			s.held = append(append(s.held, line...), '\n')
		}
		return
	case line != "":
		s.begin()
		s.buf = append(append(s.buf, line...), '\n')
		s.show()
	case live == s.seen:
		return
	default: // over the line that is there: to erase it first would flicker
		s.buf = append(append(append(s.buf[:0], toStart...), live...), toErase...)
		s.seen = live
	}
	s.flush()
}

// close takes the live line away, and lets go of what waits.
func (s *screen) close() {
	s.live = ""
	s.begin()
	if len(s.held) > 0 {
		s.buf = append(append(s.buf, '\n'), s.held...)
		s.held, s.open = nil, false
	}
	if len(s.buf) > 0 {
		s.flush()
	}
}

// begin makes room in the place of the live line.
func (s *screen) begin() {
	s.buf = s.buf[:0]
	if s.seen != "" {
		s.buf = append(s.buf, toStart+toErase...)
		s.seen = ""
	}
}

// show adds the live line.
func (s *screen) show() {
	s.buf = append(s.buf, s.live...)
	s.seen = s.live
}

func (s *screen) flush() (int, error) {
	n, err := s.w.Write(s.buf)
	if cap(s.buf) > maxBuf {
		s.buf = nil
	}
	return n, err
}
