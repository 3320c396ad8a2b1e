package spool

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// patience is how long a test waits for what is to come at once.
const patience = 20 * time.Second

// open begins to read r, and serves it.
func open(t testing.TB, r io.Reader, options Options) (*Spool, *httptest.Server) {
	t.Helper()
	if options.Folder == "" {
		options.Folder = t.TempDir()
	}
	s, err := New(r, options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		s.Close()
	})
	return s, server
}

// ask sends a request, and fails the test if the head of its answer takes long.
func ask(t testing.TB, method, url string, fields ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] != "" {
			r.Header.Set(fields[i], fields[i+1])
		}
	}
	client := http.Client{
		Transport:     &http.Transport{ResponseHeaderTimeout: patience, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// expect reads just as much as want is long.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	read := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(r, got)
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil || string(got) != want {
			t.Fatalf("read %q, %v, want %q", got, err, want)
		}
	case <-time.After(patience):
		t.Fatalf("%q does not come", want)
	}
}

// settle waits until the stream is at its end.
func settle(t testing.TB, s *Spool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.await(ctx, 1<<62); err == nil || ctx.Err() != nil {
		t.Fatalf("no end: %v", err)
	}
}

func TestGrowing(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, server := open(t, r, Options{Fields: []fileserver.Field{{Name: "X-Own", Value: "1"}, {Name: "Cache-Control", Value: "max-age=1"}}})
	io.WriteString(w, "one\n")
	early := ask(t, "GET", server.URL, "Range", "bytes=2-", "Accept-Encoding", "gzip")
	expect(t, early.Body, "one\n")
	if early.StatusCode != 200 || early.ContentLength != -1 || len(early.TransferEncoding) != 1 {
		t.Errorf("%s, length %d, %v", early.Status, early.ContentLength, early.TransferEncoding)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Own": "1",
		"Accept-Ranges": "", "Etag": "", "Last-Modified": "", "Content-Encoding": "", "Content-Range": "",
	} {
		if got := strings.Join(early.Header.Values(name), "|"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	io.WriteString(w, "two\n")
	expect(t, early.Body, "two\n")
	late := ask(t, "GET", server.URL)
	expect(t, late.Body, "one\ntwo\n")
	io.WriteString(w, "three")
	for _, response := range []*http.Response{early, late} {
		expect(t, response.Body, "three")
	}
	w.Close()
	for _, response := range []*http.Response{early, late} {
		if rest, err := io.ReadAll(response.Body); len(rest) > 0 || err != nil {
			t.Errorf("after the end comes %q, %v", rest, err)
		}
	}
	settle(t, s)
}

func TestComplete(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("ten bytes.", 1000)
	s, server := open(t, strings.NewReader(content), Options{Fields: []fileserver.Field{{Name: "X-Own", Value: "1"}}})
	settle(t, s)
	tag := ""
	for _, c := range []struct {
		method, field, value string
		status               int
		length               int64
		want                 string
	}{
		{"GET", "", "", 200, 10_000, content},
		{"HEAD", "", "", 200, 10_000, ""},
		{"GET", "Range", "bytes=10-12", 206, 3, "ten"},
		{"GET", "Range", "bytes=-6", 206, 6, "bytes."},
		{"GET", "Range", "bytes=10000-", 416, -1, ""},
		{"GET", "If-None-Match", "tag", 304, 0, ""},
	} {
		if c.value == "tag" {
			c.value = tag
		}
		response := ask(t, c.method, server.URL+"/whatever?x=y", c.field, c.value)
		got, err := io.ReadAll(response.Body)
		if response.StatusCode != c.status || c.length >= 0 && response.ContentLength != c.length || c.want != "" && string(got) != c.want || err != nil {
			t.Errorf("%s with %s %s: %s, length %d, %d bytes, %v", c.method, c.field, c.value, response.Status, response.ContentLength, len(got), err)
		}
		if response.Header.Get("X-Own") != "1" {
			t.Errorf("%s with %s: %v", c.method, c.field, response.Header)
		}
		if c.field == "" {
			bare := strings.TrimPrefix(response.Header.Get("Etag"), "W/")
			if bare == "" || tag != "" && bare != tag || response.Header.Get("Accept-Ranges") != "bytes" || response.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%s: %v", c.method, response.Header)
			}
			tag = bare
		}
	}
	response := ask(t, "GET", server.URL, "Accept-Encoding", "gzip")
	if response.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("not encoded: %v", response.Header)
	}
}

