package zipsite

import (
	"encoding/binary"
	"io"
)

const (
	localSignature = "PK\x03\x04"
	localLength    = 30
)

// data returns what lies in the archive for an entry. Where that begins is told
// by the local header only, of which all else repeats the directory.
func (a *archive) data(e *entry) (*io.SectionReader, error) {
	switch e.kind {
	case encrypted:
		return nil, errEncrypted
	case foreign:
		return nil, errForeign
	case damaged:
		return nil, errDamaged
	}
	var b [localLength]byte
	if !read(a.file, b[:], e.offset, localSignature) {
		if err := a.intact(); err != nil {
			return nil, err
		}
		return nil, errDamaged
	}
	u16 := binary.LittleEndian.Uint16
	start := e.offset + localLength + int64(u16(b[26:])) + int64(u16(b[28:]))
	if u16(b[8:]) != methods[e.kind] || start > a.info.Size()-e.packed {
		return nil, errDamaged
	}
	return io.NewSectionReader(a.file, start, e.packed), nil
}

// methods are those of the kinds that can be read.
var methods = [...]uint16{stored: methodStored, deflated: methodDeflated, zstandard: methodZstd}
