//go:build unix

package main

import (
	"errors"
	"fmt"
)

// rounding is how far from the truth the programs tell sizes, and how much a
// head may differ from the one before by a digit more.
const rounding = 0.02

// tally compares what a load has seen with a right answer: all answers have to
// have its status and, taken together, its size. Some that were under way at
// the end count by their bytes alone.
func (q *question) tally(s sample, a answer, underWay int) error {
	refused := 0
	if q.status >= 400 {
		refused = s.requests
	}
	switch failed := s.errors - s.refused; {
	case s.requests == 0:
		return errors.New("there was no answer")
	case failed > 0:
		return fmt.Errorf("%d connections failed", failed)
	case s.refused != refused:
		return fmt.Errorf("%d of %d answers have another status", max(s.refused, refused-s.refused), s.requests)
	case s.bytes == 0: // each answer has been looked at
		return nil
	}
	least := float64(s.requests) * float64(a.size) * (1 - rounding)
	most := float64(s.requests+underWay) * float64(a.size) * (1 + rounding)
	if got := float64(s.bytes); got < least || got > most {
		return fmt.Errorf("%d answers of %d bytes came as %d bytes", s.requests, a.size, s.bytes)
	}
	return nil
}
