package listing

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"time"
)

// Tree is what an archive is made of.
type Tree struct {
	// Members yields every file and folder, a folder before what is in it, in
	// an order that is the same each time. It walks the tree anew whenever it is
	// called, and ends with an error if it cannot go on.
	Members iter.Seq2[*Member, error]
}

// Member is a file or folder in an archive.
type Member struct {
	Name    string // segments with slashes between them, none of them empty, "." or ".."; any bytes but NUL
	IsDir   bool
	Size    int64 // bytes; 0 for a folder
	Mode    fs.FileMode
	ModTime time.Time

	// Key tells one state of one file from all others; "" if there is nothing
	// that does.
	Key string
	// Fresh says that the content may still change while Key stays the same.
	Fresh bool

	// Copy writes n bytes of the content to w, from this offset on. It fails if
	// the file is not the one that Members described, which it may find out at
	// the end only. It is to be called before the next member is yielded.
	Copy func(w io.Writer, offset, n int64) error
}

// Format is a kind of archive whose length follows from the names and sizes of
// its members alone, as their content is stored as it is.
type Format int

const (
	Tar Format = iota + 1 // USTAR, with PAX and GNU extensions where it does not suffice
	Zip                   // with Zip64 where it is needed
)

// ErrTreeChanged says that the members are not those that were measured.
var ErrTreeChanged = errors.New("the folder changed while it was archived")

// Archive is an archive that has been measured: which byte is at which offset
// is decided, and does not depend on who reads it or when. It holds neither
// members nor content but four bytes for each member, and is safe for
// concurrent use if its Tree is.
type Archive struct {
	format    Format
	tree      Tree
	checksums *Checksums

	length  int64
	sum     Sum
	marks   []uint32 // of every member: which one has changed is noticed when its turn comes
	newest  time.Time
	central int64 // of a zip: offset of its central directory
}

// Measure walks over the members, without reading their content, and returns
// the archive that they make. What zip needs to know of the content is kept in
// checksums, which may be nil.
func Measure(format Format, tree Tree, checksums *Checksums) (*Archive, error) {
	a := &Archive{format: format, tree: tree, checksums: checksums}
	out := window{first: math.MaxInt64, end: math.MaxInt64}
	var err error
	if format == Zip {
		err = a.measureZip(&out)
	} else {
		err = a.measureTar(&out)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Length returns how many bytes the archive has.
func (a *Archive) Length() int64 { return a.length }

// Sum returns a hash over all that the archive is made of but the content
// itself. It tells archives apart as a strong validator does as long as no
// file is changed with its size and its time kept.
func (a *Archive) Sum() Sum { return a.sum }

// Newest returns the latest modification time of a member, and the zero time
// if none has one.
func (a *Archive) Newest() time.Time { return a.newest }

// WriteRange writes n bytes of the archive to w, from this offset on. It walks
// over all members, but reads the content only of those in the range, and for
// zip that of files whose checksum is in the range and not remembered. Large
// files are copied to w itself.
//
// The last bytes are written only once the walk has come to its end with
// nothing changed, so that if there is an error, n bytes have not been written.
func (a *Archive) WriteRange(w io.Writer, offset, n int64) error {
	if offset < 0 || n < 0 || n > a.length-offset {
		return fmt.Errorf("%d bytes from offset %d on are not in an archive of %d", n, offset, a.length)
	}
	if n == 0 {
		return nil
	}
	out := window{w: w, first: offset, end: offset + n, kept: make([]byte, 0, min(n, keptSize))}
	var err error
	if a.format == Zip {
		err = a.writeZip(&out)
	} else {
		err = a.writeTar(&out)
	}
	if err != nil {
		return err
	}
	return out.flush()
}

// walk calls visit with every member and its mark, and returns the sum over all
// of them.
func (a *Archive) walk(visit func(m *Member, mark uint32) error) (Sum, error) {
	sum := newSummer(a.format)
	for m, err := range a.tree.Members {
		if err == nil {
			err = checkMember(m)
		}
		if err != nil {
			return Sum{}, err
		}
		if err := visit(m, sum.add(m)); err != nil {
			return Sum{}, fmt.Errorf("archive %q: %w", m.Name, err)
		}
	}
	return sum.sum(), nil
}

// measure is walk, and notes what is told about the archive from its members.
func (a *Archive) measure(visit func(*Member) error) (err error) {
	a.sum, err = a.walk(func(m *Member, mark uint32) error {
		a.marks = append(a.marks, mark)
		if m.ModTime.After(a.newest) {
			a.newest = m.ModTime
		}
		return visit(m)
	})
	return err
}

// verify is walk, but fails if the members are not those that were measured, and
// as soon as one is not.
func (a *Archive) verify(visit func(*Member) error) error {
	seen := 0
	sum, err := a.walk(func(m *Member, mark uint32) error {
		if seen == len(a.marks) || a.marks[seen] != mark {
			return ErrTreeChanged
		}
		seen++
		return visit(m)
	})
	if err == nil && sum != a.sum {
		err = ErrTreeChanged
	}
	return err
}
