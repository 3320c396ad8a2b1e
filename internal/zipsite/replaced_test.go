package zipsite_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/zipsite"
)

// needReplace skips a test where a file that is open cannot be replaced.
func needReplace(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let an open file be replaced")
	}
}

// replace puts another archive in the place of one, as most programs do.
func replace(t testing.TB, name string, content []byte) {
	t.Helper()
	write(t, name+".new", content)
	must(t, os.Rename(name+".new", name))
}

// TestReplaced replaces the archive by another one.
func TestReplaced(t *testing.T) {
	t.Parallel()
	needReplace(t)
	name := filepath.Join(t.TempDir(), "site.zip")
	one, two := text(100_000, 1), text(100_000, 2)
	write(t, name, archive(t, member{name: "d/a.js", content: one, method: zip.Deflate}, member{name: "old", content: "old"}))
	site, lines := openFile(t, name)
	url := serve(t, site)
	first, _, _ := get(t, url+"/d/a.js")

	file, err := site.Open("d/a.js")
	must(t, err)
	sub, err := site.Sub("d")
	must(t, err)
	underlying := zipsite.File(site)
	replace(t, name, archive(t, member{name: "d/a.js", content: two, method: zip.Deflate}))

	answer, got, err := get(t, url+"/d/a.js")
	if err != nil || got != two {
		t.Errorf("the new one: %d bytes, %v", len(got), err)
	}
	if answer.Header.Get("ETag") == first.Header.Get("ETag") || answer.Header.Get("Last-Modified") != first.Header.Get("Last-Modified") {
		t.Errorf("validators: %v, then %v", first.Header, answer.Header)
	}
	if _, err := site.Stat("old"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("old: %v", err)
	}
	if got, err := io.ReadAll(file); string(got) != one {
		t.Errorf("the file that is open: %d bytes, %v", len(got), err)
	}
	if got, err := fs.ReadFile(sub, "a.js"); string(got) != one {
		t.Errorf("the folder that is held: %d bytes, %v", len(got), err)
	}
	must(t, file.Close())
	if _, err := underlying.Stat(); err != nil {
		t.Errorf("closed, but held: %v", err)
	}
	must(t, sub.(io.Closer).Close())
	if _, err := underlying.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("open, but held by nobody: %v", err)
	}
	if _, err := sub.Open("a.js"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a file of a folder that was given back: %v", err)
	}
	if want := "[site.zip has changed: serving what is in it now]"; fmt.Sprint(*lines) != want {
		t.Errorf("told %q", *lines)
	}
}

// TestHalfWritten has what takes the place of the archive be incomplete first.
func TestHalfWritten(t *testing.T) {
	t.Parallel()
	needReplace(t)
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, archive(t, member{name: "a.txt", content: "old"}))
	site, lines := openFile(t, name)
	read := func(want string) {
		t.Helper()
		if got, err := fs.ReadFile(site, "a.txt"); string(got) != want {
			t.Errorf("%q, want %q: %v", got, want, err)
		}
	}
	must(t, os.Remove(name))
	read("old")
	fresh := archive(t, member{name: "a.txt", content: "new"}, member{name: "b.txt", content: "sealed", flags: 1})
	for _, n := range []int{0, 1, len(fresh) / 2, len(fresh) - 1} {
		write(t, name, fresh[:n])
		read("old")
	}
	write(t, name, fresh)
	read("new")
	must(t, os.Remove(name))
	must(t, os.Mkdir(name, 0o755))
	read("new")
	told := strings.Join(*lines, "\n")
	if len(*lines) != 4 || !strings.Contains(told, "still serving what was in it") || !strings.Contains(told, "\nsite.zip: 1 entry is encrypted") {
		t.Errorf("told %q", *lines)
	}
}

