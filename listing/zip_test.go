package listing_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/listing"
)

// archived is what the odd names are called in a zip archive, if not the same.
var archived = map[string]string{
	`..\..\evil`: "..\ufffd5C..\ufffd5Cevil", `\\host\share`: "\ufffd5C\ufffd5Chost\ufffd5Cshare", "C:evil": "C\ufffd3Aevil",
	"C\ufffd3Aevil": "C\ufffdEF\ufffdBF\ufffdBD3Aevil", `a\b`: "a\ufffd5Cb", "a\ufffd5Cb": "a\ufffdEF\ufffdBF\ufffdBD5Cb", "sub/Z:x": "sub/Z\ufffd3Ax", "a:b": "a\ufffd3Ab",
	"\xff\xfe": "\ufffdFF\ufffdFE", "latin\xe9": "latin\ufffdE9", "latin\ufffdE9": "latin\ufffdEF\ufffdBF\ufffdBDE9",
	".. ": "\ufffd2E. ", "...": "\ufffd2E..", " ..": " \ufffd2E.", ". ./x": "\ufffd2E ./x",
	strings.Repeat("\xe9", 120): strings.Repeat("\ufffdE9", 120), strings.Repeat("x\xe9/", 90) + "y": strings.Repeat("x\ufffdE9/", 90) + "y",
}

func archivedName(name string) string {
	if other, ok := archived[name]; ok {
		return other
	}
	return name
}

// zipTime is the time that Go reads from a zip archive for a file.
func zipTime(t time.Time) int64 {
	switch {
	case t.Unix() >= 0 && t.Unix() < 1<<31:
		return t.Unix()
	case t.Year() < 1980:
		return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	case t.Year() > 2107:
		return time.Date(2107, 12, 31, 23, 59, 58, 0, time.UTC).Unix()
	}
	return t.Unix() &^ 1
}

// checkZip reads an archive. What the files are called in it is told by nameOf;
// without that, it can be undone.
func checkZip(t testing.TB, archive io.ReaderAt, length int64, files []fakeFile, nameOf func(string) string) {
	t.Helper()
	r, err := zip.NewReader(archive, length)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != len(files) {
		t.Fatalf("%d entries, want %d", len(r.File), len(files))
	}
	for i, h := range r.File {
		f := &files[i]
		name, mode := "", f.mode.Perm()
		if nameOf != nil {
			name = nameOf(f.name)
		} else if name = strings.TrimSuffix(h.Name, "/"); restored(name) != f.name {
			t.Fatalf("%q is called %q", f.name, name)
		}
		if f.isDir {
			name, mode = name+"/", mode|fs.ModeDir
		}
		if h.Name != name || h.UncompressedSize64 != uint64(f.size) || h.CompressedSize64 != uint64(f.size) || h.Method != zip.Store || h.Mode() != mode || h.Modified.Unix() != zipTime(f.mtime) {
			t.Fatalf("%q, %d bytes, %v, %v is read as %+v %v", f.name, f.size, f.mode, f.mtime, h.FileHeader, h.Mode())
		}
		if isReadOnly := h.ExternalAttrs&1 != 0; isReadOnly != (f.mode&0o200 == 0 && !f.isDir) {
			t.Fatalf("%q: read-only is %v", f.name, isReadOnly)
		}
		if f.size >= 1<<32-1 && h.ReaderVersion != 45 {
			t.Fatalf("%q needs version %d", f.name, h.ReaderVersion)
		}
		ascii := strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
		if isMarked := h.Flags&(1<<11) != 0; isMarked == ascii {
			t.Fatalf("%q: marked as UTF-8 is %v", f.name, isMarked)
		}
		if f.size > 1<<20 {
			continue
		}
		content, err := h.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(content); err != nil || !bytes.Equal(got, f.content()) {
			t.Fatalf("%q: other content, %v", f.name, err)
		}
	}
}

