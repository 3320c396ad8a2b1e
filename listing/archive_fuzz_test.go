package listing_test

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/listing"
)

// fuzzFiles makes a tree of any bytes: for each member a mode, a time, a size,
// and a name up to the next NUL.
func fuzzFiles(b []byte) (files []fakeFile) {
	for len(b) > 12 && len(files) < 50 {
		f := fakeFile{
			mode:  fs.FileMode(binary.LittleEndian.Uint16(b)),
			mtime: time.Unix(int64(binary.LittleEndian.Uint64(b[2:]))>>(8+b[0]%40), 0), // years that a Time can hold
			size:  int64(binary.LittleEndian.Uint16(b[10:])),
			isDir: b[1]&0x80 != 0,
		}
		name, rest, _ := bytes.Cut(b[12:], []byte{0})
		f.name, b = string(name), rest
		if f.isDir {
			f.size = 0
		}
		files = append(files, f)
	}
	return files
}

func isRefused(name string) bool {
	slashed := "/" + name + "/"
	return strings.Contains(slashed, "//") || strings.Contains(slashed, "/./") || strings.Contains(slashed, "/../")
}

// FuzzArchive reads archives of any members with Go's readers, and compares a
// range with the whole.
func FuzzArchive(f *testing.F) {
	for _, name := range oddNames {
		f.Add([]byte("\xa4\x01\x00\x00\x00\x00\x00\x00\x10\x00\xff\x01"+name+"\x00\xed\x81\x00\x00\xff\x00\x00\x00\x10\x80\x03\x02sub\x00\x07\x00abcdefghijxyz"), uint16(500), uint16(700))
	}
	f.Fuzz(func(t *testing.T, members []byte, from, count uint16) {
		tree := &fakeFiles{files: fuzzFiles(members)}
		var refused bool
		for _, file := range tree.files {
			refused = refused || isRefused(file.name)
		}
		for _, format := range bothFormats {
			a, err := listing.Measure(format, tree.tree(), nil)
			if refused != (err != nil) {
				t.Fatalf("refused: %v", err)
			}
			if refused {
				continue
			}
			all := whole(t, a)
			if format == listing.Tar {
				checkTar(t, bytes.NewReader(all), tree.files)
			} else {
				checkZip(t, bytes.NewReader(all), a.Length(), tree.files, nil)
			}
			start := int64(from) % (a.Length() + 1)
			n := min(int64(count), a.Length()-start)
			var part bytes.Buffer
			if err := a.WriteRange(&part, start, n); err != nil || !bytes.Equal(part.Bytes(), all[start:start+n]) {
				t.Fatalf("%d from %d on: %v", n, start, err)
			}
		}
	})
}
