package zipsite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"unicode/utf8"
)

const (
	recordSignature = "PK\x01\x02"
	recordLength    = 46

	// recordMax is how long a record can be: three fields have 16 bits of length.
	recordMax = recordLength + 3*math.MaxUint16
)

// record is what the directory of an archive tells about an entry (APPNOTE,
// 4.3.12).
type record struct {
	host       byte // the system whose attributes these are
	flags      uint16
	method     uint16
	time, date uint16
	crc        uint32
	packed     uint64
	size       uint64
	offset     uint64
	attributes uint32
	name       []byte
	extra      []byte
}

var errDirectory = errors.New("its directory is damaged")

// readRecord reads the next record. It is [io.EOF] if there is none. What is
// returned is valid until the next call. The buffer of r holds recordMax bytes.
func readRecord(r *bufio.Reader) (record, error) {
	b, err := r.Peek(recordLength)
	if err != nil || string(b[:4]) != recordSignature {
		if err != nil && err != io.EOF {
			return record{}, err
		}
		return record{}, io.EOF
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	name, extra, comment := int(u16(b[28:])), int(u16(b[30:])), int(u16(b[32:]))
	length := recordLength + name + extra + comment
	if b, err = r.Peek(length); err != nil {
		return record{}, errDirectory
	}
	r.Discard(length)
	rec := record{
		host: b[5], flags: u16(b[8:]), method: u16(b[10:]), time: u16(b[12:]), date: u16(b[14:]),
		crc: u32(b[16:]), packed: uint64(u32(b[20:])), size: uint64(u32(b[24:])),
		attributes: u32(b[38:]), offset: uint64(u32(b[42:])),
		name: b[recordLength : recordLength+name], extra: b[recordLength+name : recordLength+name+extra],
	}
	if !rec.widen() {
		return record{}, errDirectory
	}
	return rec, nil
}

// Extra fields (APPNOTE, 4.5 and 4.6; Info-ZIP's extrafld.txt).
const (
	extraZip64     = 0x0001
	extraNTFS      = 0x000a
	extraUnix      = 0x000d
	extraTimestamp = 0x5455
	extraOldUnix   = 0x5855
	extraName      = 0x7075
)

// field returns an extra field, nil if there is none.
func (r *record) field(id uint16) []byte {
	for b := r.extra; len(b) >= 4; {
		n := 4 + int(binary.LittleEndian.Uint16(b[2:]))
		if n > len(b) {
			return nil
		}
		if binary.LittleEndian.Uint16(b) == id {
			return b[4:n]
		}
		b = b[n:]
	}
	return nil
}

// widen takes what does not fit in 32 bits from the field for it, which has
// only that, in this order. It reports whether it was there. A size of 32 ones
// can be just that.
func (r *record) widen() bool {
	wide := r.field(extraZip64)
	for _, v := range []*uint64{&r.size, &r.packed, &r.offset} {
		if *v != math.MaxUint32 {
			continue
		}
		if len(wide) < 8 {
			return v == &r.size && wide == nil
		}
		*v, wide = binary.LittleEndian.Uint64(wide), wide[8:]
	}
	return true
}

// text returns the name as text. A field may have it in UTF-8, which counts if
// it was made for this very name (APPNOTE, 4.6.9).
func (r *record) text() string {
	if f := r.field(extraName); len(f) > 5 && f[0] == 1 && utf8.Valid(f[5:]) &&
		binary.LittleEndian.Uint32(f[1:]) == crc32.ChecksumIEEE(r.name) {
		return string(f[5:])
	}
	return decodeName(r.name)
}

// Systems that the attributes of an entry are of (APPNOTE, 4.4.2).
const (
	hostDOS  = 0
	hostUnix = 3
	hostNTFS = 10
	hostVFAT = 14
	hostOSX  = 19
)

func (r *record) fromDOS() bool { return r.host == hostDOS || r.host == hostNTFS || r.host == hostVFAT }

// mode returns the type and permissions of the entry, of which only the right to
// execute is its own.
func (r *record) mode() fs.FileMode {
	const typeMask, typeFile, typeFolder, typeLink = 0o170000, 0o100000, 0o040000, 0o120000
	if r.host != hostUnix && r.host != hostOSX {
		return 0o444
	}
	unix := r.attributes >> 16
	mode := 0o444 | fs.FileMode(unix&0o111)
	switch unix & typeMask {
	case 0, typeFile:
		return mode
	case typeFolder:
		return fs.ModeDir | 0o555
	case typeLink:
		return fs.ModeSymlink | mode
	}
	return fs.ModeIrregular | mode
}

// Flags (APPNOTE, 4.4.4) and methods (4.4.5) of entries.
const (
	flagEncrypted = 1 << 0
	flagMasked    = 1 << 13 // the directory itself is encrypted

	methodStored   = 0
	methodDeflated = 8
	methodZstd     = 93
	methodAES      = 99
)

// kind returns how the content lies in an archive of this size. The offset is
// where it is in the file.
func (r *record) kind(archiveSize int64) kind {
	end := uint64(archiveSize)
	switch {
	case r.flags&(flagEncrypted|flagMasked) != 0 || r.method == methodAES:
		return encrypted
	case r.packed > end || r.offset > end-r.packed || r.size > math.MaxInt64:
		return damaged
	}
	switch r.method {
	case methodStored:
		if r.packed != r.size {
			return damaged
		}
		return stored
	case methodDeflated:
		return deflated
	case methodZstd:
		return zstandard
	}
	return foreign
}
