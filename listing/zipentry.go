package listing

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// Section numbers are those of APPNOTE.TXT 6.3.10, the specification of zip.
const (
	zipLocalSignature      = 0x04034b50 // 4.3.7
	zipDescriptorSignature = 0x08074b50 // 4.3.9.3
	zipRecordSignature     = 0x02014b50 // 4.3.12
	zipEnd64Signature      = 0x06064b50 // 4.3.14
	zipLocator64Signature  = 0x07064b50 // 4.3.15
	zipEndSignature        = 0x06054b50 // 4.3.16

	zipUnix      = 3 << 8 // 4.4.2.2: made by, which says how to read the attributes
	zipVersion   = 20     // 4.4.3.2: folders
	zipVersion64 = 45     // 4.4.3.2: Zip64

	zipHasDescriptor = 1 << 3  // 4.4.4: the CRC-32 follows the content
	zipIsUTF8        = 1 << 11 // 4.4.4: the name is in UTF-8

	zipMax16 = math.MaxUint16 // 4.4.1.4: see the Zip64 field
	zipMax32 = math.MaxUint32

	zipExtra64    = 0x0001 // 4.5.3: sizes and offset that need 64 bits
	zipExtraTimes = 0x5455 // 4.6.1: "extended timestamp", in UTC
	zipTimesLen   = 4 + 5

	unixRegular   = 0o100000 // S_IFREG
	unixDirectory = 0o040000 // S_IFDIR
	dosReadOnly   = 0x01
	dosDirectory  = 0x10
)

// Times that the fields of MS-DOS can tell, to two seconds.
var (
	earliestDOS = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	latestDOS   = time.Date(2107, 12, 31, 23, 59, 58, 0, time.UTC)
)

// zipEntry is what the headers of a member say. All of it but the checksum
// follows from the member and its offset, so that lengths are known before.
type zipEntry struct {
	name       string
	flags      uint16
	size       int64
	offset     int64
	date, time uint16 // 4.4.6, in UTC: readers that know zipExtraTimes do not look here
	seconds    int64  // since 1970, -1 to leave out zipExtraTimes
	attributes uint32
}

func newZipEntry(m *Member, offset int64) (zipEntry, error) {
	e := zipEntry{name: entryName(m, zipName(m.Name)), size: m.Size, offset: offset, seconds: m.ModTime.Unix()}
	if len(e.name) > zipMax16 {
		return e, fmt.Errorf("its name is too long for a zip archive")
	}
	if !isASCII(e.name) && utf8.ValidString(e.name) {
		e.flags |= zipIsUTF8
	}
	// Without content there is nothing to wait for: its CRC-32 is 0.
	if m.Size > 0 {
		e.flags |= zipHasDescriptor
	}
	// What is beyond 1970 to 2038 is read as signed by some and as unsigned by
	// others; Java 17 ends unpacking with "Negative time".
	if e.seconds < 0 || e.seconds > math.MaxInt32 {
		e.seconds = -1
	}
	t := clampTime(m.ModTime, earliestDOS, latestDOS)
	e.date = uint16((t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day())
	e.time = uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
	mode := uint32(m.Mode.Perm())
	if mode&0o200 == 0 {
		e.attributes = dosReadOnly
	}
	if m.IsDir {
		e.attributes = (unixDirectory|mode)<<16 | dosDirectory
	} else {
		e.attributes |= (unixRegular | mode) << 16
	}
	return e, nil
}

func (e *zipEntry) hasDescriptor() bool { return e.flags&zipHasDescriptor != 0 }
func (e *zipEntry) isLarge() bool       { return e.size >= zipMax32 }

func (e *zipEntry) version() uint16 {
	if e.isLarge() || e.offset >= zipMax32 {
		return zipVersion64
	}
	return zipVersion
}

func (e *zipEntry) timesLength() int64 {
	if e.seconds < 0 {
		return 0
	}
	return zipTimesLen
}

func (e *zipEntry) localLength() int64 {
	n := 30 + int64(len(e.name)) + e.timesLength()
	if e.isLarge() {
		n += 4 + 2*8
	}
	return n
}

// appendLocal appends the local file header (4.3.7).
func (e *zipEntry) appendLocal(b []byte) []byte {
	le := binary.LittleEndian
	version := uint16(zipVersion)
	if e.isLarge() {
		version = zipVersion64
	}
	b = le.AppendUint32(b, zipLocalSignature)
	b = le.AppendUint16(b, version)
	b = e.appendCommon(b, 0, e.isLarge())
	b = le.AppendUint16(b, uint16(e.localLength()-30-int64(len(e.name))))
	b = append(b, e.name...)
	if e.isLarge() {
		b = le.AppendUint16(b, zipExtra64)
		b = le.AppendUint16(b, 2*8)
		b = le.AppendUint64(b, uint64(e.size))
		b = le.AppendUint64(b, uint64(e.size))
	}
	return e.appendTimes(b)
}

// appendCommon appends what a local header and a record have in common, from
// the flags to the length of the name.
func (e *zipEntry) appendCommon(b []byte, sum uint32, isLarge bool) []byte {
	le := binary.LittleEndian
	size := uint32(e.size)
	if isLarge {
		size = zipMax32
	}
	b = le.AppendUint16(b, e.flags)
	b = le.AppendUint16(b, 0) // 4.4.5: stored
	b = le.AppendUint16(b, e.time)
	b = le.AppendUint16(b, e.date)
	b = le.AppendUint32(b, sum)
	b = le.AppendUint32(b, size) // compressed
	b = le.AppendUint32(b, size)
	return le.AppendUint16(b, uint16(len(e.name)))
}

func (e *zipEntry) appendTimes(b []byte) []byte {
	if e.seconds < 0 {
		return b
	}
	le := binary.LittleEndian
	b = le.AppendUint16(b, zipExtraTimes)
	b = le.AppendUint16(b, 5)
	b = append(b, 1) // the modification time only
	return le.AppendUint32(b, uint32(e.seconds))
}

func (e *zipEntry) descriptorLength() int64 {
	switch {
	case !e.hasDescriptor():
		return 0
	case e.isLarge():
		return 4 + 4 + 2*8
	}
	return 4 + 4 + 2*4
}

// appendDescriptor appends the data descriptor (4.3.9). Its sizes have eight
// bytes if the local header has the Zip64 field (4.3.9.2).
func (e *zipEntry) appendDescriptor(b []byte, sum uint32) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, zipDescriptorSignature)
	b = le.AppendUint32(b, sum)
	if e.isLarge() {
		b = le.AppendUint64(b, uint64(e.size))
		return le.AppendUint64(b, uint64(e.size))
	}
	b = le.AppendUint32(b, uint32(e.size))
	return le.AppendUint32(b, uint32(e.size))
}

