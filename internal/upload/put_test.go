package upload

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/store"
)

func TestPut(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Max: 100, Refused: func(name string) bool { return name == "index.html" }}, all)
	os.Mkdir(filepath.Join(s.dir, "sub"), 0o777)
	a := s.ask("PUT", "/sub/a%20b.txt", "hello").want(t, "new", 201)
	if a.header.Get("Location") != "/sub/a%20b.txt" || a.content != "a b.txt\n" || a.header.Get("Etag") != `"5"` {
		t.Errorf("%+v", a)
	}
	for _, c := range []struct {
		path   string
		fields string
		want   int
	}{
		{"/sub/a%20b.txt", "", 409},
		{"/sub", "", 409},
		{"/sub/", "", 405},
		{"/", "", 405},
		{"/none/a", "", 409},
		{"/a", "Content-Range: bytes 0-4/5", 400},
		{"/a", "If-Match: *", 412},
		{"/sub/a%20b.txt", "If-None-Match: *", 412},
		{"/a:b", "", 400},
		{"/con.txt", "", 400},
		{"/a.", "", 400},
		{"/a%00b", "", 400},
		{"/a%2fb", "", 400},
		{"/%2e%2e/a", "", 400},
		{"/sub/../../a", "", 400},
		{"/.htaccess", "", 403},
		{"/.git/config", "", 403},
		{"/.gserve-00000000000000000000000000000000", "", 400},
		{"/index.html", "", 403},
		{"/%ff", "", 400},
		{"/" + strings.Repeat("a", 256), "", 400},
		{"/a", "Origin: http://evil.example", 403},
		{"/a", "Origin: null", 403},
		{"/a", "Sec-Fetch-Site: cross-site", 403},
		{"/a", "Sec-Fetch-Site: same-site", 403},
	} {
		a := s.ask("PUT", c.path, "other", c.fields).want(t, c.path+" "+c.fields, c.want)
		if strings.Contains(a.content, s.dir) {
			t.Errorf("%s tells of the system: %q", c.path, a.content)
		}
		if a.status == 405 && a.header.Get("Allow") != "GET, HEAD, OPTIONS, POST, DELETE, MKCOL, MOVE" {
			t.Errorf("%s: Allow: %s", c.path, a.header.Get("Allow"))
		}
	}
	s.ask("PUT", "/big", strings.Repeat("x", 101)).want(t, "too large", 413)
	s.send("PUT", "/big", io.MultiReader(strings.NewReader(strings.Repeat("x", 101)))).want(t, "too large, and chunked", 413)
	if a := s.ask("PUT", "/a:b", ""); !strings.Contains(a.content, "would do: a_b\n") {
		t.Errorf("%q", a.content)
	}
	s.wantFiles("after all", map[string]string{"sub/": "", "sub/a b.txt": "hello"})
	if answer := s.raw("PUT /a HTTP/1.0\r\nOrigin: null\r\nContent-Length: 1\r\n\r\nx", true); !strings.HasPrefix(answer, "HTTP/1.0 403 ") {
		t.Errorf("without Host: %q", answer)
	}
	s.ask("PUT", "/sub/../empty", "", "Origin: "+s.url).want(t, "same origin", 201)
	s.ask("PUT", "/same", "", "Sec-Fetch-Site: same-origin", "Origin: null").want(t, "same origin", 201)
}

func TestPutOverwrite(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Overwrite: true}, all)
	s.ask("PUT", "/a", "one").want(t, "new", 201)
	if a := s.ask("PUT", "/a", "other").want(t, "replaced", 204); a.header.Get("Location") != "" || a.header.Get("Etag") != `"5"` {
		t.Errorf("%+v", a)
	}
	s.ask("PUT", "/a", "x", `If-Match: "3"`).want(t, "another state", 412)
	s.ask("PUT", "/a", "x", `If-Match: "1", "5"`).want(t, "this state", 204)
	s.ask("PUT", "/a", "y", "If-None-Match: *").want(t, "only new", 412)
	s.wantFiles("after all", map[string]string{"a": "x"})
}

