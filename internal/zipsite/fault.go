package zipsite

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// refusal is why an entry cannot be had, though it is there. To clients that is
// the same as for a file that may not be read.
type refusal string

const (
	errEncrypted refusal = "encrypted in the archive"
	errForeign   refusal = "compressed by a method that cannot be read"
	errWindow    refusal = "compressed with a window of more than 8 MiB"
)

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == fs.ErrPermission }

var (
	errDamaged = errors.New("damaged in the archive")
	errStale   = errors.New("the archive is no longer what it was when it was opened")
)

// faults count the entries that cannot be served.
type faults struct {
	encrypted, foreign, damaged, misnamed, clashing int
	methods                                         []string // of those that are foreign
}

// note takes up an entry that cannot be had.
func (f *faults) note(k kind, method uint16) {
	switch k {
	case encrypted:
		f.encrypted++
	case damaged:
		f.damaged++
	case foreign:
		f.foreign++
		f.noteMethod(method)
	}
}

// methodNames are of those that archives are found to have (APPNOTE, 4.4.5).
var methodNames = map[uint16]string{6: "imploded", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 20: "an old Zstandard", 95: "XZ", 98: "PPMd"}

// maxMethods is how many methods are named.
const maxMethods = 3

func (f *faults) noteMethod(method uint16) {
	name, ok := methodNames[method]
	if !ok {
		name = fmt.Sprintf("method %d", method)
	}
	for _, known := range f.methods {
		if known == name {
			return
		}
	}
	if len(f.methods) < maxMethods {
		f.methods = append(f.methods, name)
	}
}

// lines tell the user what cannot be served, and what to do about it.
func (f *faults) lines() []string {
	var lines []string
	add := func(n int, one, many, rest string) {
		switch {
		case n == 1:
			lines = append(lines, "1 entry "+one+rest)
		case n > 1:
			lines = append(lines, fmt.Sprintf("%d entries %s%s", n, many, rest))
		}
	}
	const lost = " and cannot be served"
	add(f.encrypted, "is", "are", " encrypted"+lost)
	add(f.foreign, "is", "are", " compressed in a way that cannot be read ("+strings.Join(f.methods, ", ")+")"+lost+": use deflate")
	add(f.damaged, "is", "are", " damaged"+lost)
	add(f.misnamed, "has", "have", " no name that a file can have"+lost)
	add(f.clashing, "has", "have", " the name of a folder"+lost)
	return lines
}