// extra64Length returns the length of the Zip64 field of the record (4.5.3),
// which has only what does not fit elsewhere.
func (e *zipEntry) extra64Length() int64 {
	var n int64
	if e.isLarge() {
		n += 2 * 8
	}
	if e.offset >= zipMax32 {
		n += 8
	}
	if n > 0 {
		n += 4
	}
	return n
}

func (e *zipEntry) recordLength() int64 {
	return 46 + int64(len(e.name)) + e.extra64Length() + e.timesLength()
}

// appendRecord appends the header in the central directory (4.3.12).
func (e *zipEntry) appendRecord(b []byte, sum uint32) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, zipRecordSignature)
	b = le.AppendUint16(b, zipUnix|zipVersion64)
	b = le.AppendUint16(b, e.version())
	b = e.appendCommon(b, sum, e.isLarge())
	b = le.AppendUint16(b, uint16(e.extra64Length()+e.timesLength()))
	b = append(b, make([]byte, 2+2+2)...) // no comment, disk 0, not known to be text
	b = le.AppendUint32(b, e.attributes)
	b = le.AppendUint32(b, uint32(min(e.offset, zipMax32)))
	b = append(b, e.name...)
	if n := e.extra64Length(); n > 0 {
		b = le.AppendUint16(b, zipExtra64)
		b = le.AppendUint16(b, uint16(n-4))
		if e.isLarge() {
			b = le.AppendUint64(b, uint64(e.size))
			b = le.AppendUint64(b, uint64(e.size))
		}
		if e.offset >= zipMax32 {
			b = le.AppendUint64(b, uint64(e.offset))
		}
	}
	return e.appendTimes(b)
}

// zipEnd appends the end of the central directory (4.3.16), which is the end of
// the archive, after its Zip64 form and the locator of that (4.3.14, 4.3.15) if
// one of the numbers does not fit.
func zipEnd(b []byte, entries, central, length int64) []byte {
	le := binary.LittleEndian
	if entries >= zipMax16 || central >= zipMax32 || length >= zipMax32 {
		b = le.AppendUint32(b, zipEnd64Signature)
		b = le.AppendUint64(b, 56-12) // of the rest
		b = le.AppendUint16(b, zipUnix|zipVersion64)
		b = le.AppendUint16(b, zipVersion64)
		b = le.AppendUint64(b, 0) // both disks
		b = le.AppendUint64(b, uint64(entries))
		b = le.AppendUint64(b, uint64(entries))
		b = le.AppendUint64(b, uint64(length))
		b = le.AppendUint64(b, uint64(central))
		b = le.AppendUint32(b, zipLocator64Signature)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(central+length))
		b = le.AppendUint32(b, 1) // disks
	}
	b = le.AppendUint32(b, zipEndSignature)
	b = le.AppendUint32(b, 0) // both disks
	b = le.AppendUint16(b, uint16(min(entries, zipMax16)))
	b = le.AppendUint16(b, uint16(min(entries, zipMax16)))
	b = le.AppendUint32(b, uint32(min(length, zipMax32)))
	b = le.AppendUint32(b, uint32(min(central, zipMax32)))
	return le.AppendUint16(b, 0) // no comment
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