func TestNotAllowed(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, Config{Delete: true})
	for _, method := range []string{"PUT", "MKCOL", "MOVE", "PATCH", "PROPFIND", "TRACE"} {
		a := s.ask(method, "/a", "").want(t, method, 405)
		if a.header.Get("Allow") != "GET, HEAD, OPTIONS, POST, DELETE" {
			t.Errorf("%s: Allow: %s", method, a.header.Get("Allow"))
		}
	}
	s.ask("POST", "/", "x", "Content-Disposition: attachment; filename=a").want(t, "a file", 403)
	content, kind := makeForm(t, "a.txt:x")
	s.ask("POST", "/", content, kind).want(t, "a form", 403)
	s.ask("POST", "/", "do=mkdir&to=a", "Content-Type: application/x-www-form-urlencoded").want(t, "mkdir", 403)
	s.ask("HEAD", ResourcePrefix+strings.Repeat("0", 32)+"/", "").want(t, "a resource", 404)
	a := s.ask("OPTIONS", "/", "").want(t, "OPTIONS", 204)
	if a.header.Get("Accept-Patch") != "" {
		t.Errorf("%v", a.header)
	}
	s.wantFiles("after all", map[string]string{})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Max: 10}, all)
	for path, allow := range map[string]string{
		"/x":                    "GET, HEAD, OPTIONS, PUT, POST, DELETE, MKCOL, MOVE",
		ResourcePrefix + "none": allowResource,
	} {
		h := s.ask("OPTIONS", path, "").want(t, path, 204).header
		if h.Get("Allow") != allow || h.Get("Accept-Patch") != partialUpload || h.Get("Upload-Limit") != "max-size=10, max-age=86400" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	config := all
	config.Prefix = "/files/"
	s := serve(t, store.Options{}, config)
	if a := s.ask("PUT", "/files/a", "x").want(t, "below", 201); a.header.Get("Location") != "/files/a" {
		t.Errorf("%v", a.header)
	}
	s.ask("PUT", "/a", "x").want(t, "above", 404)
	s.ask("PUT", "/filesa", "x").want(t, "beside", 404)
	s.ask("MOVE", "/files/a", "", "Destination: /b").want(t, "above", 404)
	s.ask("MOVE", "/files/a", "", "Destination: /files/b").want(t, "below", 201)
	s.wantFiles("after all", map[string]string{"b": "x"})
}

// raw sends what may be no request, and returns the answer that comes back
// once the sending side is closed, or at once.
func (s site) raw(request string, closes bool) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	io.WriteString(conn, request)
	if closes {
		conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		return string(answer)
	}
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return line
}

func TestShortContent(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	body, kind := makeForm(t, "whole:x", "cut:yyyy")
	cut := body[:strings.Index(body, "yyyy")+2]
	between := body[:strings.Index(body, `filename="cut"`)]
	_, boundary, _ := strings.Cut(kind, "boundary=")
	line := body[:strings.Index(body[10:], boundary)+10+len(boundary)]
	for what, request := range map[string]string{
		"PUT":     "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello",
		"chunked": "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"POST":    "POST / HTTP/1.1\r\nHost: x\r\nContent-Disposition: attachment; filename=a\r\nContent-Length: 10\r\n\r\nhello",
		"form":    fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s", kind, len(cut)+100, cut),
		"between": fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s", kind, len(between)+100, between),
		"line":    fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s", kind, len(line), line),
		"no end":  fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s", kind, len(cut), cut),
	} {
		if answer := s.raw(request, true); !strings.HasPrefix(answer, "HTTP/1.1 400 ") {
			t.Errorf("%s: %q", what, answer)
		}
	}
	s.wantFiles("after all", map[string]string{"whole": "x", "whole (1)": "x", "whole (2)": "x", "whole (3)": "x"})
}

// TestExpect sees that what will fail is refused before the content is sent.
func TestExpect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "there"), nil, 0o666)
	s := serveDir(t, dir, store.Options{}, all)
	limited := serveDir(t, dir, store.Options{Max: 10}, all)
	head := func(method, path, more string, length int64) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n%s\r\n", method, path, length, more)
	}
	_, kind := makeForm(t)
	huge := int64(math.MaxInt64 / 2)
	for _, c := range []struct {
		s       site
		request string
		want    string
	}{
		{s, head("PUT", "/new", "", 5), "HTTP/1.1 100 "},
		{s, head("PUT", "/there", "", 5), "HTTP/1.1 409 "},
		{s, head("PUT", "/none/x", "", 5), "HTTP/1.1 409 "},
		{s, head("PUT", "/x", "Origin: http://evil.example\r\n", 5), "HTTP/1.1 403 "},
		{s, head("PUT", "/there", "If-None-Match: *\r\n", 5), "HTTP/1.1 412 "},
		{limited, head("PUT", "/x", "", 11), "HTTP/1.1 413 "},
		{s, head("PUT", "/x", "", huge), "HTTP/1.1 507 "},
		{s, head("POST", "/", "Content-Disposition: attachment; filename=x\r\n", huge), "HTTP/1.1 507 "},
		{s, head("POST", "/", kind+"\r\n", huge), "HTTP/1.1 507 "},
		{s, head("PUT", "/x", "Upload-Complete: ?0\r\nUpload-Length: 999999999999999\r\n", 5), "HTTP/1.1 507 "},
	} {
		if got := c.s.raw(c.request, false); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %q, want %q", c.request, got, c.want)
		}
	}
}

