package fileserver_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// script returns n bytes that look like what is worth encoding.
func script(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "function f%d(x) { return x * %d + g%d(x) }\n", i, i*7919%1000, i%17)
	}
	return b.String()[:n]
}

// settledFile writes a file that was last modified an hour ago, and so was its
// folder.
func settledFile(t testing.TB, name, content string) {
	t.Helper()
	write(t, name, content)
	past := time.Now().Add(-time.Hour)
	os.Chtimes(name, past, past)
	os.Chtimes(filepath.Dir(name), past, past)
}

// fetch asks for a path, without decoding what comes.
func fetch(t testing.TB, server *httptest.Server, path string, fields ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest("GET", server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, content
}

// TestAnswersDecodedByPrograms has the programs of the codings decode what is
// sent: streamed, kept, small, from a sidecar, and a listing.
func TestAnswersDecodedByPrograms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settledFile(t, filepath.Join(dir, "big.js"), script(1<<20))
	settledFile(t, filepath.Join(dir, "small.css"), script(5000))
	settledFile(t, filepath.Join(dir, "LICENSE"), script(3000))
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	for token, command := range map[string][]string{"br": {"brotli", "-dc"}, "zstd": {"zstd", "-dcq"}, "gzip": {"gzip", "-dc"}} {
		program := exchange.Program(t, command[0])
		for _, path := range []string{"/big.js", "/big.js", "/small.css", "/LICENSE", "/"} {
			_, want := fetch(t, server, path)
			response, coded := fetch(t, server, path, "Accept-Encoding", token)
			if got := response.Header.Get("Content-Encoding"); got != token {
				t.Errorf("GET %s: Content-Encoding %q, want %q", path, got, token)
			}
			decode := exec.Command(program, command[1:]...)
			decode.Stdin = bytes.NewReader(coded)
			decoded, err := decode.Output()
			if err != nil || !bytes.Equal(decoded, want) {
				t.Errorf("GET %s: %s decodes %d bytes (%v), want %d", path, program, len(decoded), err, len(want))
			}
		}
	}
}

// countingFS counts the bytes that are read from the start of its files on:
// an encoder reads so, and nothing else does.
type countingFS struct {
	fs.FS
	read *atomic.Int64
}

func (c countingFS) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if seekable, ok := f.(file); ok {
		return countingFile{seekable, c.read}, nil
	}
	return f, nil // a directory
}

type file interface {
	fs.File
	io.ReaderAt
	io.Seeker
}

type countingFile struct {
	file
	read *atomic.Int64
}

func (c countingFile) Read(b []byte) (int, error) {
	n, err := c.file.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// TestOneEncoding has many clients ask at once for what nobody has asked for
// before.
func TestOneEncoding(t *testing.T) {
	t.Parallel()
	for _, size := range []int{50_000, 4 << 20} {
		var read atomic.Int64
		content := script(size)
		server := httptest.NewServer(fileserver.New(countingFS{
			fstest.MapFS{"app.js": {Data: []byte(content), ModTime: time.Unix(1e9, 0)}}, &read}))
		defer server.Close()
		var clients sync.WaitGroup
		for range 64 {
			clients.Go(func() {
				_, coded := fetch(t, server, "/app.js", "Accept-Encoding", "gzip")
				if got := decode(t, compress.Gzip, coded); string(got) != content {
					t.Errorf("decoded %d bytes, want %d", len(got), len(content))
				}
			})
		}
		clients.Wait()
		if n := read.Load(); n != int64(size) {
			t.Errorf("%d bytes were read for one encoding of %d", n, size)
		}
	}
}

func decode(t testing.TB, c compress.Coding, coded []byte) []byte {
	t.Helper()
	r, err := compress.NewReader(bytes.NewReader(coded), c)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return content
}

// TestEncodedIsNeverStale replaces a file all the while, in place and by
// another one, and holds that length, tag and content of every answer agree.
func TestEncodedIsNeverStale(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "app.js")
	// Every version has its own length and time, which the tag shows.
	start := time.Now().Add(-10 * time.Hour).Truncate(time.Second)
	replace := func(i int) {
		content := strings.Repeat(string(rune('a'+i%26)), 20_000+i%1000)
		os.WriteFile(name+".new", []byte(content), 0o644)
		modified := start.Add(time.Duration(i) * time.Second)
		os.Chtimes(name+".new", modified, modified)
		os.Rename(name+".new", name)
		if i%3 == 0 {
			os.WriteFile(name, []byte(strings.ToUpper(content)), 0o644) // in place, and fresh
		}
	}
	replace(1)
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	t.Cleanup(server.Close)
	var stop atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 2; !stop.Load(); i++ {
			replace(i)
			time.Sleep(300 * time.Microsecond)
		}
	})
	whole := 0
	for i := range 1500 {
		coding := compress.Codings[i%3]
		r, _ := http.NewRequest("GET", server.URL+"/app.js", nil)
		r.Header.Set("Accept-Encoding", coding.Token())
		response, err := server.Client().Do(r)
		if err != nil {
			continue // cut before the first byte
		}
		coded, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 || response.Header.Get("Content-Encoding") == "" {
			continue
		}
		whole++
		checkVersion(t, start, response, decode(t, coding, coded))
	}
	stop.Store(true)
	writer.Wait()
	if whole < 300 {
		t.Errorf("only %d answers came through", whole)
	}
}

