package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/gserve/gserve/compress"
)

func TestSkips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		folder, hidden bool
		want           bool
	}{
		{"app.js", false, false, false},
		{"a/b/page.HTML", false, false, false},
		{"photo.png", false, false, true},
		{"README", false, false, true},
		{"app.js.gz", false, true, true},
		{"app.js.br", false, true, true},
		{"app.js.zst", false, true, true},
		{"docs", true, false, false},
		{".git", true, false, true},
		{"a/.git", true, false, true},
		{".git", true, true, false},
		{".env.txt", false, false, true},
		{"a/.env.txt", false, false, true},
		{".env.txt", false, true, false},
		{".well-known", true, false, false},
		{".well-known/security.txt", false, false, false},
		{".well-known/.a.txt", false, false, true},
		{"a/.well-known", true, false, true},
	} {
		c := Config{Hidden: tt.hidden}
		if got := c.skips(tt.name, tt.folder); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// The hint for a kind of trouble is told once, after the last of them.
func TestTellTroubles(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	code := System{Stderr: &b}.tellTroubles([]error{
		fmt.Errorf("encode %q: %w", "a.js", compress.ErrChanged),
		fmt.Errorf("encode %q: %w", "b.js", compress.ErrChanged),
		fmt.Errorf("read %q: %w", "c\n.js", fs.ErrPermission),
		fmt.Errorf("read %q: %w", "d.js", errors.New("input/output error")),
	})
	const want = `gserve: cannot encode "a.js": changed while it was read
gserve: cannot encode "b.js": changed while it was read
gserve: hint: run it again when nothing writes to the folder any more
gserve: cannot read "c\n.js": permission denied
gserve: hint: gserve has to read the files, and to write in their folders; what it may not, it leaves out
gserve: cannot read "d.js": input/output error
gserve: hint: all others are done; run it again when the cause is gone
`
	if got := b.String(); code != exitFailed || got != want {
		t.Errorf("%d\n%s", code, got)
	}
}

func TestWriteReport(t *testing.T) {
	t.Parallel()
	var report compress.Report
	report.Tallies[compress.Brotli] = compress.Tally{Written: 34, UpToDate: 2, Before: 1258291, After: 317440}
	report.Tallies[compress.Zstd] = compress.Tally{UpToDate: 36}
	report.Tallies[compress.Gzip] = compress.Tally{Written: 1, NotWorth: 35, Before: 2000, After: 1000}
	var b strings.Builder
	writeReport(&b, compress.Codings[:], report, false)
	const want = `br    34 written, 2 up to date, 1.2 MiB -> 310 KiB (saved 75 %)
zstd  0 written, 36 up to date
gzip  1 written, 0 up to date, 35 not worth it, 2.0 KiB -> 1000 B (saved 50 %)
total 35 written, 38 up to date, 35 not worth it, 311 KiB in all
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestByteCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 10188: "9.9 KiB", 10189: "10 KiB", 317440: "310 KiB",
		1<<20 - 513: "1023 KiB", 1<<20 - 512: "1.0 MiB", 1258291: "1.2 MiB", 1 << 30: "1.0 GiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := byteCount(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
