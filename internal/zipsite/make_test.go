package zipsite_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/zipsite"
	"github.com/klauspost/compress/zstd"
)

var modified = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)

// member is an entry of an archive that a test makes. What is zero is made from
// the rest.
type member struct {
	name    string
	content string
	method  uint16
	flags   uint16
	host    byte
	mode    fs.FileMode
	extra   []byte

	raw    string // instead of the content that is compressed
	crc    uint32
	size   uint64
	packed uint64
	when   time.Time
	noTime bool
}

// archive returns an archive of these members.
func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: m.method, Flags: m.flags, Extra: m.extra}
		if m.mode != 0 {
			h.SetMode(m.mode)
		}
		raw := m.raw
		if raw == "" {
			raw = pack(t, m.method, m.content)
		}
		h.CreatorVersion |= uint16(m.host) << 8
		h.CRC32, h.UncompressedSize64, h.CompressedSize64 = crc32.ChecksumIEEE([]byte(m.content)), uint64(len(m.content)), uint64(len(raw))
		if m.crc != 0 {
			h.CRC32 = m.crc
		}
		if m.size != 0 {
			h.UncompressedSize64 = m.size
		}
		if m.packed != 0 {
			h.CompressedSize64 = m.packed
		}
		if !m.noTime {
			h.Extra = append(h.Extra, stampField(cmp.Or(m.when, modified))...)
		}
		part, err := w.CreateRaw(h)
		must(t, err)
		_, err = io.WriteString(part, raw)
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func dos(t time.Time) (date, clock uint16) {
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

func stampField(t time.Time) []byte {
	s := uint32(t.Unix())
	return []byte{0x55, 0x54, 5, 0, 1, byte(s), byte(s >> 8), byte(s >> 16), byte(s >> 24)}
}

func pack(t testing.TB, method uint16, content string) string {
	t.Helper()
	var b bytes.Buffer
	switch method {
	case zip.Deflate:
		w, err := flate.NewWriter(&b, 6)
		must(t, err)
		io.WriteString(w, content)
		must(t, w.Close())
	case zstd.ZipMethodWinZip:
		w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		must(t, err)
		io.WriteString(w, content)
		must(t, w.Close())
	default:
		return content
	}
	return b.String()
}

// text returns n bytes that can be compressed, other ones for each seed.
func text(n int, seed uint64) string {
	words := strings.Fields("a folder of files is served as it lies and nothing in it is ever written")
	random := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()[:n]
}

// write writes a file as old as the members, so that its tags are strong.
func write(t testing.TB, name string, content []byte) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(t, os.WriteFile(name, content, 0o644))
	must(t, os.Chtimes(name, modified, modified))
}

// open serves an archive from a file, and returns what the user was told.
func open(t testing.TB, content []byte) (*zipsite.Site, *[]string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "site.zip")
	write(t, name, content)
	return openFile(t, name)
}

func openFile(t testing.TB, name string) (*zipsite.Site, *[]string) {
	t.Helper()
	lines := new([]string)
	site, err := zipsite.Open(name, func(line string) { *lines = append(*lines, line) })
	must(t, err)
	t.Cleanup(func() { site.Close() })
	zipsite.Restless(site)
	return site, lines
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names returns the names of all files in a file system.
func names(t testing.TB, fsys fs.FS) string {
	t.Helper()
	var all []string
	must(t, fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if !e.IsDir() {
			all = append(all, name)
		}
		return err
	}))
	return strings.Join(all, "|")
}