// checkVersion holds that content is of one version, and of that which the tag
// was made of.
func checkVersion(t *testing.T, start time.Time, response *http.Response, content []byte) {
	t.Helper()
	tag := response.Header.Get("Etag")
	if len(content) == 0 || bytes.Count(content, content[:1]) != len(content) {
		t.Fatalf("%s: %d bytes: versions are mixed", tag, len(content))
	}
	parts := strings.Split(strings.Trim(tag, `W/"`), "-")
	modified, _ := strconv.ParseInt(parts[0], 36, 64)
	size, _ := strconv.ParseInt(parts[1], 36, 64)
	if size != int64(len(content)) {
		t.Fatalf("%s: %d bytes, not %d", tag, len(content), size)
	}
	if strings.HasPrefix(tag, "W/") || 'A' <= content[0] && content[0] <= 'Z' {
		return // written in place: its time is that of the test, and tells no version
	}
	version := int(time.Unix(0, modified).Sub(start) / time.Second)
	if want := byte('a' + version%26); content[0] != want || size != int64(20_000+version%1000) {
		t.Fatalf("%s: %d bytes of %q, but version %d is of %q", tag, len(content), content[:1], version, want)
	}
}

// TestResumeCoded fetches coded content in two pieces, of which the second one
// names the tag of the first.
func TestResumeCoded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content := script(500_000)
	settledFile(t, filepath.Join(dir, "fly.js"), content)
	settledFile(t, filepath.Join(dir, "beside.js"), content)
	var sidecar bytes.Buffer
	w := compress.NewWriter(&sidecar, compress.Brotli, compress.Fast)
	io.WriteString(w, content)
	w.Close()
	settledFile(t, filepath.Join(dir, "beside.js.br"), sidecar.String())
	past := time.Now().Add(-time.Hour)
	os.Chtimes(filepath.Join(dir, "beside.js"), past, past.Add(-time.Minute))
	for _, path := range []string{"/fly.js", "/beside.js"} {
		// A server each: nothing is kept from the first piece to the second.
		first := httptest.NewServer(fileserver.New(openDir(t, dir)))
		defer first.Close()
		response, coded := fetch(t, first, path, "Accept-Encoding", "br")
		tag := response.Header.Get("Etag")
		second := httptest.NewServer(fileserver.New(openDir(t, dir)))
		defer second.Close()
		response, rest := fetch(t, second, path, "Accept-Encoding", "br", "Range", "bytes=10000-", "If-Range", tag)
		if response.StatusCode != 206 || response.Header.Get("Content-Encoding") != "br" {
			t.Fatalf("GET %s: %s %v", path, response.Status, response.Header)
		}
		if got := decode(t, compress.Brotli, append(coded[:10000:10000], rest...)); string(got) != content {
			t.Errorf("GET %s: the pieces do not make the whole", path)
		}
	}
}