// TestRefusedLate is of a browser, which reads the answer when it has sent all.
func TestRefusedLate(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Max: 1000}, all)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	const size = 16 << 20
	fmt.Fprintf(conn, "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
	piece := make([]byte, 1<<20)
	for range size / len(piece) {
		if _, err := conn.Write(piece); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // as over a radio: net/http alone would be gone by the end
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != 413 || !resp.Close {
		t.Errorf("%+v, %v", resp, err)
	}
}

// TestParallel stores 1,000 files at the same time.
func TestParallel(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	var wg sync.WaitGroup
	want := map[string]string{}
	for i := range 1000 {
		name, content := fmt.Sprintf("f%d.txt", i), strings.Repeat(fmt.Sprint(i), 100)
		want[name] = content
		wg.Go(func() {
			r, _ := http.NewRequest("PUT", s.url+"/"+name, strings.NewReader(content))
			resp, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			if resp.Body.Close(); resp.StatusCode != 201 {
				t.Errorf("%s: %s", name, resp.Status)
			}
		})
	}
	wg.Wait()
	s.wantFiles("after all", want)
}

// TestTwoOfOneName has two clients store different files of one name.
func TestTwoOfOneName(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	for i := range 200 {
		var got [2]answer
		var wg sync.WaitGroup
		for who := range 2 {
			wg.Go(func() { got[who] = s.ask("PUT", fmt.Sprint("/f", i), fmt.Sprint("of ", who)) })
		}
		wg.Wait()
		winner := 0
		if got[0].status != 201 {
			winner = 1
		}
		content, err := os.ReadFile(filepath.Join(s.dir, fmt.Sprint("f", i)))
		if got[winner].status != 201 || got[1-winner].status != 409 || string(content) != fmt.Sprint("of ", winner) {
			t.Fatalf("%d, %d: %q, %v", got[0].status, got[1].status, content, err)
		}
	}
	if n := len(s.files()); n != 200 {
		t.Errorf("there are %d files", n)
	}
}

// TestTurns sees that uploads wait for their turn, and not for ever.
func TestTurns(t *testing.T) {
	t.Parallel()
	config := all
	config.AtOnce, config.Patience = 1, 300*time.Millisecond
	s := serve(t, store.Options{}, config)
	slow, end := io.Pipe()
	first := make(chan answer)
	go func() { first <- s.send("PUT", "/slow", slow) }()
	io.WriteString(end, "x") // it has its turn
	for len(s.files()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if a := s.ask("PUT", "/b", "x").want(t, "meanwhile", 503); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	end.Close()
	(<-first).want(t, "the slow one", 201)
	s.ask("PUT", "/b", "x").want(t, "later", 201)
}

// TestUntold sees that a client is not told what only the log is to know.
func TestUntold(t *testing.T) {
	t.Parallel()
	cause := &fs.PathError{Op: "write", Path: "/srv/secret", Err: syscall.EIO}
	for _, err := range []error{cause, errContent{cause}, fmt.Errorf("%w: %w", store.ErrForbidden, cause)} {
		if r := meaningOf(err); strings.Contains(r.text, "secret") || !errors.Is(r, cause) {
			t.Errorf("%v: %q", err, r.text)
		}
	}
}

func TestHolder(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.1:80":              "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":         "fe80::/64",
		"[::ffff:192.0.2.1]:80":     "::ffff:192.0.2.1",
		"@":                         "@",
	} {
		if got := holderOf(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

func TestObserved(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	config := all
	config.Begin = func(client, name string, total int64) (func(int64), func(error)) {
		sum := int64(0)
		return func(n int64) { sum += n }, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintln(client, name, total, sum, err == nil))
		}
	}
	s := serve(t, store.Options{}, config)
	s.ask("PUT", "/a", "hello").want(t, "PUT", 201)
	s.raw("PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello", true)
	s.ask("PUT", "/c", "part", "Upload-Complete: ?0", "Upload-Length: 10").want(t, "a piece", 201)
	want := "127.0.0.1 a 5 5 true\n127.0.0.1 b 10 5 false\n127.0.0.1 c 10 4 true\n"
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(seen, ""); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
