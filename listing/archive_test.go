package listing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/listing"
)

var bothFormats = map[string]listing.Format{"tar": listing.Tar, "zip": listing.Zip}

// fakeFile has a content that is made when it is read, so that it may be large.
type fakeFile struct {
	name  string
	isDir bool
	size  int64
	mode  fs.FileMode
	mtime time.Time
	err   error // of Copy
}

// fakePattern repeats with a prime length, so that a shift shows.
var fakePattern = func() []byte {
	b := make([]byte, 65521)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

func (f *fakeFile) copy(w io.Writer, offset, n int64) error {
	if offset < 0 || n < 0 || offset > f.size-n {
		return fmt.Errorf("copy of %d from %d on", n, offset)
	}
	at := (offset + int64(len(f.name))*997) % int64(len(fakePattern))
	for n > 0 {
		b := fakePattern[at:min(int64(len(fakePattern)), at+n)]
		if _, err := w.Write(b); err != nil {
			return err
		}
		n -= int64(len(b))
		at = 0
	}
	return f.err
}

func (f *fakeFile) content() []byte {
	var b bytes.Buffer
	f.copy(&b, 0, f.size)
	return b.Bytes()
}

// fakeFiles is a tree. Its walks may be watched and changed.
type fakeFiles struct {
	files  []fakeFile
	copied atomic.Int64 // bytes that Copy was asked for
	walks  atomic.Int64
	change func(walk int64, files []fakeFile) []fakeFile
	unkept bool // no keys
}

func (f *fakeFiles) tree() listing.Tree {
	return listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
		files := f.files
		if walk := f.walks.Add(1); f.change != nil {
			files = f.change(walk, append([]fakeFile(nil), files...))
		}
		for i := range files {
			file := &files[i]
			m := listing.Member{Name: file.name, IsDir: file.isDir, Size: file.size, Mode: file.mode, ModTime: file.mtime}
			if !f.unkept && !file.isDir {
				m.Key = file.name
			}
			m.Copy = func(w io.Writer, offset, n int64) error {
				f.copied.Add(n)
				return file.copy(w, offset, n)
			}
			if !yield(&m, nil) {
				return
			}
		}
	}}
}

// oddNames are names that archives have trouble with.
var oddNames = []string{
	"plain.txt", `..\..\evil`, `\\host\share`, "C:evil", "C\ufffd3Aevil", `a\b`, "a＼b", "a\ufffd5Cb", "a%5Cb", "sub/Z:x", "a:b", "new\nline", "\u202egnp.exe",
	"\xff\xfe", "latin\xe9", "latin\ufffdE9", "-rf", "trailing ", "trailing.", ".. ", "...", " ..", ". ./x", "naïve/日本語.txt", "a\ufffdb", "~", "CON", "\x01\x1b[31m",
	strings.Repeat("n", 99), strings.Repeat("n", 100), strings.Repeat("n", 101), strings.Repeat("n", 255), strings.Repeat("é", 127),
	strings.Repeat("p", 155) + "/" + strings.Repeat("n", 100), strings.Repeat("p", 156) + "/" + strings.Repeat("n", 100), strings.Repeat("p", 155) + "/" + strings.Repeat("n", 99),
	strings.Repeat(strings.Repeat("d", 99)+"/", 30) + "deep", strings.Repeat("\xe9", 120), strings.Repeat("x\xe9/", 90) + "y",
}

// oddTree has a file of every odd name, and some folders.
func oddTree() *fakeFiles {
	f := &fakeFiles{files: []fakeFile{{name: "folder", isDir: true, mode: fs.ModeDir | 0o750, mtime: modified}, {name: "ordner é", isDir: true, mode: fs.ModeDir | 0o755}}}
	for i, name := range oddNames {
		f.files = append(f.files, fakeFile{name: name, size: int64(i * 37 % 600), mode: fs.FileMode(0o400 | i*8%0o400), mtime: modified.Add(time.Duration(i) * 1111 * time.Hour)})
	}
	return f
}

func measure(t testing.TB, format listing.Format, f *fakeFiles, checksums *listing.Checksums) *listing.Archive {
	t.Helper()
	a, err := listing.Measure(format, f.tree(), checksums)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.copied.Load(); n != 0 && f.walks.Load() == 1 {
		t.Fatalf("measuring read %d bytes", n)
	}
	return a
}

func whole(t testing.TB, a *listing.Archive) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := a.WriteRange(&b, 0, a.Length()); err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) != a.Length() {
		t.Fatalf("%d bytes, length is %d", b.Len(), a.Length())
	}
	return b.Bytes()
}

