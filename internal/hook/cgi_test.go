//go:build unix

package hook

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// cgiPatience bounds what is waited for; nothing takes that long unless it fails.
const cgiPatience = 10 * time.Second

// cgiSite is a file server with programs.
type cgiSite struct {
	*httptest.Server
	t    *testing.T
	dir  string
	cgi  *CGI
	mu   sync.Mutex
	logs []string
}

// newCGISite serves a folder with these files below /cgi-bin; those that do
// not end in .txt are executable.
func newCGISite(t *testing.T, config CGIConfig, files map[string]string) *cgiSite {
	t.Helper()
	s := &cgiSite{t: t, dir: t.TempDir()}
	for name, text := range files {
		s.write("cgi-bin/"+name, text)
	}
	root, err := fileserver.Dir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	config.Log = s.log
	if s.cgi, err = NewCGIFolders(root, []string{"/cgi-bin", "/htbin"}, config); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(fileserver.New(root, fileserver.WithMount("/cgi-bin", s.cgi), fileserver.WithMount("/htbin", s.cgi)))
	t.Cleanup(func() {
		s.Server.CloseClientConnections()
		s.Server.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.cgi.Close(ctx)
	})
	return s
}

func (s *cgiSite) write(name, text string) {
	s.t.Helper()
	name = filepath.Join(s.dir, name)
	mode := os.FileMode(0o755)
	if strings.HasSuffix(name, ".txt") {
		mode = 0o644
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

func (s *cgiSite) log(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs = append(s.logs, line)
}

func (s *cgiSite) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.logs, "\n")
}

// raw sends a request as it stands, and returns the answer.
func (s *cgiSite) raw(request string) (*http.Response, string) {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	io.WriteString(conn, request)
	method, _, _ := strings.Cut(request, " ")
	response, err := readResponse(conn, method)
	if err != nil {
		s.t.Fatalf("%.60q: %v", request, err)
	}
	content, _ := io.ReadAll(response.Body)
	return response, string(content)
}

func (s *cgiSite) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(cgiPatience))
	return conn
}

func (s *cgiSite) get(target string) (*http.Response, string) {
	s.t.Helper()
	return s.raw("GET " + target + " HTTP/1.1\r\nHost: example.test:8000\r\nConnection: close\r\n\r\n")
}

// eventually waits for something to become true.
func eventually(t *testing.T, within time.Duration, what string, f func() bool) {
	t.Helper()
	for start := time.Now(); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > within {
			t.Fatalf("%s: not within %v", what, within)
		}
	}
}

const printEnvironment = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\npwd | sed s/^/CWD=/\necho \"ARGS=$#\"\n"

