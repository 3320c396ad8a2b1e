package fileserver

import (
	"math"
	"strings"
)

// ByteRange is a part of a representation. Both ends are inclusive, as they
// are on the wire.
type ByteRange struct{ First, Last int64 }

// Length returns the number of bytes in the range.
func (r ByteRange) Length() int64 { return r.Last - r.First + 1 }

// maxRanges is how many parts one answer has at most. A download in pieces
// needs one, a reader of a PDF file some; a set of thousands is an attack.
const maxRanges = 64

// selection is what a Range field means for a representation.
type selection int

const (
	selectWhole         selection = iota // the field does not count: send it all
	selectParts                          // send the ranges
	selectUnsatisfiable                  // 416
)

// selectRanges reads a Range field (RFC 9110, 14.2) for a representation of
// this complete length. The ranges come in the order asked for, those that
// overlap or touch as one (15.3.7.2), and are appended to ranges.
//
// An unknown unit and a malformed set are ignored. So is a set that asks for
// more than the whole, or for more parts than maxRanges, which costs the
// server more than it saves the client (14.2: "egregious ranges"), and any
// range of an empty representation: it has no parts, and clients that add a
// Range field to all they ask for would take 416 for a failure.
func selectRanges(field string, length int64, ranges []ByteRange) ([]ByteRange, selection) {
	unit, set, ok := strings.Cut(field, "=")
	if !ok || !strings.EqualFold(unit, "bytes") || length == 0 {
		return nil, selectWhole
	}
	var asked int64
	specs, satisfiable := 0, 0
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue // RFC 9110, 5.6.1.2: empty members are ignored
		}
		r, ok := parseRangeSpec(spec, length)
		if specs++; !ok || specs > maxRanges {
			return nil, selectWhole
		}
		if r.First >= length {
			continue
		}
		satisfiable++
		if asked += r.Length(); asked > length {
			return nil, selectWhole
		}
		ranges = coalesce(ranges, r)
	}
	switch {
	case specs == 0:
		return nil, selectWhole
	case satisfiable == 0:
		return nil, selectUnsatisfiable
	}
	return ranges, selectParts
}

// parseRangeSpec reads one member of a set of ranges and clamps it to length,
// which is not zero. A range that cannot be satisfied begins beyond it.
//
//	int-range    = first-pos "-" [ last-pos ]
//	suffix-range = "-" suffix-length
func parseRangeSpec(spec string, length int64) (ByteRange, bool) {
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return ByteRange{}, false
	}
	if first == "" {
		n, ok := parsePosition(last)
		return ByteRange{length - min(n, length), length - 1}, ok
	}
	r := ByteRange{Last: length - 1}
	if r.First, ok = parsePosition(first); !ok {
		return ByteRange{}, false
	}
	if last != "" {
		n, ok := parsePosition(last)
		if !ok || n < r.First {
			return ByteRange{}, false // RFC 9110, 14.1.1: invalid, not empty
		}
		r.Last = min(n, length-1)
	}
	return r, true
}

// parsePosition reads 1*DIGIT. A number beyond int64 becomes the largest: it
// is beyond any file too.
func parsePosition(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		if digit := int64(s[i] - '0'); n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
		} else {
			n = n*10 + digit
		}
	}
	return n, true
}

// coalesce adds r to ranges, of which no two overlap or touch, and keeps that
// so. The result stands where the first of its parts was asked for.
func coalesce(ranges []ByteRange, r ByteRange) []ByteRange {
	at := -1
	kept := ranges[:0]
	for _, old := range ranges {
		switch apart := r.First > old.Last+1 || old.First > r.Last+1; {
		case apart:
			kept = append(kept, old)
		case at < 0:
			r = ByteRange{min(r.First, old.First), max(r.Last, old.Last)}
			at = len(kept)
			kept = append(kept, r)
		default:
			r = ByteRange{min(r.First, old.First), max(r.Last, old.Last)}
		}
	}
	if at < 0 {
		return append(kept, r)
	}
	kept[at] = r
	return kept
}
