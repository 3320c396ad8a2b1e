package zipsite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

const (
	endSignature       = "PK\x05\x06"
	endLength          = 22
	wideEndSignature   = "PK\x06\x06"
	wideEndLength      = 56
	wideEndAtSignature = "PK\x06\x07"
	wideEndAtLength    = 20

	// maxDirectory bounds the names in an index.
	maxDirectory = 256 << 20
)

var (
	errNoZip = errors.New("it is no zip archive, or not all of one")
	errSplit = errors.New("it is one part of an archive that was split: join them with zip -s 0")
	errLarge = errors.New("its directory is larger than 256 MiB: unpack it, and serve the folder")
)

// directory is where the directory of an archive lies in its file.
type directory struct {
	start, end int64
	shift      int64  // what is to be added to the offsets in it
	count      uint64 // of its records, modulo 1<<16 in old archives
}

// findDirectory looks for the directory of an archive, whose end is told at the
// end of the file. Before the archive there may be something else, such as a
// program that unpacks it; then the offsets in it count from wherever its maker
// thought that it begins.
func findDirectory(r io.ReaderAt, size int64) (directory, error) {
	at, end, err := findEnd(r, size)
	if err != nil {
		return directory{}, err
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	if u16(end[4:]) != u16(end[6:]) && u16(end[6:]) != math.MaxUint16 {
		return directory{}, errSplit
	}
	d := directory{end: at, count: uint64(u16(end[10:]))}
	length, offset := uint64(u32(end[12:])), uint64(u32(end[16:]))
	if d.count == math.MaxUint16 || length == math.MaxUint32 || offset == math.MaxUint32 {
		if wideAt, wide := findWideEnd(r, at); wide != nil {
			u64 := binary.LittleEndian.Uint64
			d.end, d.count, length, offset = wideAt, u64(wide[32:]), u64(wide[40:]), u64(wide[48:])
		}
	}
	if length > uint64(d.end) || offset > uint64(d.end)-length {
		return directory{}, errDirectory
	}
	d.start = d.end - int64(length)
	d.shift = d.start - int64(offset)
	if d.count > 0 && !hasSignature(r, d.start, recordSignature) {
		d.start, d.shift = int64(offset), 0
	}
	if d.end-d.start > maxDirectory {
		return directory{}, errLarge
	}
	return d, nil
}

// findEnd returns the record that ends an archive, and where it is. After it
// there is a comment of up to 64 KiB. A record that is in the comment does not
// end with the file, but then something may have been appended to the file.
func findEnd(r io.ReaderAt, size int64) (at int64, end []byte, err error) {
	tail := make([]byte, min(size, endLength+math.MaxUint16))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0, nil, err
	}
	for i := len(tail); i >= 0; {
		if i = bytes.LastIndex(tail[:i], []byte(endSignature)); i < 0 || len(tail)-i < endLength {
			continue
		}
		beyond := len(tail) - i - endLength - int(binary.LittleEndian.Uint16(tail[i+20:]))
		if beyond == 0 || beyond > 0 && end == nil {
			end = tail[i:]
		}
		if beyond == 0 {
			break
		}
	}
	if end == nil {
		return 0, nil, errNoZip
	}
	return size - int64(len(end)), end, nil
}

// findWideEnd returns the record that large archives have before their end, nil
// if there is none. It is where another record says, or right before that.
func findWideEnd(r io.ReaderAt, end int64) (at int64, wide []byte) {
	locator := make([]byte, wideEndAtLength)
	locatorAt := end - wideEndAtLength
	if locatorAt < 0 || !read(r, locator, locatorAt, wideEndAtSignature) {
		return 0, nil
	}
	wide = make([]byte, wideEndLength)
	for _, at := range []int64{int64(binary.LittleEndian.Uint64(locator[8:])), locatorAt - wideEndLength} {
		if at >= 0 && at <= locatorAt-wideEndLength && read(r, wide, at, wideEndSignature) {
			return at, wide
		}
	}
	return 0, nil
}

// read fills b from this offset on, and reports whether it begins with the
// signature.
func read(r io.ReaderAt, b []byte, at int64, signature string) bool {
	n, _ := r.ReadAt(b, at)
	return n == len(b) && string(b[:len(signature)]) == signature
}

func hasSignature(r io.ReaderAt, at int64, signature string) bool {
	return read(r, make([]byte, len(signature)), at, signature)
}