// TestCompleteFile opens the file as systems do that cannot open it once more,
// and as the others do.
func TestCompleteFile(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 20_000)
	s, _ := open(t, strings.NewReader(content), Options{Name: "a b\xff%41.bin"})
	settle(t, s)
	cannot := func(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }
	for name, reopen := range map[string]func(*os.File) (*os.File, error){"shared": cannot, "own": reopen} {
		s.server = fileserver.New(files{s, reopen})
		server := httptest.NewServer(s)
		defer server.Close()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				response, err := http.DefaultClient.Do(must(http.NewRequest("GET", server.URL, nil)))
				if err != nil {
					t.Error(err)
					return
				}
				defer response.Body.Close()
				if got, err := io.ReadAll(response.Body); string(got) != content || err != nil {
					t.Errorf("%s %d: %s, %d bytes, %v", name, i, response.Status, len(got), err)
				}
			})
		}
		all.Wait()
		part := ask(t, "GET", server.URL, "Range", "bytes=100000-100002,199999-")
		if got, _ := io.ReadAll(part.Body); part.StatusCode != 206 || !bytes.Contains(got, []byte("\r\n\r\n012\r\n")) || !bytes.Contains(got, []byte("\r\n\r\n9\r\n")) {
			t.Errorf("%s: parts are %s %q", name, part.Status, got)
		}
	}
	f, err := files{s, reopen}.Open(s.name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.(*os.File); !ok && runtime.GOOS == "linux" {
		t.Errorf("the kernel cannot send a %T", f)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestHeadDoesNotWait(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	_, server := open(t, r, Options{})
	if response := ask(t, "HEAD", server.URL); response.StatusCode != 200 || response.ContentLength != -1 || response.Header["Content-Type"] != nil {
		t.Errorf("before the first byte: %s, %v", response.Status, response.Header)
	}
	io.WriteString(w, strings.Repeat("text", sniffSize))
	ask(t, "GET", server.URL)
	if response := ask(t, "HEAD", server.URL); response.StatusCode != 200 || response.ContentLength != -1 || response.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("after it: %s, %v", response.Status, response.Header)
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, server := open(t, r, Options{})
	folder := httptest.NewServer(s.Folder())
	defer folder.Close()
	check := func() {
		t.Helper()
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "BREW"} {
			for _, url := range []string{server.URL, folder.URL} {
				if response := ask(t, method, url); response.StatusCode != 405 || response.Header.Get("Allow") != "GET, HEAD" {
					t.Errorf("%s: %s, %q", method, response.Status, response.Header.Get("Allow"))
				}
			}
		}
	}
	check()
	w.Close()
	settle(t, s)
	check()
}

func TestFolder(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, _ := open(t, r, Options{Name: "a:b %.txt"})
	server := httptest.NewServer(s.Folder())
	defer server.Close()
	check := func() {
		t.Helper()
		home := ask(t, "GET", server.URL+"/")
		where, err := home.Location()
		if home.StatusCode != 302 || err != nil {
			t.Fatalf("%s, %v", home.Status, err)
		}
		expect(t, ask(t, "GET", where.String()).Body, "content")
		for _, path := range []string{"/a", "/favicon.ico", "/a:b%20%25.txt/", "/x/a:b%20%25.txt"} {
			if response := ask(t, "GET", server.URL+path); response.StatusCode != 404 {
				t.Errorf("GET %s: %s", path, response.Status)
			}
		}
	}
	io.WriteString(w, "content")
	check()
	w.Close()
	settle(t, s)
	check()
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	s, server := open(t, strings.NewReader(""), Options{})
	if name, err := s.Name(t.Context()); name != "stdin.txt" || err != nil {
		t.Errorf("it is %q, %v", name, err)
	}
	if response := ask(t, "GET", server.URL); response.StatusCode != 200 || response.ContentLength != 0 {
		t.Errorf("%s, length %d", response.Status, response.ContentLength)
	}
}

// TestReadError cuts off those who have what there was, early and late.
func TestReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe dream")
	r, w := io.Pipe()
	logged := make(chan string, 9)
	s, server := open(t, r, Options{Log: func(line string) { logged <- line }})
	io.WriteString(w, "some")
	early := ask(t, "GET", server.URL)
	expect(t, early.Body, "some")
	w.CloseWithError(broken)
	settle(t, s)
	for name, response := range map[string]*http.Response{"early": early, "late": ask(t, "GET", server.URL)} {
		if rest, err := io.ReadAll(response.Body); err == nil || name == "late" && string(rest) != "some" {
			t.Errorf("%s: %q, %v", name, rest, err)
		}
	}
	if line := <-logged; line != "reading ended after 4 bytes: broken pipe dream" {
		t.Errorf("log: %q", line)
	}
	_, empty := open(t, iotest.ErrReader(broken), Options{})
	if response := ask(t, "GET", empty.URL); response.StatusCode != 500 {
		t.Errorf("of nothing: %s", response.Status)
	}
}

func TestMax(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content string
		whole   bool
	}{{"", true}, {"123456789", true}, {"1234567890", true}, {"12345678901", false}, {strings.Repeat("1234567890", 10_000), false}} {
		logged := make(chan string, 9)
		source := &closer{Reader: strings.NewReader(c.content), closed: make(chan struct{})}
		s, server := open(t, source, Options{Max: 10, Log: func(line string) { logged <- line }})
		settle(t, s)
		got, err := io.ReadAll(ask(t, "GET", server.URL).Body)
		if string(got) != c.content[:min(10, len(c.content))] || (err == nil) != c.whole {
			t.Errorf("of %d bytes: %q, %v", len(c.content), got, err)
		}
		if isLogged := len(logged) > 0; isLogged == c.whole {
			t.Errorf("of %d bytes: it is logged: %v", len(c.content), isLogged)
		}
		select {
		case <-source.closed:
		case <-time.After(patience):
			t.Error("whoever writes goes on")
		}
	}
}