// TestArchiveRanges compares ranges with the same part of the whole, and counts
// what had to be read for them.
func TestArchiveRanges(t *testing.T) {
	t.Parallel()
	for name, format := range bothFormats {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := oddTree()
			f.files = append(f.files, fakeFile{name: "larger", size: 200_000}, fakeFile{name: "last", size: 1})
			warm := listing.NewChecksums(1 << 16)
			a := measure(t, format, f, warm)
			all := whole(t, a)
			cold := measure(t, format, f, nil)
			try := func(a *listing.Archive, from, n int64) {
				t.Helper()
				f.copied.Store(0)
				var b bytes.Buffer
				if err := a.WriteRange(&b, from, n); err != nil {
					t.Fatalf("%d from %d on: %v", n, from, err)
				}
				if !bytes.Equal(b.Bytes(), all[from:from+n]) {
					t.Fatalf("%d from %d on are others than in the whole", n, from)
				}
				if copied := f.copied.Load(); copied > n && (a != cold || format == listing.Tar) {
					t.Fatalf("read %d bytes for %d from %d on", copied, n, from)
				}
			}
			length := a.Length()
			for at := int64(0); at <= length; at += 1 + at/1000*41 {
				try(a, at, length-at)
				try(a, at, min(300, length-at))
			}
			for at := length; at > length-3000; at -= 1 + (length-at)/700*13 {
				try(a, at, length-at)
				try(cold, at, length-at)
			}
			r := rand.New(rand.NewPCG(3, 4))
			for range 300 {
				from := r.Int64N(length)
				n := r.Int64N(length - from + 1)
				try(a, from, n)
				try(cold, from, n)
			}
		})
	}
}

func TestWriteRangeOutside(t *testing.T) {
	t.Parallel()
	a := measure(t, listing.Tar, oddTree(), nil)
	for _, r := range [][2]int64{{-1, 1}, {0, -1}, {0, a.Length() + 1}, {a.Length(), 1}, {a.Length() + 1, 0}, {1, 1<<63 - 1}} {
		var b bytes.Buffer
		if err := a.WriteRange(&b, r[0], r[1]); err == nil || b.Len() > 0 {
			t.Errorf("%d: %v, %d bytes", r, err, b.Len())
		}
	}
}

// TestArchiveSum tells apart what a strong validator has to tell apart.
func TestArchiveSum(t *testing.T) {
	t.Parallel()
	sums := map[listing.Sum]string{}
	for name, change := range treeChanges {
		for formatName, format := range bothFormats {
			f := oddTree()
			f.files = change(f.files)
			sum := measure(t, format, f, nil).Sum()
			if sums[sum] != "" {
				t.Errorf("%s and %s have the same sum", sums[sum], name)
			}
			sums[sum] = name + " " + formatName
			if again := measure(t, format, f, nil).Sum(); again != sum {
				t.Errorf("%s: two sums of one tree", name)
			}
		}
	}
}

// treeChanges are made to an odd tree of oddTree, in its middle.
var treeChanges = map[string]func([]fakeFile) []fakeFile{
	"nothing":         func(f []fakeFile) []fakeFile { return f },
	"a new one":       func(f []fakeFile) []fakeFile { return append(f, fakeFile{name: "new"}) },
	"one is gone":     func(f []fakeFile) []fakeFile { return append(f[:9:9], f[10:]...) },
	"last is gone":    func(f []fakeFile) []fakeFile { return f[:len(f)-1] },
	"other name":      func(f []fakeFile) []fakeFile { f[9].name = "b" + f[9].name[1:]; return f },
	"other size":      func(f []fakeFile) []fakeFile { f[9].size++; return f },
	"other time":      func(f []fakeFile) []fakeFile { f[9].mtime = f[9].mtime.Add(1); return f },
	"other year":      func(f []fakeFile) []fakeFile { f[9].mtime = f[9].mtime.AddDate(600, 0, 0); return f },
	"other mode":      func(f []fakeFile) []fakeFile { f[9].mode ^= 0o100; return f },
	"other kind":      func(f []fakeFile) []fakeFile { f[9].size, f[9].isDir = 0, true; return f },
	"other kind, too": func(f []fakeFile) []fakeFile { f[9].size = 0; return f },
	"other order":     func(f []fakeFile) []fakeFile { f[9], f[10] = f[10], f[9]; return f },
	"later":           func(f []fakeFile) []fakeFile { f[len(f)-1].mtime = modified.AddDate(9, 0, 0); return f },
	"larger last":     func(f []fakeFile) []fakeFile { f[len(f)-1].size += 512; return f },
	"huge":            func(f []fakeFile) []fakeFile { f[9].size = 1<<63 - 1<<20; return f },
}

