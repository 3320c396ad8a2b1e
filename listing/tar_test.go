package listing_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/listing"
)

// oddTimes are years that a file may have, rightly or not.
var oddTimes = []time.Time{
	{}, time.Unix(0, 0), time.Unix(-1, 999), time.Unix(1<<31-1, 1), time.Unix(1<<31+1, 0), time.Unix(1<<32, 0), time.Unix(1<<33, 0), time.Unix(-1<<31-1, 0), time.Unix(1<<40, 0),
	time.Unix(1<<55, 0), time.Unix(-1<<55, 0), time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1979, 12, 31, 23, 59, 59, 1, time.UTC),
	time.Date(2107, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2108, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 1, time.UTC),
}

// timesTree has a file of every odd time, some of them with odd names.
func timesTree() *fakeFiles {
	var f fakeFiles
	for i, mtime := range oddTimes {
		f.files = append(f.files, fakeFile{name: "t" + strings.Repeat("i", i), mtime: mtime}, fakeFile{name: "\xff" + strings.Repeat("i", i), mtime: mtime})
	}
	return &f
}

// tarTime is the time that a tar archive has for a file.
func tarTime(t time.Time) int64 {
	switch {
	case t.Year() < 1 || t.IsZero():
		return 0
	case t.Year() > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	}
	return t.Unix()
}

func checkTar(t testing.TB, archive io.Reader, files []fakeFile) {
	t.Helper()
	r := tar.NewReader(archive)
	for i := range files {
		f := &files[i]
		h, err := r.Next()
		if err != nil {
			t.Fatalf("%q: %v", f.name, err)
		}
		name, kind := f.name, byte(tar.TypeReg)
		if f.isDir {
			name, kind = name+"/", tar.TypeDir
		}
		if h.Name != name || h.Typeflag != kind || h.Size != f.size || h.Mode != int64(f.mode.Perm()) || h.ModTime.Unix() != tarTime(f.mtime) {
			t.Fatalf("%q, %d bytes, %v, %v is read as %+v", f.name, f.size, f.mode, f.mtime, h)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Fatalf("%q tells its owner", f.name)
		}
		if f.size > 1<<20 {
			continue
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, f.content()) {
			t.Fatalf("%q: other content, %v", f.name, err)
		}
	}
	if h, err := r.Next(); err != io.EOF {
		t.Fatalf("%v, %v behind the last one", h, err)
	}
}

func TestTar(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fakeFiles{"names": oddTree(), "times": timesTree(), "empty": {}} {
		all := whole(t, measure(t, listing.Tar, f, nil))
		checkTar(t, bytes.NewReader(all), f.files)
		if !bytes.HasSuffix(all, make([]byte, 1024)) {
			t.Errorf("%s: no two blocks of zeros at the end", name)
		}
		var unmeasured bytes.Buffer
		if err := listing.WriteTar(&unmeasured, f.tree()); err != nil || !bytes.Equal(unmeasured.Bytes(), all) {
			t.Errorf("%s: WriteTar writes something else, %v", name, err)
		}
	}
}

// TestTarPlain has no extensions where none are needed: one block for a header.
func TestTarPlain(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{
		{name: "plain.txt", size: 1, mode: 0o7777, mtime: modified.Add(123456789)}, {name: "folder", isDir: true, mtime: modified}, {name: strings.Repeat("n", 100), size: 8<<30 - 1, mtime: modified},
	}}
	if got, want := measure(t, listing.Tar, f, nil).Length(), int64(3*512+512+8<<30+1024); got != want {
		t.Errorf("length %d, want %d", got, want)
	}
}

// TestTarHuge has members beyond what USTAR can tell, and is read at its end.
func TestTarHuge(t *testing.T) {
	t.Parallel()
	f := &fakeFiles{files: []fakeFile{{name: "huge", size: 1 << 60}, {name: "\xff", size: 1 << 40}, {name: "last", size: 5, mtime: modified}}}
	a := measure(t, listing.Tar, f, nil)
	var head, tail bytes.Buffer
	if err := a.WriteRange(&head, 0, 4096); err != nil {
		t.Fatal(err)
	}
	if h, err := tar.NewReader(&head).Next(); err != nil || h.Size != 1<<60 {
		t.Errorf("%v, %v", h, err)
	}
	if err := a.WriteRange(&tail, a.Length()-2048, 2048); err != nil {
		t.Fatal(err)
	}
	checkTar(t, &tail, f.files[2:])
}

