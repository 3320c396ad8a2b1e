package zipsite

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// memory is an archive that is not on disk.
type memory struct {
	*bytes.Reader
	size int64
}

func newMemory(b []byte) memory { return memory{bytes.NewReader(b), int64(len(b))} }

func (m memory) Stat() (fs.FileInfo, error) {
	return &entry{name: "site.zip", size: m.size, modified: 1e18, mode: 0o644}, nil
}

func (m memory) Close() error { return nil }

// maxRead is how much of a file is read: a few bytes can be the start of much.
const maxRead = 1 << 20

// FuzzArchive reads all that is in an archive of any bytes. Each name leads to
// what is listed, and what can be read whole is the same in coded form.
func FuzzArchive(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := newArchive(newMemory(content))
		if err != nil {
			return
		}
		v := view{a, "."}
		if !slices.IsSortedFunc(a.entries, func(x, y entry) int { return x.compare(y.dir(), y.Name()) }) {
			t.Error("the index is not sorted")
		}
		for i := range a.entries {
			e := &a.entries[i]
			if !fs.ValidPath(e.name) || e.Name() != path.Base(e.name) || e.dir() != path.Dir(e.name) {
				t.Fatalf("name %q", e.name)
			}
			if dir := a.findName(e.dir()); dir == nil || !dir.IsDir() {
				t.Fatalf("%q is in no folder", e.name)
			}
			if found, err := v.Lstat(e.name); err != nil || found != e {
				t.Fatalf("%q is not found: %v", e.name, err)
			}
			if e.size < 0 {
				t.Fatalf("%q has %d bytes", e.name, e.size)
			}
			checkFile(t, v, e.name)
		}
		listed := 0
		for _, dir := range append(slices.Clone(a.entries), a.root) {
			if dir.IsDir() {
				entries, err := v.ReadDir(dir.name)
				if err != nil {
					t.Fatal(err)
				}
				listed += len(entries)
			}
		}
		if listed != len(a.entries) {
			t.Errorf("%d entries are listed, %d are there", listed, len(a.entries))
		}
		if n := a.users.Load(); n != 1 {
			t.Errorf("%d users are left", n)
		}
	})
}

// checkFile reads a file, and its coded form.
func checkFile(t *testing.T, v view, name string) {
	info, err := v.Stat(name)
	if err != nil || info.IsDir() {
		return
	}
	content, readErr := readSome(v, name)
	if readErr == nil && int64(len(content)) != min(info.Size(), maxRead) || int64(len(content)) > info.Size() {
		t.Fatalf("%q: %d bytes, want %d", name, len(content), info.Size())
	}
	for _, suffix := range codedSuffixes[deflated:] {
		c, ok := v.lookCoded(name + suffix)
		if !ok || v.findName(name+suffix) != nil {
			continue
		}
		coded, err := readSome(v, name+suffix)
		if err != nil {
			if readErr == nil {
				t.Fatalf("%q: %v", name+suffix, err)
			}
			continue
		}
		if int64(len(coded)) != min(c.Size(), maxRead) {
			t.Fatalf("%q: %d bytes, want %d", name+suffix, len(coded), c.Size())
		}
		if readErr != nil || len(content) == maxRead || len(coded) == maxRead {
			continue
		}
		if decoded, err := decode(suffix, coded); !bytes.Equal(decoded, content) || err != nil && suffix == ".zst" {
			t.Fatalf("%q: decoded to %d bytes, want %d: %v", name+suffix, len(decoded), len(content), err)
		}
	}
}

func readSome(v view, name string) ([]byte, error) {
	f, err := v.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxRead))
}

func decode(suffix string, coded []byte) ([]byte, error) {
	if suffix == ".gz" {
		r, err := gzip.NewReader(bytes.NewReader(coded))
		if err != nil {
			return nil, err
		}
		// What follows the end of deflated content is there, too.
		b, err := io.ReadAll(r)
		if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
			err = nil
		}
		return b, err
	}
	r, err := zstd.NewReader(bytes.NewReader(coded), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// seeds are archives of all kinds.
func seeds(t testing.TB) [][]byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name, content string, method, flags uint16, mode fs.FileMode) {
		h := &zip.FileHeader{Name: name, Method: method, Flags: flags}
		h.SetMode(mode)
		part, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, content)
	}
	w.RegisterCompressor(methodZstd, zstd.ZipCompressor())
	words := strings.Repeat("as it lies ", 100)
	add("a/b.txt", words, methodDeflated, 0, 0o644)
	add("a/c.txt", words, methodStored, 0, 0o644)
	add("d.css", words, methodZstd, 0, 0o644)
	add("a/", "", 0, 0, fs.ModeDir|0o755)
	add("link", "a/b.txt", 0, 0, fs.ModeSymlink|0o777)
	add("ring", "ring", 0, 0, fs.ModeSymlink|0o777)
	add("../up", "", 0, 0, 0o644)
	add("x\\y\x81", "", 0, 0, 0o644)
	add("a", "clash", 0, 0, 0o644)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	return [][]byte{whole, whole[:len(whole)-22], append([]byte("#!/bin/sh\n"), whole...), []byte("PK\x05\x06" + strings.Repeat("\x00", 18)), nil}
}

