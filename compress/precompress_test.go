package compress_test

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/internal/exchange"
)

// text is content that becomes smaller in every coding.
func text(size int) string { return strings.Repeat("All work and no play. ", size/22+1)[:size] }

// noise is content that does not become smaller, but for share of it.
func noise(size int, share float64) string {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(b[:size-int(share*float64(size))])
	return string(b)
}

// longAgo is when the files of a tree were modified.
var longAgo = time.Date(2020, 2, 29, 12, 0, 0, 123456789, time.UTC)

// tree makes a folder of these files. A name that ends in a slash is a folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			check(t, os.MkdirAll(file, 0o755))
			continue
		}
		check(t, os.MkdirAll(filepath.Dir(file), 0o755))
		check(t, os.WriteFile(file, []byte(content), 0o644))
		check(t, os.Chtimes(file, longAgo, longAgo))
	}
	return dir
}

// names returns those of all files below dir, in order.
func names(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	check(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if !entry.IsDir() {
			all = append(all, name)
		}
		return err
	}))
	return all
}

// precompress does a whole run, which nothing is to interrupt.
func precompress(t *testing.T, dir string, p compress.Precompressor) compress.Report {
	t.Helper()
	report, err := p.Run(context.Background(), openRoot(t, dir))
	check(t, err)
	return report
}

func openRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	check(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	every = compress.Precompressor{Codings: compress.Codings[:]}
	zipOf = compress.Precompressor{Codings: []compress.Coding{compress.Gzip}}
)

