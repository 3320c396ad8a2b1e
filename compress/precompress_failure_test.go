package compress_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/compress"
)

// A run that is cancelled in the middle of a file leaves nothing of it.
func TestPrecompressCancelled(t *testing.T) {
	t.Parallel()
	for _, c := range compress.Codings {
		t.Run(c.Token(), func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{"huge": "", "other": text(5000)})
			check(t, os.Truncate(filepath.Join(dir, "huge"), 1<<30)) // a hole, which takes no space
			ctx, cancel := context.WithCancel(t.Context())
			p := compress.Precompressor{Codings: []compress.Coding{c}}
			p.Skip = func(name string, _ bool) bool { return name == "other" }
			ended := false
			p.Progress = func(now compress.Progress) {
				if ended {
					t.Error("progress after the end")
				}
				if now.Done > 1<<20 {
					cancel()
				}
			}
			report, err := p.Run(ctx, openRoot(t, dir))
			ended = true
			if err != context.Canceled || report.Errors != nil {
				t.Errorf("%v, %v", err, report.Errors)
			}
			expectFiles(t, dir, "huge", "other")
		})
	}
}

// A run that is cancelled does not wait for the block that an encoder is at,
// which for this file is all of it. The test is not parallel: it compares times.
func TestPrecompressCancelledAtOnce(t *testing.T) {
	content := make([]byte, 230_000)
	for i := range content {
		content[i] = 'a' + byte(rand.IntN(2))
	}
	dir := tree(t, map[string]string{"slow": string(content)})
	p := compress.Precompressor{Codings: []compress.Coding{compress.Brotli}}
	start := time.Now()
	precompress(t, dir, p)
	whole := time.Since(start)
	check(t, os.Remove(filepath.Join(dir, "slow.br")))

	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	p.Progress = func(now compress.Progress) {
		if now.Done == now.Total {
			time.AfterFunc(whole/10, func() { cancelled = time.Now(); cancel() })
		}
	}
	_, err := p.Run(ctx, openRoot(t, dir))
	if took := time.Since(cancelled); err != context.Canceled || took > whole/2 {
		t.Errorf("%v, %v after it was cancelled; a whole run takes %v", err, took, whole)
	}
	expectFiles(t, dir, "slow")
}

// expectFiles holds that these files are all there are.
func expectFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
}

