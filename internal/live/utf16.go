package live

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Marks of the byte order, which stand at the beginning of text in UTF-16.
const (
	littleEndian = "\xff\xfe"
	bigEndian    = "\xfe\xff"
)

// utf16Mark returns the mark that text begins with, "" if it is none of UTF-16.
func utf16Mark(text []byte) string {
	for _, mark := range [...]string{littleEndian, bigEndian} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return mark
		}
	}
	return ""
}

func byteOrder(mark string) interface {
	binary.ByteOrder
	binary.AppendByteOrder
} {
	if mark == bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// narrow returns UTF-16 with one byte for each unit, so that it can be read as
// what contains ASCII: what is not has a byte that is not, either.
func narrow(text []byte, mark string) []byte {
	order := byteOrder(mark)
	narrowed := make([]byte, len(text)/2)
	for i := range narrowed {
		unit := order.Uint16(text[2*i:])
		narrowed[i] = byte(min(unit, 0xff))
		if unit >= utf8.RuneSelf {
			narrowed[i] = 0xff
		}
	}
	return narrowed
}

// widen returns edits of narrowed text as those of the text with its mark.
func widen(edits []edit, mark string) []edit {
	order := byteOrder(mark)
	widened := make([]edit, len(edits))
	for i, e := range edits {
		var text []byte
		for _, c := range []byte(e.text) {
			text = order.AppendUint16(text, uint16(c))
		}
		widened[i] = edit{len(mark) + 2*e.from, len(mark) + 2*e.to, string(text)}
	}
	return widened
}
