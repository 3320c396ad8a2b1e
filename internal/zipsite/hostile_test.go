package zipsite_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/internal/zipsite"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		fromDOS bool
		clean   string
		folder  bool
		ok      bool
	}{
		{"a/b.txt", false, "a/b.txt", false, true},
		{"a/", false, "a", true, true},
		{"a//", false, "a", true, true},
		{"./a/./b", false, "a/b", false, true},
		{"/etc/passwd", false, "etc/passwd", false, true},
		{"a//b", false, "a/b", false, true},
		{"..a/b..", false, "..a/b..", false, true},
		{".env", false, ".env", false, true},
		{"/", false, ".", true, true},
		{"./", false, ".", true, true},
		{"", false, "", false, false},
		{"..", false, "", false, false},
		{"../a", false, "", false, false},
		{"a/../b", false, "", false, false},
		{"a/..", false, "", false, false},
		{"a\x00b", false, "", false, false},
		{`a\b`, false, `a\b`, false, true},
		{`a\b`, true, "a/b", false, true},
		{`a\b\`, true, "a/b", true, true},
		{`..\a`, true, "", false, false},
		{`..\a`, false, `..\a`, false, true},
		{`x/..\a`, true, `x/..\a`, false, true},
		{`C:\a`, true, "C:/a", false, true},
		{strings.Repeat("a", 4096), false, strings.Repeat("a", 4096), false, true},
		{strings.Repeat("a", 4097), false, "", false, false},
		{strings.Repeat("a/", 256), false, strings.Repeat("a/", 255) + "a", true, true},
		{strings.Repeat("a/", 257), false, "", false, false},
	} {
		clean, folder, ok := zipsite.CleanName(test.name, test.fromDOS)
		if clean != test.clean || folder != test.folder || ok != test.ok {
			t.Errorf("%q, %v: %q, %v, %v", test.name, test.fromDOS, clean, folder, ok)
		}
	}
}

// TestCodePage compares what is not UTF-8 with what python makes of it.
func TestCodePage(t *testing.T) {
	t.Parallel()
	python := exchange.Program(t, "python3")
	want, err := exec.Command(python, "-c", "import sys; sys.stdout.buffer.write(bytes(range(128, 256)).decode('cp437').encode())").Output()
	must(t, err)
	all := make([]byte, 128)
	for i := range all {
		all[i] = byte(128 + i)
	}
	if got := zipsite.DecodeName(all); got != string(want) {
		t.Errorf("%q", got)
	}
	for raw, want := range map[string]string{"plain": "plain", "grüße": "grüße", "gr\x81\xe1e": "grüße", "": ""} {
		if got := zipsite.DecodeName([]byte(raw)); got != want {
			t.Errorf("%q: %q", raw, got)
		}
	}
}

// TestNames opens an archive of odd names.
func TestNames(t *testing.T) {
	t.Parallel()
	unicode := func(name, text string) []byte {
		field := []byte{0x75, 0x70, byte(5 + len(text)), 0, 1}
		return append(binary.LittleEndian.AppendUint32(field, crc32.ChecksumIEEE([]byte(name))), text...)
	}
	site, lines := open(t, archive(t,
		member{name: "twice.txt", content: "first"},
		member{name: "twice.txt", content: "second", method: zip.Deflate},
		member{name: "x", content: "a file"},
		member{name: "x/y", content: "y"},
		member{name: "z/"},
		member{name: "z", content: "a file"},
		member{name: "../../up", content: "up"},
		member{name: "nul\x00", content: "nul"},
		member{name: "//host/share", content: "share"},
		member{name: `dos\name`, content: "dos"},
		member{name: `unix\name`, content: "unix", host: 3},
		member{name: "gr\x81n", content: "cp437"},
		member{name: "grün.utf8", content: "utf8"},
		member{name: "caf?", content: "field", extra: unicode("caf?", "café")},
		member{name: "other?", content: "field", extra: unicode("another", "wrong")},
		member{name: "device", content: "", mode: fs.ModeDevice | 0o666},
		member{name: "run.sh", content: "#!/bin/sh", mode: 0o4755},
		member{name: "line\nbreak", content: "break"},
	))
	if got, want := names(t, site), "café|device|dos/name|grün|grün.utf8|host/share|line\nbreak|other?|run.sh|twice.txt|unix\\name|x/y"; got != want {
		t.Errorf("names: %q", got)
	}
	if got, _ := fs.ReadFile(site, "twice.txt"); string(got) != "second" {
		t.Errorf("twice.txt is the %s", got)
	}
	want := []string{
		"site.zip: 2 entries have no name that a file can have and cannot be served",
		"site.zip: 2 entries have the name of a folder and cannot be served",
	}
	if fmt.Sprint(*lines) != fmt.Sprint(want) {
		t.Errorf("told %q", *lines)
	}
	if info, err := site.Stat("run.sh"); err != nil || info.Mode() != 0o555 {
		t.Errorf("run.sh: %v, %v", info.Mode(), err)
	}
	if _, err := site.Open("device"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("device: %v", err)
	}
	if answer, _, _ := get(t, serve(t, site)+"/device"); answer.StatusCode != 404 {
		t.Errorf("device: %s", answer.Status)
	}
}

// TestUnavailable tells the user of what cannot be had.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	site, lines := open(t, archive(t,
		member{name: "a", content: "a", flags: 1}, member{name: "b", content: "b", flags: 1}, member{name: "sealed/", flags: 1},
		member{name: "c", content: "c", method: 99}, member{name: "d", content: "d", method: 12},
		member{name: "e", content: "e", method: 14}, member{name: "f", content: "f", method: 14}, member{name: "g", content: "g", method: 77},
		member{name: "far", content: "far", packed: 1 << 40, size: 1 << 40}, member{name: "odd", content: "odd", size: 4},
		member{name: "fine", content: "fine"},
	))
	want := []string{
		"site.zip: 3 entries are encrypted and cannot be served",
		"site.zip: 4 entries are compressed in a way that cannot be read (bzip2, LZMA, method 77) and cannot be served: use deflate",
		"site.zip: 2 entries are damaged and cannot be served",
	}
	if fmt.Sprint(*lines) != fmt.Sprint(want) {
		t.Errorf("told %q", *lines)
	}
	url := serve(t, site)
	for name, status := range map[string]int{"a": 404, "c": 404, "d": 404, "far": 500, "odd": 500, "fine": 200} {
		if answer, _, _ := get(t, url+"/"+name); answer.StatusCode != status {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	if got := names(t, site); got != "a|b|c|d|e|f|far|fine|g|odd" {
		t.Errorf("names: %s", got)
	}
}

// TestLinks follows links inside of the archive, and nowhere else.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := func(name, to string) member {
		return member{name: name, content: to, mode: fs.ModeSymlink | 0o777}
	}
	members := []member{
		{name: "a/b/file", content: "file"}, {name: "top", content: "top"},
		link("good", "a/b/file"), link("folder", "a/b"), link("a/up", "../top"), link("a/b/upup", "../../a/b/file"),
		link("chain", "folder/upup"), link("self", "."), link("slow", "a/.././//a/b/file"),
		link("out", "../top"), link("a/out", "../../top"), link("roundabout", "../site/top"), link("absolute", "/top"), link("passwd", "/etc/passwd"),
		link("loop", "loop"), link("ring", "a/ring"), link("a/ring", "../ring"), link("dead", "nowhere"), link("through", "top/x"), link("back", "top/../top"), link("nothing", ""),
		{name: "deflated", content: "a/b/file", mode: fs.ModeSymlink | 0o777, method: zip.Deflate},
		{name: "sealed", content: "a/b/file", mode: fs.ModeSymlink | 0o777, flags: 1},
		link("long", strings.Repeat("./", 2048)+"top"),
	}
	for i := range 60 {
		members = append(members, link(fmt.Sprintf("hop%d", i), fmt.Sprintf("hop%d", i+1)))
	}
	site, _ := open(t, archive(t, append(members, member{name: "hop60", content: "hopped"})...))
	for name, want := range map[string]string{
		"good": "file", "folder/file": "file", "a/up": "top", "a/b/upup": "file", "chain": "file", "self/self/top": "top", "slow": "file",
		"folder/upup": "file", "deflated": "file", "hop20": "hopped", "hop21": "hopped",
	} {
		if got, err := fs.ReadFile(site, name); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if info, err := site.Stat(name); err != nil || info.Name() != filepath.Base(name) || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	for name, want := range map[string]error{
		"out": fileserver.ErrOutside, "a/out": fileserver.ErrOutside, "roundabout": fileserver.ErrOutside, "absolute": fileserver.ErrOutside,
		"passwd": fileserver.ErrOutside, "loop": syscall.ELOOP, "ring": syscall.ELOOP, "a/ring": syscall.ELOOP, "hop19": syscall.ELOOP, "hop0": syscall.ELOOP,
		"dead": fs.ErrNotExist, "through": fs.ErrNotExist, "back": fs.ErrNotExist, "nothing": fs.ErrNotExist, "top/x": fs.ErrNotExist, "long": syscall.ENAMETOOLONG, "sealed": fs.ErrPermission,
	} {
		if _, err := site.Open(name); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := site.Lstat("folder"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("folder: %v, %v", info, err)
	}
	if to, err := site.ReadLink("folder/upup"); to != "../../a/b/file" {
		t.Errorf("folder/upup leads to %q, %v", to, err)
	}
	url := serve(t, site)
	for path, status := range map[string]int{"/folder/": 200, "/self/self/a/": 200, "/chain": 200, "/passwd": 404, "/loop": 404, "/sealed": 404, "/?archive=tar": 200} {
		if answer, _, err := get(t, url+path); answer.StatusCode != status || err != nil {
			t.Errorf("%s: %s, %v", path, answer.Status, err)
		}
	}
	sub, err := site.Sub("self/folder")
	must(t, err)
	if got, err := fs.ReadFile(sub, "upup"); string(got) != "file" {
		t.Errorf("below a link: %q, %v", got, err)
	}
}

// TestForms opens archives that are whole in an unusual way, and refuses what
// is none.
func TestForms(t *testing.T) {
	t.Parallel()
	members := []member{{name: "a.txt", content: text(3000, 1), method: zip.Deflate}, {name: "b/c.txt", content: "stored"}}
	plain := archive(t, members...)
	var commented bytes.Buffer
	w := zip.NewWriter(&commented)
	for _, m := range members {
		part, err := w.Create(m.name)
		must(t, err)
		io.WriteString(part, m.content)
	}
	must(t, w.SetComment(strings.Repeat("PK\x05\x06 is not the end ", 4000)[:65535]))
	must(t, w.Close())

	end := len(plain) - 22
	start := int(binary.LittleEndian.Uint32(plain[end+16:]))
	patched := func(at int, b ...byte) []byte {
		p := bytes.Clone(plain)
		copy(p[at:], b)
		return p
	}
	wide := bytes.Clone(plain[:end])
	wide = append(wide, "PK\x06\x06\x2c\x00\x00\x00\x00\x00\x00\x00\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for _, v := range []int{2, 2, end - start, start} {
		wide = binary.LittleEndian.AppendUint64(wide, uint64(v))
	}
	wide = binary.LittleEndian.AppendUint64(append(wide, "PK\x06\x07\x00\x00\x00\x00"...), uint64(end))
	wide = append(wide, "\x01\x00\x00\x00PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)

	good := map[string][]byte{
		"plain":            plain,
		"prefix":           append([]byte(strings.Repeat("#!/bin/sh\n", 999)), plain...),
		"comment":          commented.Bytes(),
		"zip64":            wide,
		"zip64 and prefix": append([]byte("#!/bin/sh\n"), wide...),
		"wrong length":     patched(end+12, plain[end+12]-1),
		"what follows":     append(bytes.Clone(plain), "\nsomething else"...),
	}
	// Offsets that count from the start of the file though there is a prefix.
	shifted := append([]byte("0123456789"), plain...)
	shift := func(at int) { binary.LittleEndian.PutUint32(shifted[at:], binary.LittleEndian.Uint32(shifted[at:])+10) }
	shift(10 + end + 16)
	for at := 10 + start; at < 10+end; {
		shift(at + 42)
		u16 := func(i int) int { return int(binary.LittleEndian.Uint16(shifted[at+i:])) }
		at += 46 + u16(28) + u16(30) + u16(32)
	}
	good["prefix that is counted"] = shifted
	for name, content := range good {
		site, lines := open(t, content)
		if err := fstest.TestFS(site, "a.txt", "b/c.txt"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := fs.ReadFile(site, "a.txt"); string(got) != members[0].content {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if len(*lines) > 0 {
			t.Errorf("%s: told %q", name, *lines)
		}
	}
	empty, _ := open(t, archive(t))
	if err := fstest.TestFS(empty); err != nil {
		t.Errorf("empty: %v", err)
	}

	for name, content := range map[string][]byte{
		"nothing":            {},
		"text":               []byte("this is no archive"),
		"cut at the end":     plain[:len(plain)-1],
		"cut in the middle":  plain[:end],
		"cut at the start":   plain[start-20:],
		"only the end":       plain[end:],
		"too many entries":   patched(end+8, 9, 0, 9, 0),
		"too few entries":    patched(end+8, 1, 0, 1, 0),
		"directory too long": patched(end+12, 0xff, 0xff, 0xff, 0x7f),
		"directory far away": patched(end+16, 0xff, 0xff, 0xff, 0x7f),
		"one part of many":   patched(end+4, 3, 0, 3, 0)[:len(plain)],
		"second part":        patched(end+4, 1, 0, 0, 0),
		"no such record":     patched(start, 'X'),
		"name too long":      patched(start+28, 0xff, 0xff),
		"zip64 is missing":   patched(start+24, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"offset is missing":  patched(start+42, 0xff, 0xff, 0xff, 0xff),
	} {
		file := filepath.Join(t.TempDir(), "site.zip")
		write(t, file, content)
		if site, err := zipsite.Open(file, nil); err == nil {
			if name != "one part of many" { // all of whose directory may be in it
				t.Errorf("%s: is an archive of %s", name, names(t, site))
			}
			site.Close()
		}
	}
	for _, name := range []string{t.TempDir(), "/dev/null", filepath.Join(t.TempDir(), "missing.zip")} {
		if _, err := zipsite.Open(name, nil); err == nil {
			t.Errorf("%s is an archive", name)
		}
	}
}

// TestLocal has local headers say something else than the directory.
func TestLocal(t *testing.T) {
	t.Parallel()
	content := archive(t, member{name: "a.txt", content: text(3000, 1), method: zip.Deflate}, member{name: "b.txt", content: "stored"})
	start := int(binary.LittleEndian.Uint32(content[len(content)-22+16:]))
	for name, change := range map[string]func(b []byte){
		"no header":        func(b []byte) { b[0] = 'X' },
		"other method":     func(b []byte) { b[8] = 0 },
		"name without end": func(b []byte) { b[26], b[27] = 0xff, 0xff },
		"offset elsewhere": func(b []byte) { b[start+42] = 7 },
		"offset outside":   func(b []byte) { b[start+44] = 0xff },
	} {
		changed := bytes.Clone(content)
		change(changed)
		site, _ := open(t, changed)
		for _, file := range []string{"a.txt", "a.txt.gz"} {
			if _, err := site.Open(file); err == nil {
				t.Errorf("%s: %s is there", name, file)
			}
		}
		if got, err := fs.ReadFile(site, "b.txt"); string(got) != "stored" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestLarge serves a file of more than 4 GiB.
func TestLarge(t *testing.T) {
	t.Parallel()
	const size = 5 << 30
	name := filepath.Join(t.TempDir(), "site.zip")
	file, err := os.Create(name)
	must(t, err)
	if err := file.Truncate(size + 1<<20); err != nil {
		t.Skipf("no sparse files: %v", err)
	}
	wide := func(values ...uint64) string {
		b := []byte{1, 0, byte(8 * len(values)), 0}
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		return string(b)
	}
	// A stored file at the start, and a deflated one that is said to be large.
	header := func(signature, name, extra string, method byte, fixed int) string {
		b := make([]byte, fixed)
		copy(b, signature)
		at := 8
		if fixed == 46 {
			at = 10
		}
		b[at] = method
		for i := at + 10; i < at+18; i++ {
			b[i] = 0xff
		}
		b[at+18], b[at+20] = byte(len(name)), byte(len(extra))
		if fixed == 46 {
			copy(b[42:], "\xff\xff\xff\xff")
		}
		return string(b) + name + extra
	}
	raw := pack(t, zip.Deflate, "small")
	local := header("PK\x03\x04", "big.bin", "", 0, 30)
	second := header("PK\x03\x04", "bomb.bin", "", 8, 30) + raw
	at := int64(len(local) + size)
	must2(t)(file.WriteAt([]byte(local), 0))
	must2(t)(file.WriteAt([]byte("the end"), at-7))
	must2(t)(file.WriteAt([]byte(second), at))
	directory := header("PK\x01\x02", "big.bin", wide(size, size, 0), 0, 46) +
		header("PK\x01\x02", "bomb.bin", wide(size+5, uint64(len(raw)), uint64(at)), 8, 46)
	start := at + int64(len(second))
	tail := "PK\x06\x06\x2c" + strings.Repeat("\x00", 19)
	for _, v := range []uint64{2, 2, uint64(len(directory)), uint64(start)} {
		tail += string(binary.LittleEndian.AppendUint64(nil, v))
	}
	tail += "PK\x06\x07\x00\x00\x00\x00" + string(binary.LittleEndian.AppendUint64(nil, uint64(start)+uint64(len(directory)))) +
		"\x01\x00\x00\x00PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"
	must2(t)(file.WriteAt([]byte(directory+tail), start))
	must(t, file.Truncate(start+int64(len(directory)+len(tail))))
	must(t, file.Close())
	must(t, os.Chtimes(name, modified, modified))

	if reference, err := zip.OpenReader(name); err != nil || reference.File[0].UncompressedSize64 != size {
		t.Fatalf("the archive is not well made: %v", err)
	}
	site, lines := openFile(t, name)
	if len(*lines) > 0 {
		t.Errorf("told %q", *lines)
	}
	url := serve(t, site)
	answer, got, err := get(t, url+"/big.bin", "Range", "bytes=-7")
	if answer.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", size-7, size-1, size) || got != "the end" {
		t.Errorf("%s: %q, %v", answer.Status, got, err)
	}
	answer, got, err = get(t, url+"/bomb.bin", "Accept-Encoding", "gzip")
	if length := binary.LittleEndian.Uint32([]byte(got[len(got)-4:])); err != nil || length != 1<<30+5 {
		t.Errorf("%s: %d bytes, %v", answer.Status, length, err)
	}
	if _, _, err := get(t, url+"/bomb.bin"); err == nil {
		t.Error("5 bytes are taken for 5 GiB")
	}
}

func must2(t testing.TB) func(int, error) {
	return func(_ int, err error) { t.Helper(); must(t, err) }
}