// TestCGIVariables is RFC 3875, 4.1.
func TestCGIVariables(t *testing.T) {
	t.Setenv("GSERVE_PASSWORD", "secret")
	t.Setenv("HTTP_PROXY", "http://inherited")
	t.Setenv("REMOTE_USER", "inherited")
	t.Setenv("CONTENT_LENGTH", "77")
	t.Setenv("INHERITED", "yes")
	s := newCGISite(t, CGIConfig{}, map[string]string{"sub/env": printEnvironment})
	dir, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	response, text := s.raw("POST /cgi-bin/sub/env/a%20b//%C3%A4%2Fc/?q=%20x+y HTTP/1.1\r\nHost: Example.test:8000\r\nConnection: close\r\n" +
		"Content-Type: text/x\r\nContent-Length: 3\r\nProxy: http://evil\r\nAuthorization: Basic eDp5\r\nProxy-Authorization: z\r\n" +
		"X-Two: 1\r\nX-Two: 2\r\nX_Two: 3\r\nX.Two: 4\r\nCookie: a=1\r\nCookie: b=2\r\nUser-Agent: test\r\nRemote-User: me\r\n\r\nabc")
	if response.StatusCode != 200 {
		t.Fatal(response.Status, s.logged())
	}
	env := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		env[name] = value
	}
	for name, want := range map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "gserve", "SERVER_PROTOCOL": "HTTP/1.1",
		"REQUEST_METHOD": "POST", "QUERY_STRING": "q=%20x+y", "REQUEST_SCHEME": "http",
		"REQUEST_URI":  "/cgi-bin/sub/env/a%20b//%C3%A4%2Fc/?q=%20x+y",
		"SCRIPT_NAME":  "/cgi-bin/sub/env",
		"PATH_INFO":    "/a b//ä/c/",
		"CONTENT_TYPE": "text/x", "CONTENT_LENGTH": "3",
		"SERVER_NAME": "Example.test", "SERVER_PORT": port,
		"REMOTE_ADDR": "127.0.0.1", "REMOTE_HOST": "127.0.0.1",
		"HTTP_HOST": "Example.test:8000", "HTTP_X_TWO": "1, 2", "HTTP_COOKIE": "a=1; b=2", "HTTP_USER_AGENT": "test", "HTTP_REMOTE_USER": "me",
		"INHERITED": "yes", "ARGS": "0", "REDIRECT_STATUS": "200",
		"CWD": dir + "/cgi-bin/sub", "PWD": dir + "/cgi-bin/sub",
		"SCRIPT_FILENAME": s.dir + "/cgi-bin/sub/env", "DOCUMENT_ROOT": s.dir, "PATH_TRANSLATED": s.dir + "/a b/ä/c/",
	} {
		if env[name] != want {
			t.Errorf("%s=%q, want %q", name, env[name], want)
		}
	}
	for _, name := range []string{
		"HTTP_PROXY", "HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "AUTH_TYPE", "REMOTE_USER", "GSERVE_PASSWORD",
		"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONNECTION", "HTTPS", "HTTP_X.TWO",
	} {
		if value, ok := env[name]; ok {
			t.Errorf("%s=%q is there", name, value)
		}
	}
	_, text = s.get("/cgi-bin/sub/env?a+b")
	for _, name := range []string{"CONTENT_LENGTH=", "CONTENT_TYPE=", "PATH_TRANSLATED="} {
		if strings.Contains(text, "\n"+name) {
			t.Errorf("%s is there without need", name)
		}
	}
	if !strings.Contains(text, "\nPATH_INFO=\n") || !strings.Contains(text, "ARGS=0") {
		t.Errorf("a query became arguments: %s", text)
	}
	if _, text = s.raw("POST /cgi-bin/sub/env HTTP/1.1\r\nHost: a_b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); !strings.Contains(text, "\nCONTENT_LENGTH=0\n") {
		t.Errorf("no CONTENT_LENGTH for no content: %s", text)
	}
}