// TestRewritten writes over the archive, so that what was in it is lost.
func TestRewritten(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "site.zip")
	one, two := text(3<<20, 1), text(3<<20, 2)
	old := archive(t, member{name: "a.txt", content: one}, member{name: "b.txt", content: one, method: zip.Deflate})
	write(t, name, old)
	site, lines := openFile(t, name)
	url := serve(t, site)
	file, err := site.Open("a.txt")
	must(t, err)
	defer file.Close()
	sub, err := site.Sub(".")
	must(t, err)
	defer sub.(io.Closer).Close()

	fresh := archive(t, member{name: "a.txt", content: two})
	overwrite := func(content []byte, age time.Duration) {
		must(t, os.WriteFile(name, content, 0o644))
		must(t, os.Chtimes(name, modified.Add(age), modified.Add(age)))
	}
	overwrite(fresh[:1<<20], time.Second)
	if _, err := file.Stat(); err == nil {
		t.Error("the file that is open seems to be what it was")
	}
	if f, err := sub.Open("b.txt"); err == nil {
		if _, err := f.Stat(); err == nil {
			t.Error("a file that is gone seems to be there")
		}
		f.Close()
	}
	if answer, _, err := get(t, url+"/a.txt"); err == nil && answer.StatusCode == 200 {
		t.Error("half of a file is taken for all of it")
	}
	overwrite(fresh, 2*time.Second)
	if answer, got, err := get(t, url+"/a.txt"); err != nil || got != two {
		t.Errorf("%s: %d bytes, %v", answer.Status, len(got), err)
	}
	if told := strings.Join(*lines, "\n"); !strings.Contains(told, "until it is complete\nsite.zip has changed") {
		t.Errorf("told %q", *lines)
	}
}

// TestFoundRewritten has somebody notice before the next look is due.
func TestFoundRewritten(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, archive(t, member{name: "a.txt", content: "old"}))
	site, _ := openFile(t, name)
	zipsite.Restful(site)
	must(t, os.WriteFile(name, archive(t, member{name: "a.txt", content: "new, and longer"}), 0o644))
	file, err := site.Open("a.txt")
	must(t, err)
	defer file.Close()
	if _, err := file.Stat(); err == nil {
		t.Error("the file seems to be what it was")
	}
	if got, err := fs.ReadFile(site, "a.txt"); string(got) != "new, and longer" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCut writes over the archive while a file of it is sent.
func TestCut(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, archive(t, member{name: "a.bin", content: strings.Repeat("0123456789abcdef", 2<<20)}))
	site, _ := openFile(t, name)
	file, err := site.Open("a.bin")
	must(t, err)
	defer file.Close()
	once := sync.OnceFunc(func() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		must(t, err)
		defer f.Close()
		must2(t)(f.WriteAt(bytes.Repeat([]byte("X"), 1<<20), 16<<20))
		must(t, os.Chtimes(name, modified.Add(time.Hour), modified.Add(time.Hour)))
	})
	url := serve(t, midway{site, once})
	if answer, got, err := get(t, url+"/a.bin"); err == nil {
		t.Errorf("%s: %d bytes are taken for the file", answer.Status, len(got))
	}
}

// midway calls a function while a file is read.
type midway struct {
	fs.StatFS
	do func()
}

func (m midway) Open(name string) (fs.File, error) {
	f, err := m.StatFS.Open(name)
	if err != nil {
		return nil, err
	}
	return &midwayFile{f, m.do, 0}, nil
}

type midwayFile struct {
	fs.File
	do func()
	n  int
}

func (f *midwayFile) Read(b []byte) (int, error) {
	if f.n++; f.n == 10 {
		f.do()
	}
	return f.File.Read(b)
}

// TestClosed closes a site that is in use.
func TestClosed(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, archive(t, member{name: "a.txt", content: text(3000, 1), method: zip.Deflate}))
	site, err := zipsite.Open(name, nil)
	must(t, err)
	file, err := site.Open("a.txt.gz")
	must(t, err)
	underlying := zipsite.File(site)
	must(t, site.Close())
	if _, err := site.Open("a.txt"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("open: %v", err)
	}
	if err := site.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("close once more: %v", err)
	}
	if got, err := io.ReadAll(file); err != nil || len(got) == 0 {
		t.Errorf("the file that is open: %d bytes, %v", len(got), err)
	}
	must(t, file.Close())
	if err := file.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("close the file once more: %v", err)
	}
	if _, err := underlying.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the archive stays open: %v", err)
	}
}

// TestConcurrent asks many at once while the archive is replaced again and
// again. All that comes is whole, and of one archive.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	needReplace(t)
	name := filepath.Join(t.TempDir(), "site.zip")
	version := func(i int) []byte {
		letter := string(rune('a' + i%4))
		return archive(t,
			member{name: "d/x.js", content: strings.Repeat(letter, 70_000), method: zip.Deflate},
			member{name: "d/y.bin", content: strings.Repeat(letter, 70_000)},
			member{name: "d/z.css", content: strings.Repeat(letter, 70_000), method: 93})
	}
	write(t, name, version(0))
	site, err := zipsite.Open(name, nil)
	must(t, err)
	defer site.Close()
	zipsite.Restless(site)
	url := serve(t, site)
	done := make(chan struct{})
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			for n := i; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				path := []string{"/d/x.js", "/d/y.bin", "/d/z.css"}[n%3]
				coding := []string{"identity", "gzip", "zstd"}[n/3%3]
				answer, got, err := get(t, url+path, "Accept-Encoding", coding)
				switch answer.Header.Get("Content-Encoding") {
				case "gzip":
					got = gunzip(t, got)
				case "zstd":
					got = unzstd(t, got)
				}
				if err != nil || len(got) != 70_000 || strings.Trim(got, got[:1]) != "" {
					t.Errorf("%s %s: %s, %d bytes, %v", path, coding, answer.Status, len(got), err)
					return
				}
			}
		})
	}
	for i := range 40 {
		replace(t, name, version(i))
		time.Sleep(5 * time.Millisecond)
	}
	close(done)
	group.Wait()
}

