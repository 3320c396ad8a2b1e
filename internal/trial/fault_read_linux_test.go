package trial

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bothWays runs a trial with the fast lane and without it.
func bothWays(t *testing.T, trial func(t *testing.T, flags ...string)) {
	t.Run("lane", func(t *testing.T) { t.Parallel(); trial(t) })
	t.Run("no lane", func(t *testing.T) { t.Parallel(); trial(t, "--no-lane") })
}

// settle waits until what was written is old enough to be remembered.
func settle() { time.Sleep(2500 * time.Millisecond) }

// answer is what a client has got.
type answer struct {
	status  int // 0: the connection ended before
	header  http.Header
	content []byte
	err     error // why the content is not whole
	closed  bool  // the connection is of no further use
}

func (a answer) String() string {
	return fmt.Sprintf("%d, %d bytes, error %v, closed %v", a.status, len(a.content), a.err, a.closed)
}

// isCut reports whether the client can tell that it has not got the whole, also
// if it looks at nothing but the connection.
func (a answer) isCut() bool { return a.err != nil && a.closed }

// fetch sends a request on a connection of its own, which it keeps open, and reads
// the answer until it is whole or the connection ends.
func (p *program) fetch(t testing.TB, target string, fields ...string) answer {
	t.Helper()
	conn := p.dial(t)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, p.address, fieldLines(fields))
	in := bufio.NewReader(conn)
	r, err := http.ReadResponse(in, nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("GET %s: no answer within %v", target, patience)
	}
	if err != nil {
		return answer{err: err, closed: true}
	}
	a := answer{status: r.StatusCode, header: r.Header}
	a.content, a.err = io.ReadAll(r.Body)
	if errors.Is(a.err, os.ErrDeadlineExceeded) {
		t.Fatalf("GET %s: %d, and the content does not end", target, a.status)
	}
	if a.err != nil || r.Close {
		_, err := in.ReadByte()
		a.closed = err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
	}
	return a
}

func fieldLines(fields []string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	return b.String()
}

// whole fails the test unless the answer is this content.
func (a answer) whole(t testing.TB, what, content string) {
	t.Helper()
	if a.status/100 != 2 || a.err != nil || string(a.content) != content {
		t.Errorf("%s: %v", what, a)
	}
}

// noise returns content that cannot be compressed, the same for the same size.
func noise(size int) string {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{})
	r.Read(b)
	return string(b)
}

// prose returns content that can.
func prose(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "line %d of something that is read\n", i*i)
	}
	return b.String()[:size]
}

const gzipped = "Accept-Encoding: gzip"

func gunzip(t testing.TB, coded []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(coded))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestReadError has a disk fail in the midst of files and folders.
func TestReadError(t *testing.T) {
	t.Parallel()
	bothWays(t, testReadError)
}