// closer is a reader that tells that it was closed.
type closer struct {
	io.Reader
	once   sync.Once
	closed chan struct{}
}

func (c *closer) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, options := range []Options{{Name: "a/b"}, {Name: ".."}, {Name: "a\x00"}, {Folder: t.TempDir() + "/missing"}} {
		if s, err := New(strings.NewReader(""), options); err == nil {
			s.Close()
			t.Errorf("%+v is fine", options)
		}
	}
}

// TestNoFileIsLeft looks for the file while it is in use.
func TestNoFileIsLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, w := io.Pipe()
	s, _ := open(t, r, Options{Folder: dir})
	io.WriteString(w, "content")
	if entries, _ := os.ReadDir(dir); len(entries) > 0 && runtime.GOOS != "windows" {
		t.Errorf("the file has the name %s", entries[0].Name())
	}
	s.Close()
	s.Close()
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%s is left", entries[0].Name())
	}
	if _, err := s.file.Stat(); err == nil {
		t.Error("the file is open")
	}
}

// TestClose cuts those off who wait for more, or for anything.
func TestClose(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, server := open(t, r, Options{})
	io.WriteString(w, "content")
	waiting := ask(t, "GET", server.URL)
	expect(t, waiting.Body, "content")
	never, _ := io.Pipe()
	silent, silentServer := open(t, never, Options{})
	answer := make(chan error, 1)
	go func() {
		response, err := http.Get(silentServer.URL)
		if err == nil {
			response.Body.Close()
		}
		answer <- err
	}()
	s.Close()
	silent.Close()
	if rest, err := io.ReadAll(waiting.Body); err == nil {
		t.Errorf("it ends as if it were whole: %q", rest)
	}
	select {
	case err := <-answer:
		if err == nil {
			t.Error("there was an answer")
		}
	case <-time.After(patience):
		t.Fatal("a client waits for the first byte")
	}
	if _, err := io.WriteString(w, "more"); err == nil {
		t.Error("it is still read")
	}
	if _, err := http.Get(server.URL); err == nil {
		t.Error("it is still served")
	}
}

// TestRequestEnds has requests end while they wait, for the first bytes and for
// more.
func TestRequestEnds(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, _ := open(t, r, Options{})
	ended := make(chan any, 2)
	serve := func(ctx context.Context) {
		defer func() { ended <- recover() }()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	}
	users := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.users
	}
	for _, content := range []string{"", "content"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go serve(ctx)
		if content != "" {
			io.WriteString(w, content)
			for users() == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		cancel()
		select {
		case cause := <-ended:
			if cause != http.ErrAbortHandler {
				t.Errorf("it ends as if it were whole: %v", cause)
			}
		case <-time.After(patience):
			t.Fatal("it goes on")
		}
	}
	if n := users(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// TestClientsAtOnce has clients join at any time, and one that takes nothing.
func TestClientsAtOnce(t *testing.T) {
	t.Parallel()
	const clients, pieces = 100, 500
	r, w := io.Pipe()
	s, server := open(t, r, Options{})
	idle, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")

	written := sha256.New()
	join := make([]chan struct{}, pieces+1)
	for i := range join {
		join[i] = make(chan struct{})
	}
	var all sync.WaitGroup
	sums := make(chan string, clients)
	for range clients {
		when := rand.IntN(pieces + 1)
		all.Go(func() {
			<-join[when]
			response, err := http.Get(server.URL)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			sum := sha256.New()
			if _, err := io.Copy(sum, response.Body); err != nil {
				t.Error(err)
			}
			sums <- fmt.Sprintf("%x", sum.Sum(nil))
		})
	}
	random := rand.NewChaCha8([32]byte{1})
	for i := range pieces {
		close(join[i])
		piece := make([]byte, rand.IntN(60<<10))
		random.Read(piece)
		written.Write(piece)
		w.Write(piece)
	}
	w.Close()
	settle(t, s)
	close(join[pieces])
	all.Wait()
	close(sums)
	n := 0
	for sum := range sums {
		if n++; sum != fmt.Sprintf("%x", written.Sum(nil)) {
			t.Error("a client has got something else")
		}
	}
	if n != clients {
		t.Errorf("%d clients were served", n)
	}
}

// TestHTTP10 serves a client that knows of no chunks.
func TestHTTP10(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	_, server := open(t, r, Options{})
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	io.WriteString(w, "one")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, response.Body, "one")
	io.WriteString(w, "two")
	expect(t, response.Body, "two")
	w.Close()
	if rest, err := io.ReadAll(response.Body); len(rest) > 0 || err != nil {
		t.Errorf("after the end comes %q, %v", rest, err)
	}
}