// TestCGIPaths asks for programs in all kinds of ways, none of which may give
// their source away.
func TestCGIPaths(t *testing.T) {
	t.Parallel()
	const secret = "SECRET-OF-THE-SOURCE"
	script := "#!/bin/sh\n# " + secret + "\nprintf 'Content-Type: text/plain\\n\\nran:%s:%s' \"$SCRIPT_NAME\" \"$PATH_INFO\"\n"
	s := newCGISite(t, CGIConfig{}, map[string]string{
		"x.sh": script, "sub/y.sh": script, "data.txt": secret, ".hidden/z.sh": script, ".z.sh": script, "index.html": secret, "a b.sh": script,
	})
	outside := filepath.Join(t.TempDir(), "outside.sh")
	if err := os.WriteFile(outside, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"out.sh": outside, "in.sh": "sub/y.sh", "abs.sh": s.dir + "/cgi-bin/sub/y.sh", "up": filepath.Dir(outside), "loop.sh": "loop.sh", "gone.sh": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(s.dir, "cgi-bin", link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"/cgi-bin/fifo", "/cgi-bin/fifo.py"} { // Python would wait for who writes into it
		if err := syscall.Mkfifo(s.dir+name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/cgi-bin/x.sh", 200, "/cgi-bin/x.sh:"},
		{"/cgi-bin/x.sh/", 200, "/cgi-bin/x.sh:/"},
		{"/cgi-bin/x.sh/a/b", 200, "/cgi-bin/x.sh:/a/b"},
		{"/cgi-bin/x.sh//a//", 200, "/cgi-bin/x.sh://a//"},
		{"/cgi-bin/x.sh/a%2Fb%20%3f", 200, "/cgi-bin/x.sh:/a/b ?"},
		{"/cgi-bin/x.sh/a/./b/../c", 200, "/cgi-bin/x.sh:/a/c"},
		{"/cgi-bin/x.sh/a/..", 200, "/cgi-bin/x.sh:/"},
		{"/cgi-bin/a%20b.sh", 200, "/cgi-bin/a b.sh:"},
		{"/cgi-bin/sub/y.sh/i", 200, "/cgi-bin/sub/y.sh:/i"},
		{"/cgi-bin//x.sh", 200, "/cgi-bin/x.sh:"},
		{"//cgi-bin/x.sh", 200, "/cgi-bin/x.sh:"},
		{"/./cgi-bin/x.sh", 200, "/cgi-bin/x.sh:"},
		{"/cgi-bin/../cgi-bin/x.sh", 200, "/cgi-bin/x.sh:"},
		{"/cgi-bin/sub/../x.sh", 200, "/cgi-bin/x.sh:"},
		{"/cgi-bin/%2e%2E/cgi-bin/x.sh", 200, "/cgi-bin/x.sh:"},
		{"/%63gi-bin/%78.sh", 200, "/cgi-bin/x.sh:"},
		{"/cgi-bin/in.sh", 200, "/cgi-bin/in.sh:"},
		{"/cgi-bin/abs.sh", 200, "/cgi-bin/abs.sh:"},
		{"/cgi-bin/x.sh/..%2f..%2fetc", 404, ""},
		{"/cgi-bin/x.sh/a%2f..", 404, ""},
		{"/cgi-bin/x.sh%00", 404, ""},
		{"/cgi-bin/x.sh/%00", 404, ""},
		{"/cgi-bin/x.sh%2f", 404, ""},
		{"/cgi-bin%2fx.sh", 404, ""},
		{"/cgi-bin%00/x.sh", 404, ""},
		{"/cgi-bin/sub%2fy.sh", 404, ""},
		{"/CGI-BIN/x.sh", 404, ""},
		{"/cgi-bin/X.SH", 404, ""},
		{"/cgi-bin/x.sh%20", 404, ""},
		{"/cgi-bin/x.sh.", 404, ""},
		{"/cgi-bin/x.sh::$DATA", 404, ""},
		{"/cgi-bin\\x.sh", 404, ""},
		{"/cgi-bin/x.sh~", 404, ""},
		{"/cgi-bin/nothing", 404, ""},
		{"/htbin", 404, ""},
		{"/htbin/x.sh", 404, ""},
		{"/cgi-bin/.z.sh", 404, ""},
		{"/cgi-bin/.hidden/z.sh", 404, ""},
		{"/cgi-bin/out.sh", 404, ""},
		{"/cgi-bin/up/outside.sh", 404, ""},
		{"/cgi-bin/loop.sh", 404, ""},
		{"/cgi-bin/gone.sh", 404, ""},
		{"/cgi-bin/" + strings.Repeat("x", 300), 404, ""},
		{"/cgi-bin/fifo", 403, ""},
		{"/cgi-bin/fifo.py", 403, ""},
		{"/cgi-bin/data.txt", 403, ""},
		{"/cgi-bin/data.txt/x", 403, ""},
		{"/cgi-bin/index.html/..%2fx", 404, ""},
		{"/cgi-bin", 403, ""},
		{"/cgi-bin/", 403, ""},
		{"/cgi-bin//", 403, ""},
		{"/cgi-bin/.", 403, ""},
		{"/cgi-bin/sub", 403, ""},
		{"/cgi-bin/sub/", 403, ""},
		{"/cgi-bin/?format=json", 403, ""},
		{"/cgi-bin/x.sh%zz", 400, ""},
	} {
		for _, method := range []string{"GET", "POST"} {
			response, text := s.raw(method + " " + test.path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			// What is not even a path of the mount is the file server's to refuse.
			elsewhere := method == "POST" && response.StatusCode == 405
			if response.StatusCode != test.status && !elsewhere {
				t.Errorf("%s %s: %d, want %d", method, test.path, response.StatusCode, test.status)
			}
			if test.want != "" && text != "ran:"+test.want {
				t.Errorf("%s %s: %q, want %q", method, test.path, text, test.want)
			}
			if strings.Contains(text, secret) || strings.Contains(text, s.dir) {
				t.Errorf("%s %s gives away: %q", method, test.path, text)
			}
		}
	}
}

// TestCGIHeads has programs write all kinds of header blocks.
func TestCGIHeads(t *testing.T) {
	t.Parallel()
	const type_ = "Content-Type: text/plain\n"
	for _, test := range []struct {
		name, output string
		status       int
		field, value string // of the answer
		content      string
		log          string
	}{
		{"plain", type_ + "\nhello", 200, "Content-Type", "text/plain", "hello", ""},
		{"CRLF", "Content-Type: text/plain\r\n\r\nhello", 200, "Content-Type", "text/plain", "hello", ""},
		{"lower case, no space", "content-type:text/plain\n\nhello", 200, "Content-Type", "text/plain", "hello", ""},
		{"status", "Status: 404 Not here\n" + type_ + "\nno", 404, "Status", "", "no", ""},
		{"status alone", "Status: 403 No\n\n", 403, "Content-Type", "", "", ""},
		{"status and a line too many", "Status: 403 No\n\n\n", 403, "Content-Type", "", "", ""},
		{"no content", "Status: 204 None\n\n", 204, "Content-Type", "", "", ""},
		{"two cookies", type_ + "Set-Cookie: a=1\nSet-Cookie: b=2\n\n", 200, "Set-Cookie", "a=1|b=2", "", ""},
		{"local redirect", "Location: /there?x\n\n", 302, "Location", "/there?x", "", ""},
		{"local redirect elsewhere", "Location: //evil.test/\n\n", 302, "Location", "/evil.test/", "", ""},
		{"local redirect elsewhere by backslash", "Location: /\\evil.test/\n\n", 302, "Location", "/evil.test/", "", ""},
		{"client redirect", "Location: http://other.test/\n\n\n", 302, "Location", "http://other.test/", "", ""},
		{"client redirect with a document", "Status: 303 See\nLocation: /x\n" + type_ + "\nthere", 303, "Location", "/x", "there", ""},
		{"length", type_ + "Content-Length: 3\n\nabcdef", 200, "Content-Length", "3", "abc", ""},
		{"connection fields", type_ + "Connection: keep-alive\nTransfer-Encoding: gzip\nUpgrade: x\n\nhello", 200, "Upgrade", "", "hello", ""},
		{"empty", "", 502, "", "", "", "ended before"},
		{"no empty line", type_, 502, "", "", "", "ended before"},
		{"no type", "X-A: b\n\nhello", 502, "", "", "", "no Content-Type"},
		{"no type but a status", "Status: 200\n\nhello", 502, "", "", "", "no Content-Type"},
		{"no fields", "\nhello", 502, "", "", "", "no Content-Type"},
		{"text at once", "hello world\n\n", 502, "", "", "", "no field"},
		{"name with a space", type_ + "X A: b\n\nhello", 502, "", "", "", "no field"},
		{"space before the colon", "Content-Type : text/plain\n\nhello", 502, "", "", "", "no field"},
		{"folded", type_ + " more\n\nhello", 502, "", "", "", "no field"},
		{"lone CR", type_ + "X-A: b\rX-Injected: c\n\nhello", 502, "", "", "", "no field"},
		{"control", type_ + "X-A: b\x01c\n\nhello", 502, "", "", "", "no field"},
		{"no name", type_ + ": b\n\nhello", 502, "", "", "", "no field"},
		{"two types", type_ + type_ + "\nhello", 502, "", "", "", "twice"},
		{"bad status", "Status: OK\n" + type_ + "\nhello", 502, "", "", "", "its Status"},
		{"informational status", "Status: 101 Switching\n" + type_ + "\nhello", 502, "", "", "", "its Status"},
		{"long status", "Status: 2000\n" + type_ + "\nhello", 502, "", "", "", "its Status"},
		{"bad length", type_ + "Content-Length: -1\n\nhello", 502, "", "", "", "its Content-Length"},
		{"two lengths", type_ + "Content-Length: 1\nContent-Length: 2\n\nhello", 502, "", "", "", "twice"},
		{"NPH", "HTTP/1.1 200 OK\n" + type_ + "\nhello", 502, "", "", "", "no field"},
		{"long line", type_ + "X-A: " + strings.Repeat("a", 70<<10) + "\n\nhello", 502, "", "", "", "longer"},
		{"many lines", type_ + strings.Repeat("X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 3000) + "\nhello", 502, "", "", "", "longer"},
		{"just long enough", type_ + strings.Repeat("X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 1900) + "\nhello", 200, "Content-Type", "text/plain", "hello", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newCGISite(t, CGIConfig{}, map[string]string{"x": "#!/bin/sh\ncat \"$(dirname \"$0\")/out.txt\"\n", "out.txt": test.output})
			response, content := s.get("/cgi-bin/x")
			if response.StatusCode != test.status {
				t.Fatalf("status %d, want %d; log: %s", response.StatusCode, test.status, s.logged())
			}
			if got := strings.Join(response.Header[test.field], "|"); test.field != "" && got != test.value {
				t.Errorf("%s: %q, want %q", test.field, got, test.value)
			}
			if test.status == 502 {
				test.content = "502 Bad Gateway\n"
			}
			if content != test.content {
				t.Errorf("content %q, want %q", content, test.content)
			}
			if response.Header.Get("X-Injected") != "" || !strings.Contains(s.logged(), test.log) || test.log == "" && s.logged() != "" {
				t.Errorf("log %q, want %q", s.logged(), test.log)
			}
			if response, content := s.raw("HEAD /cgi-bin/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); response.StatusCode != test.status || content != "" {
				t.Errorf("HEAD: %d %q", response.StatusCode, content)
			}
		})
	}
}

// TestCGIContent sends content in all ways.
func TestCGIContent(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := newCGISite(t, CGIConfig{MaxContent: 1 << 20}, map[string]string{
		"count": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s:' \"$CONTENT_LENGTH\"\nwc -c | tr -d ' \\n'\n",
		"deaf":  "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\ndeaf'\n",
	})
	for _, size := range []int{1, 100, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300 << 10, 1 << 20, 1<<20 + 1} {
		for _, length := range []int64{int64(size), -1} {
			request, _ := http.NewRequest("PUT", s.URL+"/cgi-bin/count", strings.NewReader(strings.Repeat("x", size)))
			request.ContentLength = length
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(response.Body)
			response.Body.Close()
			want := fmt.Sprintf("%d:%d", size, size)
			if size > 1<<20 {
				want = "413 Request Entity Too Large\n"
			}
			if string(content) != want {
				t.Errorf("%d bytes, length %d: %q, want %q", size, length, content, want)
			}
			request, _ = http.NewRequest("PUT", s.URL+"/cgi-bin/deaf", strings.NewReader(strings.Repeat("x", min(size, 1<<20))))
			if response, err = http.DefaultClient.Do(request); err != nil {
				t.Fatal(err)
			}
			if content, _ = io.ReadAll(response.Body); string(content) != "deaf" {
				t.Errorf("%d bytes to who does not read: %q", size, content)
			}
			response.Body.Close()
		}
	}
	if response, _ := s.raw("POST /cgi-bin/count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"); response.StatusCode != 400 {
		t.Errorf("broken chunks: %d", response.StatusCode)
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "gserve-cgi-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestCGIStream sees output as it comes, and then the client leaves: the
// program and its children end.
func TestCGIStream(t *testing.T) {
	t.Parallel()
	for name, trap := range map[string]string{"willing": "", "stubborn": "trap '' TERM\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCGISite(t, CGIConfig{}, map[string]string{
				"stream": "#!/bin/sh\n" + trap + "sleep 1000 &\nprintf 'Content-Type: text/event-stream\\n\\n%s %s\\n' $$ $!\nsleep 1000\n",
			})
			conn := s.dial()
			io.WriteString(conn, "GET /cgi-bin/stream HTTP/1.1\r\nHost: x\r\n\r\n")
			response, err := readResponse(conn, "GET")
			if err != nil {
				t.Fatal(err)
			}
			var leader, child int
			if _, err := fmt.Fscan(response.Body, &leader, &child); err != nil {
				t.Fatal(err)
			}
			if !isRunning(leader) || !isRunning(child) {
				t.Fatal("nothing runs")
			}
			conn.Close()
			eventually(t, 2*time.Second, "end of the group", func() bool { return !isRunning(leader) && !isRunning(child) })
		})
	}
}

// isRunning reports whether a process is there, and no zombie.
func isRunning(pid int) bool {
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		_, state, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(state, "Z")
	}
	return syscall.Kill(pid, 0) == nil && !hasProc
}

var hasProc = func() bool { _, err := os.Stat("/proc/self/stat"); return err == nil }()

// TestCGIEnds has programs end in several ways.
func TestCGIEnds(t *testing.T) {
	t.Parallel()
	const start = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello'\n"
	s := newCGISite(t, CGIConfig{Timeout: 500 * time.Millisecond}, map[string]string{
		"hangs":      "#!/bin/sh\nsleep 1000 & echo $! > \"$0.pid.txt\"; sleep 1000\n",
		"halfhangs":  "#!/bin/sh\necho Content-Type: text/plain\nsleep 1000\n",
		"late":       start + "sleep 1; echo there\n",
		"background": start + "sleep 1000 & echo $! > \"$0.pid.txt\"\n",
		"closes":     start + "exec >&-\nsleep 1000\n",
		"fails":      start + "exit 3\n",
		"dies":       start + "kill -9 $$\n",
		"short":      "#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Length: 10\\n\\nhello'\n",
		"failsfirst": "#!/bin/sh\nexit 3\n",
		"noline":     "printf 'Content-Type: text/plain\\n\\nhello'\n",
		"noshell":    "#!/nonexistent/interpreter\n",
		"endless":    "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nyes\n",
	})
	for _, test := range []struct {
		name    string
		status  int
		content string
		cut     bool
		log     string
	}{
		{"hangs", 504, "504 Gateway Timeout\n", false, "no answer in time"},
		{"halfhangs", 504, "504 Gateway Timeout\n", false, "no answer in time"},
		{"late", 200, "hellothere\n", false, ""},
		{"background", 200, "hello", false, ""},
		{"closes", 200, "hello", false, ""},
		{"fails", 200, "hello", false, "exit status 3"},
		{"dies", 200, "hello", true, "killed"},
		{"short", 200, "hello", true, ""},
		{"failsfirst", 502, "502 Bad Gateway\n", false, "exit status 3"},
		{"noline", 502, "502 Bad Gateway\n", false, "#!/bin/sh"},
		{"noshell", 502, "502 Bad Gateway\n", false, "interpreter"},
	} {
		response, err := http.Get(s.URL + "/cgi-bin/" + test.name)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != test.status || string(content) != test.content || test.cut != (err != nil) {
			t.Errorf("%s: %d %q %v", test.name, response.StatusCode, content, err)
		}
		if !strings.Contains(s.logged(), test.log) {
			t.Errorf("%s: log %q, want %q", test.name, s.logged(), test.log)
		}
	}
	for _, name := range []string{"hangs", "background"} {
		text, _ := os.ReadFile(s.dir + "/cgi-bin/" + name + ".pid.txt")
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, cgiPatience, "end of what "+name+" left", func() bool { return !isRunning(pid) })
	}
	start0 := time.Now()
	if response, err := http.Head(s.URL + "/cgi-bin/endless"); err != nil || response.StatusCode != 200 || time.Since(start0) > cgiPatience {
		t.Errorf("HEAD: %v %v", response, err)
	}
}

// TestCGISlowReader reads output after its program has ended.
func TestCGISlowReader(t *testing.T) {
	t.Parallel()
	s := newCGISite(t, CGIConfig{}, map[string]string{"x": "#!/bin/sh\nhead -c 30000 /dev/zero\n"})
	p, err := s.cgi.programs.find(requestPath{{"cgi-bin", ""}, {"x", ""}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	process, err := startCGI(p, os.Environ(), nil, s.log)
	if err != nil {
		t.Fatal(err)
	}
	<-process.ended
	time.Sleep(2 * detachDelay)
	if text, err := io.ReadAll(process); len(text) != 30000 || err != nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if err := process.finish(); err != nil {
		t.Error(err)
	}
}

// TestCGILines logs standard error, a line at a time.
func TestCGILines(t *testing.T) {
	t.Parallel()
	s := newCGISite(t, CGIConfig{}, map[string]string{
		"x": "#!/bin/sh\necho one >&2; printf 'two\\r\\nthree' >&2\nprintf 'Content-Type: a/b\\n\\n'\nhead -c 9000 /dev/zero | tr '\\0' x >&2\n",
	})
	s.get("/cgi-bin/x")
	lines := strings.Split(s.logged(), "\n")
	if len(lines) != 4 || lines[0] != "one" || lines[1] != "two" || !strings.HasPrefix(lines[2], "threexxx") || len(lines[2])+len(lines[3]) != 9005 {
		t.Errorf("%d lines: %.100q", len(lines), lines)
	}
}

// TestCGIQueue runs more requests than programs may run at once.
func TestCGIQueue(t *testing.T) {
	t.Parallel()
	s := newCGISite(t, CGIConfig{MaxProcesses: 4}, map[string]string{
		"x": "#!/bin/sh\nd=\"$(dirname \"$0\")/..\"; mkdir \"$d/run.$$\"; ls \"$d\" | grep -c ^run > \"$d/seen.$$\"\nwhile [ ! -e \"$d/go\" ]; do sleep 0.02; done\nrmdir \"$d/run.$$\"\nprintf 'Content-Type: text/plain\\n\\nok'\n",
	})
	answers := make(chan string, 20)
	for range 12 {
		go func() {
			_, text := s.get("/cgi-bin/x")
			answers <- text
		}()
	}
	count := func(pattern string) int { found, _ := filepath.Glob(s.dir + pattern); return len(found) }
	eventually(t, cgiPatience, "four run", func() bool { return count("/run.*") == 4 })
	gone := s.dial() // waits, and leaves
	io.WriteString(gone, "GET /cgi-bin/x HTTP/1.1\r\nHost: x\r\n\r\n")
	time.Sleep(100 * time.Millisecond)
	gone.Close()
	time.Sleep(200 * time.Millisecond)
	if n := count("/run.*"); n != 4 {
		t.Errorf("%d programs run at once", n)
	}
	s.write("go", "")
	for range 12 {
		if text := <-answers; text != "ok" {
			t.Errorf("answer %q", text)
		}
	}
	if n := count("/seen.*"); n != 12 {
		t.Errorf("%d programs were run, want 12: one client had left", n)
	}
	if def := newCGI(CGIConfig{}); cap(def.slots) != 16 || def.config.Timeout != time.Minute {
		t.Errorf("defaults: %d, %v", cap(def.slots), def.config.Timeout)
	}
}

// TestCGIClose waits for programs, or kills them.
func TestCGIClose(t *testing.T) {
	t.Parallel()
	s := newCGISite(t, CGIConfig{}, map[string]string{
		"waits": "#!/bin/sh\ntouch \"$0.began\"; while [ ! -e \"$0.go\" ]; do sleep 0.02; done\nprintf 'Content-Type: text/plain\\n\\nok'\n",
		"hangs": "#!/bin/sh\ntrap '' TERM\nprintf 'Content-Type: text/plain\\n\\n%s\\n' $$\nsleep 1000\n",
	})
	answer := make(chan string)
	go func() { _, text := s.get("/cgi-bin/waits"); answer <- text }()
	eventually(t, cgiPatience, "begin", func() bool { _, err := os.Stat(s.dir + "/cgi-bin/waits.began"); return err == nil })
	closed := make(chan error)
	go func() { closed <- s.cgi.Close(context.Background()) }()
	eventually(t, cgiPatience, "closing", func() bool { s.cgi.mu.Lock(); defer s.cgi.mu.Unlock(); return s.cgi.closed })
	if response, _ := s.get("/cgi-bin/waits"); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("a program starts while closing: %d", response.StatusCode)
	}
	s.write("cgi-bin/waits.go", "")
	if text := <-answer; text != "ok" {
		t.Errorf("answer %q", text)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}

	s = newCGISite(t, CGIConfig{}, map[string]string{"hangs": "#!/bin/sh\ntrap '' TERM\nprintf 'Content-Type: text/plain\\n\\n%s\\n' $$\nsleep 1000\n"})
	response, err := http.Get(s.URL + "/cgi-bin/hangs")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var pid int
	fmt.Fscan(response.Body, &pid)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.cgi.Close(ctx); err != context.DeadlineExceeded {
		t.Error(err)
	}
	if isRunning(pid) {
		t.Error("a program runs after Close")
	}
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("an answer that was cut short ends as if it were whole")
	}
}

// TestCGIPython runs .py files, and a program that reads its own modules.
func TestCGIPython(t *testing.T) {
	t.Parallel()
	python := exchange.Program(t, "python3")
	const text = "import sys, neighbour\nprint('Content-Type: text/plain\\n')\nprint(neighbour.word, sys.argv[1:], end='')\n"
	s := newCGISite(t, CGIConfig{Python: python}, map[string]string{
		"neighbour.py": "word = 'found'\n", "plain.py": text, "sub/plain.py": "#!/usr/bin/env python3\nimport os, sys\nsys.path.insert(0, '..')\n" + text,
		"broken.py": "#!/usr/bin/env python3\nraise SystemError('reason')\n",
	})
	if err := os.Chmod(s.dir+"/cgi-bin/plain.py", 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/cgi-bin/plain.py", "/cgi-bin/sub/plain.py", "/cgi-bin/plain.py?a+b"} {
		if response, text := s.get(path); response.StatusCode != 200 || text != "found []" {
			t.Errorf("%s: %d %q %s", path, response.StatusCode, text, s.logged())
		}
	}
	if response, _ := s.get("/cgi-bin/broken.py"); response.StatusCode != 502 || !strings.Contains(s.logged(), "SystemError: reason") {
		t.Errorf("%d %s", response.StatusCode, s.logged())
	}
}

// TestCGIBinary runs a program that is no script.
func TestCGIBinary(t *testing.T) {
	t.Parallel()
	s := newCGISite(t, CGIConfig{}, nil)
	printf := exchange.Program(t, "env") // writes NAME=value lines, which are no block
	content, err := os.ReadFile(printf)
	if err != nil {
		t.Fatal(err)
	}
	s.write("cgi-bin/env", string(content))
	if response, _ := s.get("/cgi-bin/env"); response.StatusCode != 502 || !strings.Contains(s.logged(), "is no field") {
		t.Errorf("%d %s", response.StatusCode, s.logged())
	}
}

// TestCGIOne has one program answer all below a prefix.
func TestCGIOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "notify.sh")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s:%s:%s' \"$SCRIPT_NAME\" \"$PATH_INFO\" \"$PATH_TRANSLATED\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := NewCGI(CGIConfig{Program: program}); err == nil || !strings.Contains(err.Error(), "chmod +x") {
		t.Errorf("not executable: %v", err)
	}
	if _, err := NewCGI(CGIConfig{Program: dir}); err == nil {
		t.Error("a folder was taken")
	}
	if _, err := NewCGI(CGIConfig{Program: program + "x"}); err == nil {
		t.Error("a missing program was taken")
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	for prefix, tests := range map[string]map[string]string{
		"/hook/in": {"/hook/in": "/hook/in::", "/hook/in/": "/hook/in:/:", "/hook//in/x%20y": "/hook/in:/x y:", "/hook": "404 Not Found\n"},
		"/":        {"/": ":/:", "/a/b": ":/a/b:"},
	} {
		c, err := NewCGI(CGIConfig{Program: program, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range tests {
			w := httptest.NewRecorder()
			c.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Body.String() != want {
				t.Errorf("prefix %s, %s: %q, want %q", prefix, path, w.Body, want)
			}
		}
	}
	for _, folder := range []string{"/", "", "/../x"} {
		if _, err := NewCGIFolders(fileserver.Unconfined(dir), []string{folder}, CGIConfig{}); err == nil {
			t.Errorf("folder %q was taken", folder)
		}
	}
}

// TestCGIFolderReplaced exchanges the folder of a program between the look and
// the start.
func TestCGIFolderReplaced(t *testing.T) {
	t.Parallel()
	if !hasProc {
		t.Skip("folders cannot be pinned")
	}
	s := newCGISite(t, CGIConfig{}, map[string]string{"sub/x": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nright'\n"})
	p, err := s.cgi.programs.find(requestPath{{"cgi-bin", ""}, {"sub", ""}, {"x", ""}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := os.Rename(s.dir+"/cgi-bin/sub", s.dir+"/cgi-bin/was"); err != nil {
		t.Fatal(err)
	}
	s.write("cgi-bin/sub/x", "#!/bin/sh\nprintf wrong\n")
	process, err := startCGI(p, os.Environ(), nil, s.log)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(process)
	process.finish()
	if !strings.HasSuffix(string(text), "right") {
		t.Errorf("%q ran", text)
	}
}

// TestCGIDescriptors leaves none open.
func TestCGIDescriptors(t *testing.T) {
	if !hasProc {
		t.Skip("descriptors cannot be counted")
	}
	s := newCGISite(t, CGIConfig{}, map[string]string{"x": "#!/bin/sh\nls /proc/$$/fd > \"$0.txt\"\nprintf 'Content-Type: text/plain\\n\\nok'\n"})
	count := func() int { fds, _ := os.ReadDir("/proc/self/fd"); return len(fds) }
	request := func() {
		for range 20 {
			s.raw("POST /cgi-bin/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000))
			s.get("/cgi-bin/none")
			s.get("/cgi-bin/x.txt")
		}
	}
	request()
	before := count()
	request()
	eventually(t, cgiPatience, "descriptors", func() bool { return count() <= before+3 })
	text, _ := os.ReadFile(s.dir + "/cgi-bin/x.txt")
	bare := exec.Command(s.dir + "/cgi-bin/x")
	bare.Env = os.Environ()
	if err := bare.Run(); err != nil {
		t.Fatal(err)
	}
	want, _ := os.ReadFile(s.dir + "/cgi-bin/x.txt")
	if string(text) != string(want) {
		t.Errorf("program has descriptors %q, want %q", text, want)
	}
}

// TestCGIUpload sends a lot, in bounded memory.
func TestCGIUpload(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	s := newCGISite(t, CGIConfig{}, map[string]string{"count": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nwc -c | tr -d ' \\n'\n"})
	request, _ := http.NewRequest("POST", s.URL+"/cgi-bin/count", io.LimitReader(zeros{}, size))
	before := residentKiB()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); string(text) != strconv.FormatInt(size, 10) {
		t.Errorf("%q bytes came", text)
	}
	if grown := residentKiB() - before; grown > 32<<10 {
		t.Errorf("%d KiB more memory are in use", grown)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// residentKiB returns the memory of this process, 0 if it is not known.
func residentKiB() (kib int) {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fmt.Sscan(rest, &kib)
	return kib
}