// TestAbandonedEncodingEnds has clients leave in the midst of an encoding. It
// is not parallel: it counts the goroutines of the whole process.
func TestAbandonedEncodingEnds(t *testing.T) {
	dir := t.TempDir()
	for i := range 20 {
		settledFile(t, filepath.Join(dir, fmt.Sprintf("f%d.js", i)), script(12<<20))
	}
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	before := runtime.NumGoroutine()
	for i := range 20 {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /f%d.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n", i)
		if i%2 == 0 {
			io.ReadFull(conn, make([]byte, 100))
		}
		conn.Close()
	}
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d goroutines, were %d", runtime.NumGoroutine(), before)
}

// TestOriginalVanishes removes the original of an encoding, and its sidecar.
func TestOriginalVanishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "app.js")
	settledFile(t, name, script(5000))
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	status := func() int {
		response, _ := fetch(t, server, "/app.js", "Accept-Encoding", "gzip")
		return response.StatusCode
	}
	if got := status(); got != 200 {
		t.Fatalf("status %d", got)
	}
	os.Remove(name)
	if got := status(); got != 404 {
		t.Errorf("removed: status %d", got)
	}
	write(t, name+".gz", "coded")
	if got := status(); got != 200 {
		t.Errorf("only the sidecar: status %d", got)
	}
	os.Remove(name + ".gz")
	if got := status(); got != 404 {
		t.Errorf("neither: status %d", got)
	}
}

// TestSidecarComesAndGoes holds that the memory of names without sidecars is
// never out of date.
func TestSidecarComesAndGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settledFile(t, filepath.Join(dir, "sub/a.png"), "image")
	settledFile(t, filepath.Join(dir, "a.png"), "image")
	os.Symlink("elsewhere", filepath.Join(dir, "a.png.br"))
	past := time.Now().Add(-time.Hour)
	os.Chtimes(dir, past, past)
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	coding := func(path string) string {
		response, _ := fetch(t, server, path, "Accept-Encoding", "br, gzip")
		return response.Header.Get("Content-Encoding")
	}
	for range 3 { // it remembers
		if got := coding("/a.png") + coding("/sub/a.png"); got != "" {
			t.Fatalf("Content-Encoding %q", got)
		}
	}
	write(t, filepath.Join(dir, "sub/a.png.gz"), "coded")
	if got := coding("/sub/a.png"); got != "gzip" {
		t.Errorf("Content-Encoding %q after a sidecar came", got)
	}
	os.Remove(filepath.Join(dir, "sub/a.png.gz"))
	if got := coding("/sub/a.png"); got != "" {
		t.Errorf("Content-Encoding %q after the sidecar went", got)
	}
	// What a link leads to comes without a change of the link's folder.
	write(t, filepath.Join(dir, "sub/target"), "coded")
	os.Remove(filepath.Join(dir, "a.png.br"))
	os.Symlink("sub/later", filepath.Join(dir, "a.png.br"))
	os.Chtimes(dir, past, past)
	if got := coding("/a.png"); got != "" {
		t.Fatalf("Content-Encoding %q", got)
	}
	write(t, filepath.Join(dir, "sub/later"), "coded")
	if got := coding("/a.png"); got != "br" {
		t.Errorf("Content-Encoding %q after what the sidecar links to came", got)
	}
}

// TestBrokenSidecar has content that cannot be decoded cut the answer.
func TestBrokenSidecar(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "app.js.gz"), "this is not gzip")
	var whole bytes.Buffer
	w := compress.NewWriter(&whole, compress.Gzip, compress.Fast)
	io.WriteString(w, script(200_000))
	w.Close()
	write(t, filepath.Join(dir, "half.js.gz"), whole.String()[:whole.Len()/2])
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	for _, path := range []string{"/app.js", "/half.js"} {
		r, _ := http.NewRequest("GET", server.URL+path, nil)
		r.Header.Set("Accept-Encoding", "identity")
		response, err := server.Client().Do(r)
		if err != nil {
			continue
		}
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == 200 && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("GET %s: %s, %v; want it cut short", path, response.Status, err)
		}
	}
}