func testReadError(t *testing.T, flags ...string) {
	const eio = syscall.EIO
	root := t.TempDir()
	far := filepath.Join(root, "far")
	if err := os.Mkdir(far, 0o755); err != nil {
		t.Fatal(err)
	}
	d := newDisk(t, far)
	big, small, page, essay := noise(4<<20), noise(5<<10), prose(60<<10), prose(3<<20)
	for name, content := range map[string]string{
		"big.bin": big, "small.bin": small, "page.txt": page, "essay.txt": essay,
		"app.js": page, "app.js.gz": string(compressed(t, page)), "tree/a.bin": big, "tree/b.bin": small,
	} {
		d.write(t, name, content)
	}
	writeFile(t, filepath.Join(root, "near.txt"), page)
	settle()
	p := start(t, append(flags, root)...)
	t.Cleanup(d.pullOut)
	for range 3 { // until all that can be remembered is
		p.fetch(t, "/near.txt").whole(t, "near.txt", page)
		p.fetch(t, "/far/big.bin").whole(t, "big.bin", big)
		p.fetch(t, "/far/small.bin").whole(t, "small.bin", small)
		p.fetch(t, "/far/page.txt").whole(t, "page.txt", page)
	}
	before := p.holds(t)
	const cut = -1 // or no answer at all
	for _, test := range []struct {
		what   string
		faults []fault
		target string
		field  string
		want   []int // any of them
	}{
		{"file", []fault{{"read", "big.bin", 2 << 20, eio}}, "/far/big.bin", "", []int{cut}},
		{"start of a file", []fault{{"read", "big.bin", 0, eio}}, "/far/big.bin", "", []int{cut, 500}},
		{"range before it", []fault{{"read", "big.bin", 2 << 20, eio}}, "/far/big.bin", "Range: bytes=0-65535", []int{206}},
		{"range behind it", []fault{{"read", "big.bin", 2 << 20, eio}}, "/far/big.bin", "Range: bytes=3000000-3999999", []int{cut, 500}},
		{"ranges", []fault{{"read", "big.bin", 2 << 20, eio}}, "/far/big.bin", "Range: bytes=0-99,3000000-3000099", []int{cut, 500}},
		{"small file", []fault{{"read", "small.bin", 0, eio}}, "/far/small.bin", "", []int{500, 200}}, // or from memory
		{"file that is encoded", []fault{{"read", "page.txt", 40 << 10, eio}}, "/far/page.txt", gzipped, []int{500}},
		{"file that is encoded while it is sent", []fault{{"read", "essay.txt", 2 << 20, eio}}, "/far/essay.txt", gzipped, []int{cut}},
		{"sidecar", []fault{{"read", "app.js.gz", 0, eio}}, "/far/app.js", gzipped, []int{500, 200}},
		{"look at a sidecar", []fault{{"look", "app.js.gz", 0, eio}}, "/far/app.js", gzipped, []int{200}},
		{"open", []fault{{"open", "big.bin", 0, eio}}, "/far/big.bin", "", []int{500}},
		{"look", []fault{{"look", "big.bin", 0, eio}}, "/far/big.bin", "", []int{500}},
		{"look at what is remembered", []fault{{"look", "small.bin", 0, eio}}, "/far/small.bin", "", []int{500}},
		{"folder on the way", []fault{{"look", "tree", 0, eio}}, "/far/tree/b.bin", "", []int{500}},
		{"folder that is listed", []fault{{"list", "tree", 1, eio}}, "/far/tree/", "", []int{500}},
		{"entry of a folder", []fault{{"look", "tree/a.bin", 0, eio}}, "/far/tree/", "", []int{200}},
		{"search", []fault{{"list", "tree", 1, eio}}, "/far/?q=bin&deep=1", "", []int{cut, 500}},
		{"zip", []fault{{"read", "tree/a.bin", 2 << 20, eio}}, "/far/tree/?archive=zip", "", []int{cut}},
		{"tar", []fault{{"read", "tree/a.bin", 2 << 20, eio}}, "/far/tree/?archive=tar", "", []int{cut}},
		{"tar.gz", []fault{{"read", "tree/a.bin", 2 << 20, eio}}, "/far/tree/?archive=tar.gz", "", []int{cut}},
		{"tree of an archive", []fault{{"list", "tree", 1, eio}}, "/far/?archive=zip", "", []int{500}},
	} {
		d.fail(t, test.faults...)
		var fields []string
		if test.field != "" {
			fields = append(fields, test.field)
		}
		a := p.fetch(t, test.target, fields...)
		met := false
		for _, want := range test.want {
			met = met || want == cut && a.isCut() || want == a.status && a.err == nil
		}
		if !met {
			t.Errorf("%s: %v, want one of %v", test.what, a, test.want)
		}
		p.fetch(t, "/near.txt").whole(t, test.what+": near.txt", page)
		d.mend(t)
		if a := p.fetch(t, test.target, fields...); a.status/100 != 2 || a.err != nil {
			t.Errorf("%s: once it works again, %v", test.what, a)
		}
	}
	p.fetch(t, "/far/big.bin").whole(t, "big.bin", big)
	if got := gunzip(t, p.fetch(t, "/far/essay.txt", gzipped).content); got != essay {
		t.Errorf("essay.txt is not what it was")
	}
	checkArchives(t, p, big)
	p.await(t, "a line with the cause", func() bool {
		return strings.Contains(p.stderr.String(), "gserve: GET /far/big.bin 500: openat big.bin: input/output error\n")
	})
	p.letsGo(t, before)
}

func compressed(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkArchives has the archives of the folder be whole.
func checkArchives(t *testing.T, p *program, big string) {
	t.Helper()
	a := p.fetch(t, "/far/tree/?archive=zip")
	z, err := zip.NewReader(bytes.NewReader(a.content), int64(len(a.content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	files := tar.NewReader(bytes.NewReader(p.fetch(t, "/far/tree/?archive=tar").content))
	for {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(files); err != nil || h.Name == "tree/a.bin" && string(content) != big {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
}

// letsGo waits until the program has no more descriptors than before.
func (p *program) letsGo(t testing.TB, before held) {
	t.Helper()
	var now held
	defer func() {
		if t.Failed() {
			t.Logf("before %v, now %v", before, now)
		}
	}()
	p.await(t, "descriptors are closed", func() bool {
		now = p.holds(t)
		return fewer(now.files, before.files)
	})
}

// fewer reports whether there are no more of any kind, but for folders: the fast
// lane keeps some open, and those that were served are closed by the garbage
// collector.
func fewer(now, before map[string]int) bool {
	for kind, n := range now {
		if n > before[kind] && !isFolder(strings.TrimSuffix(kind, " (deleted)")) {
			return false
		}
	}
	return true
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