// writeTree makes the files on a disk.
func writeTree(t testing.TB, files []fakeFile) string {
	t.Helper()
	dir := t.TempDir()
	for i := range files {
		f := &files[i]
		path := filepath.Join(dir, f.name)
		if f.isDir {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(path, f.content(), 0o600); err != nil {
			t.Skip(err)
		}
	}
	return dir
}

// unpacked compares what a program made of an archive with the files.
func unpacked(t *testing.T, dir string, files []fakeFile, name func(string) string) {
	t.Helper()
	for i := range files {
		f := &files[i]
		path := filepath.Join(dir, name(f.name))
		info, err := os.Lstat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.IsDir() != f.isDir || info.Mode().Perm() != f.mode.Perm() || info.ModTime().Unix() != f.mtime.Unix() {
			t.Errorf("%q: %v %v, want %v %v", f.name, info.Mode(), info.ModTime(), f.mode, f.mtime)
		}
		if f.isDir {
			continue
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, f.content()) {
			t.Errorf("%q: other content, %v", f.name, err)
		}
	}
}

// runProgram runs a program that must say nothing but what it is asked for.
func runProgram(t *testing.T, dir, stdin, name string, args ...string) string {
	t.Helper()
	c := exec.Command(exchange.Program(t, name), args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	if stdin != "" {
		f, err := os.Open(stdin)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c.Stdin = struct{ io.Reader }{f} // a pipe
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// realTree has times that are read as they are in all formats, and a mode for
// everything, so that no umask shows.
func realTree(names []string) []fakeFile {
	files := []fakeFile{{name: "folder", isDir: true, mode: 0o750, mtime: modified}, {name: "folder/in it", size: 5, mode: 0o755, mtime: modified.Add(time.Second)}}
	for i, name := range names {
		if strings.Contains(name, "/") {
			continue
		}
		files = append(files, fakeFile{name: name, size: int64(i * 3001), mode: 0o644, mtime: modified.Add(time.Duration(i) * time.Second)})
	}
	return files
}

// archiveFile writes an archive of files on a disk.
func archiveFile(t *testing.T, format listing.Format, files []fakeFile) string {
	t.Helper()
	source := writeTree(t, files)
	return archiveTree(t, format, listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
		for _, f := range files {
			m := &listing.Member{Name: f.name, IsDir: f.isDir, Size: f.size, Mode: f.mode, ModTime: f.mtime, Copy: func(w io.Writer, offset, n int64) error {
				file, err := os.Open(filepath.Join(source, f.name))
				if err != nil {
					return err
				}
				defer file.Close()
				if _, err := file.Seek(offset, io.SeekStart); err != nil {
					return err
				}
				_, err = io.CopyN(w, file, n)
				return err
			}}
			if !yield(m, nil) {
				return
			}
		}
	}})
}

// archiveOf writes an archive of one file.
func archiveOf(t *testing.T, format listing.Format, name string, content []byte) string {
	t.Helper()
	return archiveTree(t, format, listing.Tree{Members: func(yield func(*listing.Member, error) bool) {
		yield(&listing.Member{Name: name, Size: int64(len(content)), Copy: func(w io.Writer, offset, n int64) error {
			_, err := w.Write(content[offset : offset+n])
			return err
		}}, nil)
	}})
}

func archiveTree(t *testing.T, format listing.Format, tree listing.Tree) string {
	t.Helper()
	a, err := listing.Measure(format, tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "archive")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := a.WriteRange(file, 0, a.Length()); err != nil {
		t.Fatal(err)
	}
	if info, _ := file.Stat(); info.Size() != a.Length() {
		t.Fatalf("%d bytes, length is %d", info.Size(), a.Length())
	}
	return path
}

func TestTarPrograms(t *testing.T) {
	t.Parallel()
	same := func(name string) string { return name }
	names := oddNames
	for _, command := range [][]string{{"tar", "-xpf", "-"}, {"bsdtar", "-xpf", "-"}, {"busybox", "tar", "-xpf", "-"}} {
		t.Run(command[0], func(t *testing.T) {
			t.Parallel()
			files := realTree(names)
			switch command[0] {
			case "bsdtar": // takes a drive letter off, and a leading backslash
				files = realTree(withoutDrives(names))
			case "busybox": // gives folders their times before it fills them
				files = append(files[:1], files[2:]...)
			}
			archive := archiveFile(t, listing.Tar, files)
			dir := t.TempDir()
			if out := runProgram(t, dir, archive, command[0], command[1:]...); out != "" {
				t.Errorf("%s says %s", command[0], out)
			}
			unpacked(t, dir, files, same)
		})
	}
	t.Run("tar -tv", func(t *testing.T) {
		t.Parallel()
		files := realTree(names)
		list := runProgram(t, "", archiveFile(t, listing.Tar, files), "tar", "-tvf", "-")
		if strings.Count(list, "\n") != len(files) || !strings.Contains(list, "drwxr-x--- 0/0               0 2026-01-02 03:04 folder/\n") {
			t.Error(list)
		}
	})
}

func withoutDrives(names []string) (kept []string) {
	for _, name := range names {
		if len(name) < 2 || name[1] != ':' && name[0] != '\\' {
			kept = append(kept, name)
		}
	}
	return kept
}