func TestPrecompressWhat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		about string
		files map[string]string
		want  string // what is there besides
	}{
		{"a file", map[string]string{"a.js": text(5000)}, "a.js.br a.js.gz a.js.zst"},
		{"below", map[string]string{"a/b/c.js": text(5000), "d/": ""}, "a/b/c.js.br a/b/c.js.gz a/b/c.js.zst"},
		{"least size", map[string]string{"a": text(1024), "b": text(1023), "c": ""}, "a.br a.gz a.zst"},
		{"noise", map[string]string{"a": noise(5000, 0)}, ""},
		{"saves 3 %", map[string]string{"a": noise(20_000, 0.03)}, ""},
		{"saves 7 %", map[string]string{"a": noise(20_000, 0.07)}, "a.br a.gz a.zst"},
		{"odd names", map[string]string{"a b\n\"é.js": text(5000)}, "a b\n\"é.js.br a b\n\"é.js.gz a b\n\"é.js.zst"},
		{"left out", map[string]string{"a.skip": text(5000), "skip/a": text(5000), "b/skip/a": text(5000)}, ""},
		{"nothing", nil, ""},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if tt.about == "odd names" && runtime.GOOS == "windows" {
				t.Skip("Windows has no such names")
			}
			dir := tree(t, tt.files)
			before := names(t, dir)
			p := every
			p.Skip = func(name string, folder bool) bool {
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() != folder {
					t.Errorf("asked for %q, which is %v, %v", name, info, err)
				}
				return strings.HasSuffix(name, "skip")
			}
			if report := precompress(t, dir, p); report.Errors != nil {
				t.Error(report.Errors)
			}
			after := slices.DeleteFunc(names(t, dir), func(name string) bool { return slices.Contains(before, name) })
			if got := strings.Join(after, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPrecompressDecoded has the programs of each coding decode sidecars, which
// have the time and the permissions of their files.
func TestPrecompressDecoded(t *testing.T) {
	t.Parallel()
	files := map[string]string{"zeros": string(make([]byte, 3<<20)), "half": noise(400_000, 0.5)}
	for i := range 40 {
		files[filepath.Join("many", strings.Repeat("x", i+1))] = text(1024 + 997*i)
	}
	dir := tree(t, files)
	check(t, os.Chmod(filepath.Join(dir, "half"), 0o640))
	report := precompress(t, dir, every)
	for _, c := range compress.Codings {
		t.Run(c.Token(), func(t *testing.T) {
			program := exchange.Program(t, decoders[c][0])
			var before, after int64
			for name, content := range files {
				file, sidecar := stat(t, dir, name), stat(t, dir, name+c.Suffix())
				if !sidecar.ModTime().Equal(longAgo) || sidecar.Mode() != file.Mode() {
					t.Errorf("%s: %v, %v; want %v, %v", sidecar.Name(), sidecar.ModTime(), sidecar.Mode(), longAgo, file.Mode())
				}
				coded, err := os.Open(filepath.Join(dir, name+c.Suffix()))
				check(t, err)
				decode := exec.Command(program, decoders[c][1:]...)
				decode.Stdin, decode.Stderr = coded, os.Stderr
				decoded, err := decode.Output()
				coded.Close()
				if err != nil || !bytes.Equal(decoded, []byte(content)) {
					t.Errorf("%s: %d bytes decoded by %s, %v; want %d", name, len(decoded), program, err, len(content))
				}
				before += file.Size()
				after += sidecar.Size()
			}
			if want := (compress.Tally{Written: len(files), Before: before, After: after}); report.Tallies[c] != want {
				t.Errorf("reported %+v, want %+v", report.Tallies[c], want)
			}
		})
	}
}

func stat(t *testing.T, dir, name string) os.FileInfo {
	t.Helper()
	info, err := os.Lstat(filepath.Join(dir, name))
	check(t, err)
	return info
}

// TestPrecompressAgain runs again after each kind of change.
func TestPrecompressAgain(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.js": text(5000), "b.js": text(5000), "n.js": noise(5000, 0)}
	for _, tt := range []struct {
		about                       string
		change                      func(t *testing.T, a, sidecar string)
		written, upToDate, notWorth int
	}{
		{"nothing", func(*testing.T, string, string) {}, 0, 2, 1},
		{"file is newer", func(t *testing.T, a, _ string) { check(t, os.Chtimes(a, time.Time{}, longAgo.Add(time.Millisecond))) }, 1, 1, 1},
		{"sidecar is newer", func(t *testing.T, _, sidecar string) { check(t, os.Chtimes(sidecar, time.Time{}, time.Now())) }, 0, 2, 1},
		{"sidecar is older", func(t *testing.T, _, sidecar string) { check(t, os.Chtimes(sidecar, time.Time{}, time.Unix(1, 0))) }, 1, 1, 1},
		{"sidecar is gone", func(t *testing.T, _, sidecar string) { check(t, os.Remove(sidecar)) }, 1, 1, 1},
		{"sidecar is a link", func(t *testing.T, a, sidecar string) {
			check(t, os.Rename(sidecar, a+".elsewhere"))
			if err := os.Symlink(a+".elsewhere", sidecar); err != nil {
				t.Skip(err)
			}
		}, 1, 1, 2},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, files)
			precompress(t, dir, zipOf)
			a, sidecar := filepath.Join(dir, "a.js"), filepath.Join(dir, "a.js.gz")
			tt.change(t, a, sidecar)
			p := zipOf
			p.Skip = func(name string, _ bool) bool { return strings.HasSuffix(name, ".gz") }
			report := precompress(t, dir, p)
			tally := report.Tallies[compress.Gzip]
			tally.Before, tally.After = 0, 0
			want := compress.Tally{Written: tt.written, UpToDate: tt.upToDate, NotWorth: tt.notWorth}
			if tally != want || report.Errors != nil {
				t.Errorf("%+v, %v; want %+v", tally, report.Errors, want)
			}
			if info := stat(t, dir, "a.js.gz"); !info.Mode().IsRegular() || info.ModTime().Before(stat(t, dir, "a.js").ModTime()) {
				t.Errorf("the sidecar is %v of %v", info.Mode(), info.ModTime())
			}
		})
	}
}

// TestPrecompressProgress holds that progress only grows, and comes to its end
// although the noise is given up before it is read to its own.
func TestPrecompressProgress(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": text(300_000), "b": text(3000), "noise": noise(2_000_000, 0), "small": "x"})
	p := zipOf
	var last compress.Progress
	seen := map[string]bool{}
	p.Progress = func(now compress.Progress) {
		if now.Done < last.Done || now.Done > now.Total || now.Total != 2_303_000 {
			t.Errorf("%+v after %+v", now, last)
		}
		last = now
		seen[now.Name] = true
	}
	precompress(t, dir, p)
	if want := map[string]bool{"a": true, "b": true, "noise": true}; last.Done != last.Total || !reflect.DeepEqual(seen, want) {
		t.Errorf("ends with %+v, having seen %v", last, seen)
	}
}
