package listing

import (
	"io"
	"math"
)

// keptSize is how many bytes are gathered before they are written, and how many at
// the end of a range wait until all else has gone well. 32 KiB are what io.Copy
// moves at once, too: below, a system call more costs as much as a copy.
const keptSize = 32 << 10

// window writes those bytes of an archive which are in a range, while all of
// the archive passes by. At least the last byte of the range is kept until
// flush is called.
type window struct {
	w     io.Writer
	at    int64  // offset of what passes next
	first int64  // offset of the first byte to be written
	end   int64  // offset of the first one behind them
	kept  []byte // not written yet; its capacity is never exceeded
}

// visible returns which of the next n bytes are in the range; from is to if
// none are.
func (o *window) visible(n int64) (from, to int64) {
	from = min(max(o.first-o.at, 0), n)
	to = min(max(o.end-o.at, from), n)
	return from, to
}

// reaches reports whether any of the n bytes after the next skip bytes are in
// the range.
func (o *window) reaches(skip, n int64) bool {
	return o.first-skip < o.at+n && o.end-skip > o.at
}

// pass lets n bytes pass by, and returns which of them are in the range.
func (o *window) pass(n int64) (from, to int64, err error) {
	if n > math.MaxInt64-o.at {
		return 0, 0, errTooLong
	}
	from, to = o.visible(n)
	o.at += n
	return from, to, nil
}

// literal writes those bytes of b that are in the range.
func (o *window) literal(b []byte) error {
	from, to, err := o.pass(int64(len(b)))
	if err != nil {
		return err
	}
	for b = b[from:to]; len(b) > 0; {
		if len(o.kept) == cap(o.kept) {
			if err := o.flush(); err != nil {
				return err
			}
		}
		n := min(len(b), cap(o.kept)-len(o.kept))
		o.kept = append(o.kept, b[:n]...)
		b = b[n:]
	}
	return nil
}

// content writes that part of the content of a member which is in the range.
// It passes through the checksum unless that is nil.
func (o *window) content(m *Member, through *checksum) error {
	from, to, err := o.pass(m.Size)
	if err != nil || from == to {
		return err
	}
	if to-from > int64(cap(o.kept)-len(o.kept)) {
		if err := o.flush(); err != nil {
			return err
		}
	}
	if room := int64(cap(o.kept)); to-from > room {
		direct := to - from
		if o.at >= o.end {
			direct -= room // nothing follows that could be kept instead
		}
		if err := copyThrough(through, o.w, m, from, direct); err != nil {
			return err
		}
		from += direct
	}
	if from == to {
		return nil
	}
	length := len(o.kept) + int(to-from)
	if err := copyThrough(through, (*keeper)(o), m, from, to-from); err != nil {
		return err
	}
	if len(o.kept) != length {
		return errShort
	}
	return nil
}

// flush writes what is kept.
func (o *window) flush() error {
	if len(o.kept) == 0 {
		return nil
	}
	n, err := o.w.Write(o.kept)
	if err == nil && n < len(o.kept) {
		err = io.ErrShortWrite
	}
	o.kept = o.kept[:0]
	return err
}

// keeper is a window as a writer of what is kept.
type keeper window

func (k *keeper) Write(p []byte) (int, error) {
	if len(p) > cap(k.kept)-len(k.kept) {
		return 0, errShort
	}
	k.kept = append(k.kept, p...)
	return len(p), nil
}

// ReadFrom spares io.Copy a buffer of its own.
func (k *keeper) ReadFrom(r io.Reader) (int64, error) {
	var total int64
	for {
		n, err := r.Read(k.kept[len(k.kept):cap(k.kept)])
		k.kept = k.kept[:len(k.kept)+n]
		total += int64(n)
		switch {
		case err == io.EOF:
			return total, nil
		case err != nil:
			return total, err
		case len(k.kept) == cap(k.kept):
			return total, keptAll(r)
		}
	}
}

// keptAll returns an error unless r is at its end.
func keptAll(r io.Reader) error {
	var one [1]byte
	switch n, err := io.ReadFull(r, one[:]); {
	case n > 0:
		return errShort
	case err == io.EOF:
		return nil
	default:
		return err
	}
}