// TestTreeChanges changes the tree from one walk to the next, before, in and
// behind what is asked for: never may as much as that be written.
func TestTreeChanges(t *testing.T) {
	t.Parallel()
	for name, change := range treeChanges {
		for formatName, format := range bothFormats {
			for walk := int64(2); walk <= 3; walk++ {
				f := oddTree()
				a := measure(t, format, f, listing.NewChecksums(1<<16))
				f.change = func(w int64, files []fakeFile) []fakeFile {
					if w == walk {
						return change(files)
					}
					return files
				}
				for _, r := range [][2]int64{{0, a.Length()}, {0, 10}, {3000, 500}, {a.Length() - 100, 100}, {a.Length() - 1, 1}, {a.Length() - 5000, 4000}} {
					f.walks.Store(1)
					var b bytes.Buffer
					err := a.WriteRange(&b, r[0], r[1])
					walked := f.walks.Load() >= walk
					switch {
					case name == "nothing" || !walked:
						if err != nil || int64(b.Len()) != r[1] {
							t.Errorf("%s, %s, walk %d, %d: %v", formatName, name, walk, r, err)
						}
					case err == nil || int64(b.Len()) >= r[1]:
						t.Errorf("%s, %s, walk %d, %d: %d bytes are written, %v", formatName, name, walk, r, b.Len(), err)
					case name != "huge" && !errors.Is(err, listing.ErrTreeChanged):
						t.Errorf("%s, %s, walk %d, %d: %v", formatName, name, walk, r, err)
					}
				}
			}
		}
	}
}

// TestTreeChangesBehindContent has a range that ends where a large file does.
func TestTreeChangesBehindContent(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{{name: "f", size: 1 << 20}, {name: "g"}}}
	a := measure(t, listing.Tar, f, nil)
	f.files = f.files[:1]
	var b bytes.Buffer
	if err := a.WriteRange(&b, 512, 1<<20); !errors.Is(err, listing.ErrTreeChanged) || b.Len() >= 1<<20 {
		t.Errorf("%d bytes are written, %v", b.Len(), err)
	}
}

// TestCopyFails looks for the name in the error, and for a piece that is missing.
func TestCopyFails(t *testing.T) {
	t.Parallel()
	gone := errors.New("it is gone")
	for formatName, format := range bothFormats {
		for _, size := range []int64{1, 1000, 1 << 20} {
			f := &fakeFiles{files: []fakeFile{{name: "first", size: 10}, {name: "sec\nond", size: size, err: gone}, {name: "third", size: 5}}}
			a := measure(t, format, f, nil)
			var b bytes.Buffer
			err := a.WriteRange(&b, 0, a.Length())
			if !errors.Is(err, gone) || !strings.Contains(err.Error(), `"sec\nond"`) || int64(b.Len()) >= a.Length() {
				t.Errorf("%s: %d bytes, %v", formatName, b.Len(), err)
			}
		}
	}
	tree := listing.Tree{Members: func(yield func(*listing.Member, error) bool) { yield(nil, gone) }}
	if _, err := listing.Measure(listing.Zip, tree, nil); !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := listing.WriteTar(io.Discard, tree); !errors.Is(err, gone) {
		t.Error(err)
	}
}

// TestCopyMiscounts has a Copy that writes less or more than it was asked for.
func TestCopyMiscounts(t *testing.T) {
	t.Parallel()
	for formatName, format := range bothFormats {
		for _, off := range []int{-1, 1, 40_000} {
			sums := listing.NewChecksums(1 << 16)
			tree := listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
				yield(&listing.Member{Name: "f", Size: 100, Key: "1", Copy: func(w io.Writer, _, n int64) error {
					_, err := io.Copy(w, struct{ io.Reader }{bytes.NewReader(make([]byte, int(n)+off))})
					return err
				}}, nil)
			}}
			a, err := listing.Measure(format, tree, sums)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.WriteRange(io.Discard, 0, a.Length()); err == nil {
				t.Errorf("%s: %d bytes too many are not noticed", formatName, off)
			}
			if err := a.WriteRange(io.Discard, 600, 12); err == nil && format == listing.Tar && off > 0 {
				t.Errorf("%d bytes too many are not noticed in 12", off)
			}
			if err := a.WriteRange(io.Discard, a.Length()-60, 60); err == nil && format == listing.Zip {
				t.Errorf("a checksum of %d bytes too many is used", off)
			}
		}
	}
}

// failingWriter takes so many bytes, and then says it has taken less.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	n := min(w.left, len(p))
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestWriterFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	for formatName, format := range bothFormats {
		f := oddTree()
		f.files = append(f.files, fakeFile{name: "large", size: 100_000}, fakeFile{name: "last", size: 10})
		a := measure(t, format, f, nil)
		for left := 0; left < int(a.Length()); left += 1 + left/7 {
			if err := a.WriteRange(&failingWriter{left, broken}, 0, a.Length()); !errors.Is(err, broken) {
				t.Fatalf("%s: %v after %d bytes", formatName, err, left)
			}
		}
		if err := a.WriteRange(&failingWriter{100, nil}, 0, 200); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", formatName, err)
		}
	}
}