// expectErrors holds that these errors are reported, which are wrapped.
func expectErrors(t *testing.T, report compress.Report, is error, want ...string) {
	t.Helper()
	var got []string
	for _, err := range report.Errors {
		got = append(got, err.Error())
		if !errors.Is(err, is) {
			t.Errorf("%v is not %v", err, is)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

// A file that changes while it is read gets no sidecar, and the others do.
func TestPrecompressChanged(t *testing.T) {
	t.Parallel()
	content := text(300_000)
	for about, change := range map[string]func(file string) error{
		"rewritten": func(file string) error { return os.WriteFile(file, []byte(strings.ToUpper(content)), 0o644) },
		"cut":       func(file string) error { return os.Truncate(file, 200_000) },
		"longer": func(file string) error {
			return errors.Join(os.Truncate(file, 400_000), os.Chtimes(file, time.Time{}, longAgo))
		},
		"replaced": func(file string) error {
			return errors.Join(os.WriteFile(file+".new", []byte(content), 0o644), os.Chtimes(file+".new", longAgo, longAgo), os.Rename(file+".new", file))
		},
		"removed": os.Remove,
		"made a link": func(file string) error {
			return errors.Join(os.Rename(file, file+".new"), os.Symlink("a.js.new", file))
		},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && (about == "replaced" || about == "removed" || about == "made a link") {
				t.Skip("an open file cannot be removed")
			}
			dir := tree(t, map[string]string{"a.js": content, "b.js": text(5000)})
			// Brotli reads all before it writes, so that the change is in time.
			p := compress.Precompressor{Codings: []compress.Coding{compress.Brotli}}
			p.Skip = func(name string, _ bool) bool { return filepath.Ext(name) != ".js" }
			changed := 0
			p.Progress = func(now compress.Progress) {
				if now.Name != "a.js" {
					return
				}
				if changed++; changed == 1 {
					if err := change(filepath.Join(dir, "a.js")); err != nil {
						t.Error(err)
					}
				}
			}
			report := precompress(t, dir, p)
			expectErrors(t, report, compress.ErrChanged, `encode "a.js": changed while it was read`)
			for _, name := range names(t, dir) {
				if name != "b.js.br" && filepath.Ext(name) == ".br" || name[0] == '.' {
					t.Errorf("there is %q", name)
				}
			}
			if report.Tallies[compress.Brotli].Written != 1 {
				t.Errorf("%+v", report.Tallies)
			}
		})
	}
}

// A sidecar whose name a folder has is an error, and the others are written.
func TestPrecompressFolderInPlace(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a/b.js": text(5000), "a/b.js.zst/": ""})
	report := precompress(t, dir, every)
	expectErrors(t, report, compress.ErrFolder, `write "a/b.js.zst": a folder has that name`)
	expectFiles(t, dir, "a/b.js", "a/b.js.br", "a/b.js.gz")
}

// What a run that was killed has left is removed, and nothing else is.
func TestPrecompressLeftovers(t *testing.T) {
	t.Parallel()
	const left = ".gserve-precompress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp"
	kept := []string{
		".gserve-precompress-.tmp", ".gserve-precompress-ABCDEFGHIJKLMNOPQRSTUVWXYz.tmp", ".gserve-precompress-ABC.tmp",
		"gserve-precompress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp", ".gserve-precompress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp.js", "folder/" + left + "/a",
	}
	files := map[string]string{left: "half", "sub/" + left: "half"}
	for _, name := range kept {
		files[name] = "whole"
	}
	dir := tree(t, files)
	p := every
	p.Skip = func(name string, folder bool) bool { return !folder }
	if report := precompress(t, dir, p); report.Errors != nil {
		t.Error(report.Errors)
	}
	expectFiles(t, dir, kept...)
}

// Links are not followed, neither to files nor to folders, and a sidecar never
// goes through one.
func TestPrecompressLinks(t *testing.T) {
	t.Parallel()
	outside := tree(t, map[string]string{"secret": text(5000), "folder/secret": text(5000), "target": "untouched"})
	dir := tree(t, map[string]string{"in/a": text(5000)})
	for link, target := range map[string]string{
		"file": filepath.Join(outside, "secret"), "folder": filepath.Join(outside, "folder"), "inside": "in",
		"in/loop": "..", "in/a.gz": filepath.Join(outside, "target"), "dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	report := precompress(t, dir, every)
	if report.Errors != nil || report.Tallies[compress.Gzip].Written != 1 || report.Tallies[compress.Gzip].NotWorth != 0 {
		t.Errorf("%+v", report)
	}
	expectFiles(t, outside, "folder/secret", "secret", "target")
	expectFiles(t, dir, "dangling", "file", "folder", "in/a", "in/a.br", "in/a.gz", "in/a.zst", "in/loop", "inside")
	if content, err := os.ReadFile(filepath.Join(outside, "target")); string(content) != "untouched" {
		t.Errorf("%d bytes outside, %v", len(content), err)
	}
	if !stat(t, dir, "in/a.gz").Mode().IsRegular() {
		t.Error("the sidecar is still a link")
	}
}

// What the user may not read or write is told once, and the rest is done.
func TestPrecompressForbidden(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("root may do everything; TestPrecompressUnwritable and TestPrecompressFullDisk stop it, too")
	}
	dir := tree(t, map[string]string{"a.js": text(5000), "locked/b.js": text(5000), "closed/c.js": text(5000), "d.js": text(5000)})
	for name, mode := range map[string]os.FileMode{"locked": 0o500, "closed": 0, "d.js": 0} {
		check(t, os.Chmod(filepath.Join(dir, name), mode))
	}
	t.Cleanup(func() {
		os.Chmod(filepath.Join(dir, "locked"), 0o700)
		os.Chmod(filepath.Join(dir, "closed"), 0o700)
	})
	report := precompress(t, dir, every)
	expectErrors(t, report, os.ErrPermission,
		`read "d.js": permission denied`, `read folder "closed": permission denied`, `write in folder "locked": permission denied`)
	check(t, os.Chmod(filepath.Join(dir, "closed"), 0o700))
	expectFiles(t, dir, "a.js", "a.js.br", "a.js.gz", "a.js.zst", "closed/c.js", "d.js", "locked/b.js")
}