// TestTags tells contents apart that have the same name, time and size.
func TestTags(t *testing.T) {
	t.Parallel()
	tags := map[string]bool{}
	for seed := range uint64(8) {
		site, _ := open(t, archive(t, member{name: "a.js", content: text(3000, seed), method: zip.Deflate}, member{name: "b.txt", content: text(3000, seed)}))
		url := serve(t, site)
		for _, path := range []string{"/a.js", "/b.txt"} {
			for _, coding := range []string{"identity", "gzip"} {
				answer, _, _ := get(t, url+path, "Accept-Encoding", coding)
				tag := answer.Header.Get("ETag")
				if tags[tag+path] {
					t.Errorf("%s: %s stands for two contents", path, tag)
				}
				tags[tag+path] = true
				again, _, _ := get(t, url+path, "Accept-Encoding", coding, "If-None-Match", tag)
				if again.StatusCode != 304 {
					t.Errorf("%s: %s", path, again.Status)
				}
			}
		}
	}
}

// TestTimes reads when entries were modified.
func TestTimes(t *testing.T) {
	t.Parallel()
	local := time.Date(2020, 5, 6, 7, 8, 10, 0, time.Local)
	date, clock := dos(local)
	ntfs := append([]byte{10, 0, 32, 0, 0, 0, 0, 0, 1, 0, 24, 0}, ticks(local)...)
	members := []member{
		{name: "both", when: modified},
		{name: "future", when: time.Now().Add(48 * time.Hour)},
		{name: "epoch", when: time.Unix(0, 0)},
		{name: "none", noTime: true},
		{name: "ntfs", noTime: true, extra: ntfs},
		{name: "unix", noTime: true, extra: []byte{0x55, 0x58, 8, 0, 1, 1, 1, 1, byte(local.Unix()), byte(local.Unix() >> 8), byte(local.Unix() >> 16), byte(local.Unix() >> 24)}},
		{name: "dos", noTime: true}, {name: "first", noTime: true}, {name: "wrong", noTime: true}, {name: "folder/file", when: local},
	}
	content := archive(t, members...)
	set := func(name string, date, clock uint16) { // in the directory, which is last
		at := bytes.LastIndex(content, []byte(name)) - 46
		copy(content[at+12:], []byte{byte(clock), byte(clock >> 8), byte(date), byte(date >> 8)})
	}
	set("dos", date, clock)
	set("first", 1<<5|1, 0)
	set("wrong", 15<<5, 0xffff)
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, content)
	own := time.Date(2024, 2, 3, 4, 5, 6, 7, time.UTC)
	must(t, os.Chtimes(name, own, own))
	site, _ := openFile(t, name)
	for name, want := range map[string]time.Time{
		"both": modified, "future": own, "epoch": own, "none": own, "ntfs": local, "unix": local, "dos": local, "first": own, "wrong": own,
		"folder/file": local, "folder": own, ".": own,
	} {
		if info, err := site.Stat(name); err != nil || info.ModTime().Unix() != want.Unix() {
			t.Errorf("%s: %v, %v", name, info.ModTime(), err)
		}
	}
}

func ticks(t time.Time) []byte {
	n := uint64(t.Unix()+11_644_473_600) * 10_000_000
	b := make([]byte, 24)
	for i := range 8 {
		b[i] = byte(n >> (8 * i))
	}
	return b
}

// TestSidecarsOfOneSecond has a coded file not be older than its original.
func TestSidecarsOfOneSecond(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		site, _ := open(t, archive(t, member{name: "a.js", content: text(3000, seed)}, member{name: "a.js.gz", content: text(100, seed)}))
		if _, got, _ := get(t, serve(t, site)+"/a.js", "Accept-Encoding", "gzip"); got != text(100, seed) {
			t.Errorf("%d: %d bytes", seed, len(got))
		}
	}
}