// TestMembersRefused has members that must not get into an archive.
func TestMembersRefused(t *testing.T) {
	t.Parallel()
	for _, m := range []listing.Member{
		{Name: ""}, {Name: "/"}, {Name: "/etc/passwd"}, {Name: "."}, {Name: ".."}, {Name: "../x"}, {Name: "a/../b"}, {Name: "a/.."}, {Name: "a//b"}, {Name: "a/", IsDir: true},
		{Name: "./a"}, {Name: "a/./b"}, {Name: "nul\x00"}, {Name: "negative", Size: -1}, {Name: "folder", IsDir: true, Size: 1}, {Name: "endless", Size: 1<<63 - 1},
	} {
		tree := listing.Tree{Members: func(yield func(*listing.Member, error) bool) { yield(&m, nil) }}
		for formatName, format := range bothFormats {
			if _, err := listing.Measure(format, tree, nil); err == nil {
				t.Errorf("%s takes %q of %d bytes", formatName, m.Name, m.Size)
			}
		}
		m.Size = min(m.Size, 0)
		if err := listing.WriteTar(io.Discard, tree); err == nil && m.Name != "endless" && m.Name != "folder" {
			t.Errorf("WriteTar takes %q", m.Name)
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{{name: "a", mtime: modified}, {name: "b", mtime: modified.Add(1)}, {name: "c"}}}
	if got := measure(t, listing.Tar, f, nil).Newest(); !got.Equal(modified.Add(1)) {
		t.Error(got)
	}
	if got := measure(t, listing.Zip, &fakeFiles{}, nil).Newest(); !got.IsZero() {
		t.Error(got)
	}
}

// TestCopyGetsTheWriter itself for large files, so that the kernel can send
// them: always for tar, and for zip if only a part of a file is sent whose
// checksum is remembered.
func TestCopyGetsTheWriter(t *testing.T) {
	t.Parallel()
	for formatName, format := range bothFormats {
		var seen io.Writer
		tree := listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
			yield(&listing.Member{Name: "f", Size: 1 << 20, Key: "f", Copy: func(w io.Writer, _, n int64) error {
				if n > 1<<16 {
					seen = w
				}
				_, err := io.Copy(w, io.LimitReader(neverEnding{}, n))
				return err
			}}, nil)
		}}
		a, err := listing.Measure(format, tree, listing.NewChecksums(1<<16))
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []int64{0, 10_000} {
			out := &failingWriter{left: 1 << 30}
			if err := a.WriteRange(out, offset, a.Length()-offset); err != nil {
				t.Fatal(err)
			}
			if (seen == out) != (format == listing.Tar || offset > 0) {
				t.Errorf("%s, from %d: Copy is given a %T", formatName, offset, seen)
			}
		}
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

// TestConcurrentRanges is for the race detector.
func TestConcurrentRanges(t *testing.T) {
	t.Parallel()
	for _, format := range bothFormats {
		f := oddTree()
		a := measure(t, format, f, listing.NewChecksums(1<<16))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 10 {
					if err := a.WriteRange(io.Discard, 0, a.Length()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	}
}

// heapWriter notes how much is alive while an archive is written.
type heapWriter struct{ count, peak uint64 }

func (h *heapWriter) Write(p []byte) (int, error) {
	if h.count += uint64(len(p)); h.count>>28 != (h.count-uint64(len(p)))>>28 || h.peak == 0 {
		h.measure()
	}
	return len(p), nil
}

func (h *heapWriter) measure() {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapAlloc)
}

// TestArchiveMemory streams what would not fit.
func TestArchiveMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("streams 20 GiB")
	}
	var large, many fakeFiles
	for i := range 5 {
		large.files = append(large.files, fakeFile{name: fmt.Sprint(i), size: 2 << 30})
	}
	for i := range 200_000 {
		many.files = append(many.files, fakeFile{name: fmt.Sprintf("%060d", i), size: 100})
	}
	many.unkept = true
	for formatName, format := range bothFormats {
		for limit, f := range map[uint64]*fakeFiles{1 << 20: &large, 3 << 20: &many} {
			var before, after heapWriter
			before.measure()
			a := measure(t, format, f, nil)
			if err := a.WriteRange(&after, 0, a.Length()); err != nil {
				t.Fatal(err)
			}
			after.measure()
			if after.count != uint64(a.Length()) || after.peak > before.peak+limit {
				t.Errorf("%s of %d members: %d bytes, heap grew by %d", formatName, len(f.files), after.count, after.peak-before.peak)
			}
		}
	}
}
