package zipsite

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"strings"
)

// coded is an entry in the form that it lies in, as a file of its own.
type coded struct {
	*entry
	name string
}

// gzipHead begins a gzip file that tells nothing of the file in it (RFC 1952,
// 2.3); gzipTail is how long its end is.
const (
	gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	gzipTail = 8
)

// codedSuffixes are what the names of coded files end in, by how their content
// lies.
var codedSuffixes = [...]string{deflated: ".gz", zstandard: ".zst"}

// original returns the name of the file that name would be a coded form of, and
// how it would have to lie; "" if it would not be one.
func original(name string) (of string, as kind) {
	for _, k := range []kind{deflated, zstandard} {
		if of, ok := strings.CutSuffix(name, codedSuffixes[k]); ok && of != "" && of[len(of)-1] != '/' {
			return of, k
		}
	}
	return "", stored
}

// codedSize returns the length of the coded form of e.
func (e *entry) codedSize() int64 {
	if e.kind == deflated {
		return int64(len(gzipHead)) + e.packed + gzipTail
	}
	return e.packed
}

// isCoded reports whether e lies in a form that is of use as a file of its own.
func (e *entry) isCoded(as kind) bool {
	return e.mode.IsRegular() && e.kind == as && e.codedSize() < e.size
}

func (c coded) Name() string      { return c.name }
func (c coded) Size() int64       { return c.codedSize() }
func (c coded) Mode() fs.FileMode { return 0o444 }

// openCoded opens the coded form of an entry.
func (a *archive) openCoded(c coded) (fs.File, error) {
	data, err := a.data(c.entry)
	if err != nil {
		return nil, err
	}
	if c.kind == deflated {
		data = io.NewSectionReader(newGzipFile(c.entry, data), 0, c.codedSize())
	}
	return section{&opened{archive: a, info: c}, data}, nil
}

// gzipFile is deflated content between what makes it a gzip file.
type gzipFile [3]interface {
	io.ReaderAt
	Size() int64
}

func newGzipFile(e *entry, data *io.SectionReader) gzipFile {
	tail := make([]byte, gzipTail)
	binary.LittleEndian.PutUint32(tail, e.crc)
	binary.LittleEndian.PutUint32(tail[4:], uint32(e.size)) // modulo 1<<32: RFC 1952, 2.3.1
	return gzipFile{strings.NewReader(gzipHead), data, bytes.NewReader(tail)}
}

// ReadAt reads from one part after the other.
func (g gzipFile) ReadAt(b []byte, at int64) (n int, err error) {
	for _, part := range g {
		if left := part.Size() - at; left > 0 && n < len(b) {
			m, err := part.ReadAt(b[n:n+int(min(left, int64(len(b)-n)))], at)
			n, at = n+m, at+int64(m)
			if int64(m) < left && n < len(b) {
				return n, unexpectedEOF(err)
			}
		}
		at -= part.Size()
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// unexpectedEOF tells the end of what is shorter than it was from other errors.
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