func TestZip(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fakeFiles{"names": oddTree(), "times": timesTree(), "empty": {}} {
		f.unkept = true // none may be taken for another
		a := measure(t, listing.Zip, f, listing.NewChecksums(1<<16))
		all := whole(t, a)
		if !bytes.Equal(whole(t, a), all) {
			t.Errorf("%s: the second pass differs", name)
		}
		nameOf := archivedName
		if name == "times" {
			nameOf = func(name string) string { return strings.Replace(name, "\xff", "\ufffdFF", 1) }
		}
		checkZip(t, bytes.NewReader(all), int64(len(all)), f.files, nameOf)
	}
}

// TestZipNames has no two names that become one, and none that leads out of a
// folder where the backslash and the drive count.
func TestZipNames(t *testing.T) {
	t.Parallel()
	parts := []string{"a", "C", ":", `\`, ".", " ", "%", "5", "2", "E", "F", "D", "B", "\ufffd", "\xef", "\xbf", "\xbd", "\xe9", "é"}
	seen := map[string]string{}
	f := &fakeFiles{}
	for i := range len(parts) * len(parts) * len(parts) * len(parts) {
		name := parts[i%19] + parts[i/19%19] + parts[i/19/19%19] + parts[i/19/19/19]
		if utf8.ValidString(name) || strings.Contains(name, "\xef") || strings.Contains(name, "\xe9") {
			f.files = append(f.files, fakeFile{name: name})
		}
	}
	all := whole(t, measure(t, listing.Zip, f, nil))
	r, err := zip.NewReader(bytes.NewReader(all), int64(len(all)))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range r.File {
		original := f.files[i].name
		if other, twice := seen[h.Name]; twice && other != original {
			t.Errorf("%q and %q are both %q", other, original, h.Name)
		}
		seen[h.Name] = original
		if strings.Contains(h.Name, `\`) || h.Name[1] == ':' && (h.Name[0] == 'a' || h.Name[0] == 'C') || strings.Trim(h.Name, ". ") == "" && strings.Contains(h.Name, ".") || !utf8.ValidString(h.Name) {
			t.Errorf("%q is %q", original, h.Name)
		}
	}
}

// rangeReader reads an archive where a reader of zip looks, which is how parts
// of an archive that does not fit are tested.
type rangeReader struct{ a *listing.Archive }

func (r rangeReader) ReadAt(p []byte, at int64) (int, error) {
	n := min(int64(len(p)), r.a.Length()-at)
	b := bytes.NewBuffer(p[:0])
	if err := r.a.WriteRange(b, at, n); err != nil {
		return 0, err
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// TestZip64 has sizes, offsets and counts on both sides of the limits. Only the
// ends of files are read: their checksums are remembered.
func TestZip64(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]fakeFile{
		"largest without":               {{name: "f", size: 1<<32 - 2}},
		"smallest with":                 {{name: "f", size: 1<<32 - 1}, {name: "g", size: 10}},
		"offset":                        {{name: "f", size: 1<<31 - 1}, {name: "g", size: 1 << 31}, {name: "h", size: 10}},
		"offset that just does not fit": {{name: "f", size: 1<<32 - 1 - 30 - 1 - 16}, {name: "g", size: 10}},
		"6 GiB":                         {{name: "e", size: 3}, {name: "f", size: 6 << 30}, {name: "d", isDir: true}, {name: "g", size: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFiles{files: files}
			a := measure(t, listing.Zip, f, listing.NewChecksums(1<<16))
			checkZip(t, rangeReader{a}, a.Length(), files, archivedName)
			if name == "6 GiB" && f.copied.Load() > 6<<30+1000 {
				t.Errorf("%d bytes are read for the checksum", f.copied.Load())
			}
		})
	}
}

// TestZipLengths has exactly the bytes that the limits ask for.
func TestZipLengths(t *testing.T) {
	t.Parallel()
	const local, times, descriptor, record, end, end64 = 30 + 1, 9, 16, 46 + 1, 22, 56 + 20
	for size, want := range map[int64]int64{
		0: local + times + record + times + end,
		1: local + times + descriptor + record + times + end,
		1<<32 - 1 - local - times - descriptor - 1: local + times + descriptor + record + times + end,
		1<<32 - 1 - local - times - descriptor:     local + times + descriptor + record + times + end + end64,
		1<<32 - 2:                                  local + times + descriptor + record + times + end + end64,
		1<<32 - 1:                                  local + times + 20 + descriptor + 8 + record + times + 20 + end + end64,
	} {
		f := &fakeFiles{files: []fakeFile{{name: "f", size: size, mtime: modified}}}
		if got := measure(t, listing.Zip, f, nil).Length(); got != size+want {
			t.Errorf("%d bytes more than %d, want %d", got-size, size, want)
		}
	}
}

func TestZipManyEntries(t *testing.T) {
	t.Parallel()
	for _, count := range []int{65534, 65535, 70_000} {
		var f fakeFiles
		for i := range count {
			f.files = append(f.files, fakeFile{name: fmt.Sprint(i), size: int64(i & 1)})
		}
		a := measure(t, listing.Zip, &f, nil)
		all := whole(t, a)
		checkZip(t, bytes.NewReader(all), a.Length(), f.files, archivedName)
		if has := bytes.Contains(all[len(all)-100:], []byte("PK\x06\x06")); has != (count >= 65535) {
			t.Errorf("%d entries: Zip64 is %v", count, has)
		}
	}
}

// TestZipNameTooLong cannot be told by the format.
func TestZipNameTooLong(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{{name: strings.Repeat("n", 65535)}}}
	measure(t, listing.Zip, f, nil)
	f.files[0].name += "n"
	if _, err := listing.Measure(listing.Zip, f.tree(), nil); err == nil {
		t.Error("a name of 65536 bytes is taken")
	}
}

// TestZipChecksums reads no file twice as long as its checksum is remembered.
// The central directory, of 46 bytes and a name each, is asked for twice.
func TestZipChecksums(t *testing.T) {
	t.Parallel()
	for _, count := range []int{10, 1<<16 + 100} {
		var f fakeFiles
		for i := range count {
			f.files = append(f.files, fakeFile{name: fmt.Sprintf("%06d", i), size: 1})
		}
		a := measure(t, listing.Zip, &f, listing.NewChecksums(1<<16))
		for i, want := range []int64{int64(count), int64(max(0, count-1<<16))} {
			f.copied.Store(0)
			directory := int64(count)*(46+6) + 22
			if count > 1<<16 {
				directory += 76
			}
			if err := a.WriteRange(io.Discard, a.Length()-directory, directory); err != nil {
				t.Fatal(err)
			}
			// What is read again takes the place of what is read later.
			if got := f.copied.Load(); got < want || got > want+want*int64(i)*3 {
				t.Errorf("%d files, pass %d: %d are read, want %d", count, i, got, want)
			}
		}
	}
}

// TestZipLocalSizes asks for the sizes where a reader of a stream needs them.
func TestZipLocalSizes(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{{name: "f", size: 0x1234}, {name: "g", size: 1 << 32}}}
	a := measure(t, listing.Zip, f, nil)
	var b bytes.Buffer
	if err := a.WriteRange(&b, 0, 30); err != nil {
		t.Fatal(err)
	}
	if got := b.Bytes()[6:26]; got[0] != 8 || !bytes.Equal(got[8:], []byte{0, 0, 0, 0, 0x34, 0x12, 0, 0, 0x34, 0x12, 0, 0}) {
		t.Errorf("% x", got)
	}
}

func TestZipPrograms(t *testing.T) {
	t.Parallel()
	var names []string
	for _, name := range oddNames {
		if len(archivedName(name)) < 256 {
			names = append(names, name)
		}
	}
	for _, c := range []struct {
		command []string
		rename  func(string) string
	}{
		{[]string{"unzip", "-qq"}, func(s string) string { return strings.NewReplacer("\n", "", "\x01", "", "\x1b", "").Replace(s) }},
		{[]string{"7z", "x", "-y", "-bb0", "-bso0", "-bsp0"}, nil},
		{[]string{"bsdtar", "-xpf"}, nil},
	} {
		t.Run(c.command[0], func(t *testing.T) {
			t.Parallel()
			exchange.Program(t, c.command[0])
			files := realTree(names)
			archive, dir := archiveFile(t, listing.Zip, files), t.TempDir()
			if out := runProgram(t, dir, "", c.command[0], append(c.command[1:], archive)...); out != "" {
				t.Errorf("%s says %s", c.command[0], out)
			}
			unpacked(t, dir, files, func(name string) string {
				name = archivedName(name)
				if c.rename != nil {
					name = c.rename(name)
				}
				return name
			})
		})
	}
	archive := archiveFile(t, listing.Zip, realTree(names))
	count := len(realTree(names))
	t.Run("unzip -t", func(t *testing.T) {
		t.Parallel()
		if out := runProgram(t, "", "", "unzip", "-tqq", archive); out != "" {
			t.Error(out)
		}
	})
	t.Run("bsdtar of a pipe", func(t *testing.T) {
		t.Parallel()
		if out := runProgram(t, "", archive, "bsdtar", "-tf", "-"); strings.Count(out, "\n") != count {
			t.Error(out)
		}
	})
	t.Run("bsdtar of a descriptor in the content", func(t *testing.T) {
		t.Parallel()
		out := runProgram(t, "", archiveOf(t, listing.Zip, "f", smuggling()), "bsdtar", "-tf", "-")
		if out != "f\n" {
			t.Error(out)
		}
	})
	t.Run("python3", func(t *testing.T) {
		t.Parallel()
		script := "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(z.testzip(), len(z.namelist()))"
		if out := runProgram(t, "", "", "python3", "-c", script, archive); out != fmt.Sprintf("None %d\n", count) {
			t.Error(out)
		}
	})
	t.Run("jar", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		runProgram(t, dir, "", "jar", "xf", archive)
		if found, _ := filepath.Glob(filepath.Join(dir, "plain.txt")); len(found) != 1 {
			t.Error("nothing is unpacked")
		}
	})
}

// smuggling returns content that looks like the end of itself, with the right
// checksum, and another member.
func smuggling() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"f", "smuggled"} {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: name})
		io.WriteString(f, "prefix")
	}
	w.Close()
	return b.Bytes()[30+1:]
}

// restored undoes what is done to names in zip archives.
func restored(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		if rest, ok := strings.CutPrefix(name[i:], "\ufffd"); ok && len(rest) >= 2 {
			if c, err := strconv.ParseUint(rest[:2], 16, 8); err == nil && rest[:2] == strings.ToUpper(rest[:2]) {
				b = append(b, byte(c))
				i += 4
				continue
			}
		}
		b = append(b, name[i])
	}
	return string(b)
}

// TestZipOfAFileThatChangedWithoutATrace has the checksum of what was sent,
// though another one is remembered for the file, and remembers that one.
func TestZipOfAFileThatChangedWithoutATrace(t *testing.T) {
	t.Parallel()
	content := "first"
	tree := listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
		yield(&listing.Member{Name: "f", Size: 5, Key: "f", Copy: func(w io.Writer, offset, n int64) error {
			_, err := io.WriteString(w, content[offset:offset+n])
			return err
		}}, nil)
	}}
	a, err := listing.Measure(listing.Zip, tree, listing.NewChecksums(10))
	if err != nil {
		t.Fatal(err)
	}
	for _, content = range []string{"first", "other"} {
		var out bytes.Buffer
		if err := a.WriteRange(&out, 0, a.Length()); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(out.Bytes()), a.Length())
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
	}
}