// TestReference compares what is found in the seeds with what archive/zip does.
func TestReference(t *testing.T) {
	t.Parallel()
	for i, seed := range seeds(t) {
		reference, err := zip.NewReader(bytes.NewReader(seed), int64(len(seed)))
		a, ownErr := newArchive(newMemory(seed))
		if (err == nil) != (ownErr == nil) {
			t.Fatalf("%d: %v, but archive/zip says %v", i, ownErr, err)
		}
		if err != nil {
			continue
		}
		for _, f := range reference.File {
			e := a.findName(strings.TrimSuffix(f.Name, "/"))
			if !fs.ValidPath(strings.TrimSuffix(f.Name, "/")) || f.Mode().IsDir() || e == nil || e.IsDir() {
				continue
			}
			offset, err := f.DataOffset()
			if err != nil {
				t.Fatal(err)
			}
			data, err := a.data(e)
			if err != nil {
				t.Fatalf("%q: %v", f.Name, err)
			}
			_, own, n := data.Outer()
			if own != offset || n != int64(f.CompressedSize64) || e.size != int64(f.UncompressedSize64) || e.crc != f.CRC32 {
				t.Errorf("%q: %+v, but archive/zip has %+v", f.Name, e, f.FileHeader)
			}
		}
	}
}

// TestMemory bounds what an index takes: of names that imply many folders, of a
// count that promises entries, and of more of them than there may be.
func TestMemory(t *testing.T) {
	record := func(name string) string {
		return recordSignature + strings.Repeat("\x00", 24) + string([]byte{byte(len(name)), byte(len(name) >> 8)}) + strings.Repeat("\x00", 16) + name
	}
	open := func(directory []byte, count int, atMost uint64) (*archive, error) {
		end := binary.LittleEndian.AppendUint16([]byte(endSignature+"\x00\x00\x00\x00\x00\x00"), uint16(count))
		end = binary.LittleEndian.AppendUint32(end, uint32(len(directory)))
		file := newMemory(append(append(directory, end...), "\x00\x00\x00\x00\x00\x00"...))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := newArchive(file)
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > atMost {
			t.Errorf("%d entries: %d MiB", count, n)
		}
		return a, err
	}
	var deep []byte
	for i := range 400 {
		deep = append(deep, record(strings.Repeat(string(rune('a'+i%26))+string(rune('a'+i/26))+"/", 256)+"x")...)
	}
	if a, err := open(deep, 400, 100); err != nil || len(a.entries) != 400*257 {
		t.Errorf("deep names: %v", err)
	}
	if _, err := open(nil, 65535, 4); !errors.Is(err, errDirectory) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := open(bytes.Repeat([]byte(record("x")), maxEntries+1), maxEntries+1, 900); !errors.Is(err, errTooMany) {
		t.Errorf("too many entries: %v", err)
	}
	wide := bytes.Repeat([]byte(record(strings.Repeat("a/", 256))), 8000) // all the same
	if _, err := open(wide, 8000, 40); err != nil {
		t.Errorf("long names: %v", err)
	}
}

// TestTooManyFolders counts those that only names tell of.
func TestTooManyFolders(t *testing.T) {
	t.Parallel()
	for atMost, want := range map[int]error{3: errTooMany, 4: nil} {
		file := newFolder("a/b/c/d", 0)
		if entries, err := addFolders([]entry{file}, 0, atMost); err != want || err == nil && len(entries) != 4 {
			t.Errorf("at most %d: %d entries, %v", atMost, len(entries), err)
		}
	}
}

// TestUnderWay opens an archive that is written meanwhile.
func TestUnderWay(t *testing.T) {
	t.Parallel()
	file := &growing{memory: newMemory(seeds(t)[0])}
	if _, err := newArchive(file); !errors.Is(err, errStale) {
		t.Error(err)
	}
}

// growing seems larger with each look.
type growing struct {
	memory
	looks int64
}

func (g *growing) Stat() (fs.FileInfo, error) {
	g.looks++
	return &entry{name: "site.zip", size: g.size + g.looks - 1, mode: 0o644}, nil
}
