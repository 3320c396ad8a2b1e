package listing

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"
)

// Sum is a hash over the members of an archive.
type Sum [sha256.Size]byte

// archiveLayout stands for the way from members to bytes. Whatever changes a byte of
// an archive whose members are the same changes it too: half an archive in the
// old layout must not be completed with half of one in the new.
const archiveLayout = "gserve archive, layout 1\x00"

// summer makes a [Sum].
type summer struct {
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	bytes []byte // of one member
}

func newSummer(format Format) *summer {
	s := &summer{hash: sha256.New()}
	s.hash.Write(append([]byte(archiveLayout), byte(format)))
	return s
}

// add takes a member in, and returns a mark of it alone.
func (s *summer) add(m *Member) uint32 {
	b := binary.LittleEndian.AppendUint32(s.bytes[:0], uint32(len(m.Name)))
	b = append(b, m.Name...)
	kind := byte(0)
	if m.IsDir {
		kind = 1
	}
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Size))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Mode.Perm()))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.ModTime.Unix())) // UnixNano is good for 1678 to 2262 only
	b = binary.LittleEndian.AppendUint32(b, uint32(m.ModTime.Nanosecond()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.Key)))
	b = append(b, m.Key...)
	s.hash.Write(b)
	s.bytes = b
	return crc32.ChecksumIEEE(b)
}

func (s *summer) sum() (sum Sum) {
	s.hash.Sum(sum[:0])
	return sum
}

// checkMember refuses what a Member must not be, so that no name which leaves the
// folder that an archive is unpacked to ever gets into one.
func checkMember(m *Member) error {
	switch {
	case !isInside(m.Name):
		return fmt.Errorf("%q is not a name for a member of an archive", m.Name)
	case m.Size < 0 || m.IsDir && m.Size != 0:
		return fmt.Errorf("%q cannot have a size of %d", m.Name, m.Size)
	}
	return nil
}

// isInside reports whether a name consists of segments that each lead deeper.
func isInside(name string) bool {
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return strings.IndexByte(name, 0) < 0
}

// entryName returns what a member is called in an archive: folders end with a
// slash, in tar (POSIX pax, ustar interchange format, name) as in zip.
func entryName(m *Member, name string) string {
	if m.IsDir {
		return name + "/"
	}
	return name
}

// errShort is returned for content that ends before its size, or goes on.
var errShort = errors.New("the content is not as long as it should be")

// errTooLong is returned for an archive whose offsets are beyond an int64.
var errTooLong = errors.New("the archive would be longer than 8 EiB")

// Times that an archive can tell. What is outside is moved to the nearest one,
// as an odd date is no reason to withhold a file; no file system of today goes
// beyond, and readers of archives stumble over years with five digits.
var (
	earliestTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latestTime   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// clampTime returns the time from first to last, in whole seconds and UTC, that is
// nearest to t. Seconds are rounded down, also before 1970.
func clampTime(t, first, last time.Time) time.Time {
	// Of seconds, as times beyond what a Time can hold do not compare.
	seconds := min(max(t.Unix(), first.Unix()), last.Unix())
	return time.Unix(seconds, 0).UTC()
}
