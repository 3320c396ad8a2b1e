package store

import (
	"errors"
	"fmt"
	"strconv"
)

const (
	maxNumber = 1 << 20 // of a free name
	maxTries  = 10000   // for others that take the numbers found
)

// placeFree moves a finished file to a name like the one that is wanted and
// taken: "photo (1).jpg" for "photo.jpg".
func (s *Store) placeFree(f *folder, temp, name string) (string, error) {
	isTaken := func(n int) bool {
		numbered := numberedName(name, n)
		_, err := f.root.Lstat(numbered)
		return err == nil || s.Refused(join(f.name, numbered))
	}
	n := freeNumber(isTaken)
	for range maxTries {
		if n > maxNumber {
			break
		}
		numbered := numberedName(name, n)
		if err := s.checkNew(f.name, numbered); err != nil {
			return "", err
		}
		err := f.moveNew(temp, f, numbered)
		if err == nil {
			return numbered, nil
		}
		if !errors.Is(err, ErrExists) {
			return "", err
		}
		n++
	}
	return "", fmt.Errorf("%w: and so are all that are like it", ErrExists)
}

// freeNumber returns a number that is free: the first one if those that are
// taken have no gaps. It asks about few even if many are taken.
func freeNumber(isTaken func(int) bool) int {
	low, high := 0, 1
	for isTaken(high) {
		if high > maxNumber {
			return high
		}
		low, high = high, high*2
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if isTaken(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// numberedName returns a name with a number in front of its extension, of at
// most as many bytes as names may have.
func numberedName(name string, n int) string {
	stem, ext := splitExt(name)
	number := " (" + strconv.Itoa(n) + ")"
	stem = trimEnd(cutBytes(stem, maxName-len(number)-len(ext)))
	if stem == "" {
		stem = unnamed
	}
	return stem + number + ext
}
