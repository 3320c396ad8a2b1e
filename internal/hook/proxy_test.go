package hook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// proxySite is a file server with a proxy.
type proxySite struct {
	*httptest.Server
	mu   sync.Mutex
	logs []string
}

func newProxySite(t *testing.T, config ProxyConfig) *proxySite {
	t.Helper()
	s := &proxySite{}
	config.Log = func(line string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.logs = append(s.logs, line)
	}
	p, err := NewProxy(config)
	if err != nil {
		t.Fatal(err)
	}
	observer := fileserver.WithObserver(func(*fileserver.Record) {}) // its writer wraps net/http's
	s.Server = httptest.NewServer(fileserver.New(fstest.MapFS{}, fileserver.WithMount(config.Prefix, p), observer))
	t.Cleanup(func() {
		s.Server.CloseClientConnections()
		s.Server.Close()
		p.Close()
	})
	return s
}

func (s *proxySite) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.logs, "\n")
}

func (s *proxySite) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func (s *proxySite) raw(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	conn := s.dial(t)
	io.WriteString(conn, request)
	method, _, _ := strings.Cut(request, " ")
	response, err := readResponse(conn, method)
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	content, _ := io.ReadAll(response.Body)
	return response, string(content)
}

func newUpstream(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// TestProxyPaths is which path the upstream is asked for.
func TestProxyPaths(t *testing.T) {
	t.Parallel()
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	for _, test := range []struct{ prefix, path, in, want string }{
		{"", "", "/", "/"},
		{"", "", "/a%20b/%2F//c?q=%zz;x", "/a%20b/%2F//c?q=%zz;x"},
		{"", "", "/a?", "/a?"},
		{"/api", "", "/api", "/api"},
		{"/api", "", "/api/users?x=1", "/api/users?x=1"},
		{"/api", "", "/%61pi/users", "/%61pi/users"},
		{"/api", "/", "/api", "/"},
		{"/api", "/", "/api/", "/"},
		{"/api", "/", "/api/users/%2Fx//y/?q", "/users/%2Fx//y/?q"},
		{"/api", "/", "/%61pi/users", "/users"},
		{"/api", "/", "//api//users", "//users"},
		{"/api", "/v1", "/api", "/v1"},
		{"/api", "/v1", "/api/", "/v1/"},
		{"/api", "/v1/", "/api/users", "/v1/users"},
		{"/api", "/v1/", "/x/../api/a/../users/", "/v1/users/"},
		{"/api", "/v%2F1", "/api/users", "/v%2F1/users"},
		{"/api/deep", "/", "/api/deep/x", "/x"},
		{"", "/v1", "/users", "/v1/users"},
		{"/api", "/v1", "/api/..%2f..%2fsecret", "404 Not Found\n"},
	} {
		s := newProxySite(t, ProxyConfig{URL: upstream.URL + test.path, Prefix: test.prefix})
		if _, got := s.raw(t, "GET "+test.in+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); got != test.want {
			t.Errorf("%q to %q: %s became %q, want %q", test.prefix, test.path, test.in, got, test.want)
		}
	}
}

// TestProxyFields is what the upstream is told.
func TestProxyFields(t *testing.T) {
	t.Parallel()
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Host: %s\n", r.Host)
		r.Header.Write(w)
	})
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	_, text := s.raw(t, "GET / HTTP/1.1\r\nHost: app.test:8000\r\nOrigin: http://app.test:8000\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"+
		"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Port: 6\r\n"+
		"X_Forwarded_For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nCookie: a=1\r\nVia: 1.0 other\r\n\r\n")
	for _, want := range []string{
		"Host: app.test:8000\n", "Origin: http://app.test:8000\r\n", "Cookie: a=1\r\n",
		"X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Host: app.test:8000\r\n", "X-Forwarded-Proto: http\r\n", "Via: 1.0 other\r\nVia: 1.1 gserve-",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for _, not := range []string{"6.6.6.6", "evil", "X-Hop", "Port", "Accept-Encoding", "User-Agent"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in:\n%s", not, text)
		}
	}
}

// TestProxyForwardedPrefix tells the upstream of the prefix that it does not see.
func TestProxyForwardedPrefix(t *testing.T) {
	t.Parallel()
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q", r.Header["X-Forwarded-Prefix"])
	})
	for _, test := range []struct{ prefix, path, want string }{
		{"/api", "/", `["/api"]`},
		{"/api/v 1/ü", "/v1", `["/api/v%201/%C3%BC"]`},
		{"/api", "", "[]"},
		{"", "/v1", "[]"},
	} {
		s := newProxySite(t, ProxyConfig{URL: upstream.URL + test.path, Prefix: test.prefix})
		in := (&url.URL{Path: test.prefix + "/x"}).EscapedPath()
		if _, got := s.raw(t, "GET "+in+" HTTP/1.1\r\nHost: x\r\nX-Forwarded-Prefix: /evil\r\nConnection: close\r\n\r\n"); got != test.want {
			t.Errorf("%q to %q: %s, want %s", test.prefix, test.path, got, test.want)
		}
	}
}

// TestProxyStream passes content on in both ways as it comes, with trailers and
// informational answers.
func TestProxyStream(t *testing.T) {
	t.Parallel()
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(w, "echo %s\n", lines.Text())
			http.NewResponseController(w).Flush()
		}
		w.Header().Set("X-Sum", "sum of "+r.Trailer.Get("X-Sent"))
		w.Header().Set(http.TrailerPrefix+"X-Late", "unannounced")
	})
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	// net/http reads all of a request before it answers, unless told otherwise.
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		s.Config.Handler.ServeHTTP(w, r)
	}))
	defer full.Close()
	content, send := io.Pipe()
	hinted := make(chan string, 1)
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			hinted <- fmt.Sprint(code, h.Get("Link"))
			return nil
		},
	})
	request, _ := http.NewRequestWithContext(ctx, "POST", full.URL, content)
	request.Trailer = http.Header{"X-Sent": nil}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := bufio.NewReader(response.Body)
	for i := range 5 {
		fmt.Fprintf(send, "%d\n", i)
		if line, err := answer.ReadString('\n'); line != fmt.Sprintf("echo %d\n", i) || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
	}
	request.Trailer.Set("X-Sent", "five")
	send.Close()
	io.Copy(io.Discard, answer)
	if got := response.Trailer; got.Get("X-Sum") != "sum of five" || got.Get("X-Late") != "unannounced" {
		t.Errorf("trailer %v", got)
	}
	if got := <-hinted; got != "103</style.css>" {
		t.Errorf("hint %q", got)
	}
}

// TestProxyClientLeaves ends the request to the upstream.
func TestProxyClientLeaves(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	})
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	conn := s.dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	response, err := readResponse(conn, "GET")
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); line != "data: 1\n" {
		t.Fatal(line, err)
	}
	conn.Close()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the upstream goes on")
	}
}

// TestProxyWebSocket shakes hands and exchanges frames (RFC 6455).
func TestProxyWebSocket(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Origin") != "http://"+r.Host {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer close(ended)
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptKey(r.Header.Get("Sec-WebSocket-Key")))
		for {
			var head [6]byte // a masked frame of less than 126 bytes
			if _, err := io.ReadFull(buffered, head[:]); err != nil {
				return
			}
			text := make([]byte, head[1]&0x7f)
			io.ReadFull(buffered, text)
			for i := range text {
				text[i] ^= head[2+i%4]
			}
			conn.Write(append([]byte{head[0], byte(len(text))}, text...))
		}
	})
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	conn := s.dial(t)
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: app.test\r\nOrigin: http://app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != 101 || response.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatal(response, err)
	}
	for i := range 50 {
		text := fmt.Appendf(nil, "message %d", i)
		frame := append([]byte{0x81, 0x80 | byte(len(text)), 1, 2, 3, 4}, text...)
		for j := range text {
			frame[6+j] ^= byte(1 + j%4)
		}
		conn.Write(frame)
		answer := make([]byte, 2+len(text))
		if _, err := io.ReadFull(reader, answer); err != nil || !bytes.Equal(answer[2:], text) {
			t.Fatalf("%q, %v", answer, err)
		}
	}
	conn.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the upstream's end stays open")
	}
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestProxyUnixSocket dials a socket, by both ways to write it.
func TestProxyUnixSocket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("paths of sockets have backslashes and colons")
	}
	dir, err := os.MkdirTemp("", "px") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host+r.RequestURI) })}
	go server.Serve(l)
	defer server.Close()
	for url, want := range map[string]string{
		"unix:" + socket:   "app.test/api/x",
		"unix://" + socket: "app.test/api/x",
		"http+unix://" + strings.ReplaceAll(socket, "/", "%2F"):         "app.test/api/x",
		"http+unix://" + strings.ReplaceAll(socket, "/", "%2F") + "/v1": "app.test/v1/x",
	} {
		s := newProxySite(t, ProxyConfig{URL: url, Prefix: "/api"})
		if _, text := s.raw(t, "GET /api/x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"); text != want {
			t.Errorf("%s: %q, want %q", url, text, want)
		}
	}
}

// TestProxyTLS trusts a server on this machine, whatever its certificate says.
func TestProxyTLS(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer upstream.Close()
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	if _, text := s.raw(t, "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"); text != "app.test" {
		t.Errorf("%q; log: %s", text, s.logged())
	}
	for host, want := range map[string]bool{"localhost": true, "a.localhost": true, "127.0.0.2": true, "::1": true, "::ffff:127.0.0.1": true, "10.0.0.1": false, "example.test": false, "localhost.evil": false} {
		if isLoopback(host) != want {
			t.Errorf("isLoopback(%s) = %v", host, !want)
		}
	}
	p, err := NewProxy(ProxyConfig{URL: "https://example.test"})
	if err != nil || p.transport.TLSClientConfig != nil {
		t.Errorf("certificates of strangers are not verified: %v", err)
	}
}

// down returns the URL of a server that is not there.
func down(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// TestProxyDown tells people more than programs, and those on this machine more
// than others.
func TestProxyDown(t *testing.T) {
	t.Parallel()
	url := down(t)
	const html = "Accept: text/html,*/*;q=0.8\r\n"
	for _, test := range []struct {
		name, method, fields string
		watch                bool
		page, named, again   bool
	}{
		{"browser", "GET", html, false, true, true, false},
		{"browser, watched", "GET", html, true, true, true, true},
		{"form, watched", "POST", html, true, true, true, false},
		{"HEAD", "HEAD", html, true, false, false, false},
		{"for a stranger", "GET", html + "X-Forwarded-For: 1.2.3.4\r\n", true, true, false, true},
		{"behind a proxy", "GET", html + "Via: 1.1 x\r\n", true, true, false, true},
		{"program", "GET", "Accept: */*\r\n", true, false, false, false},
		{"nothing", "GET", "", false, false, false, false},
	} {
		s := newProxySite(t, ProxyConfig{URL: url, Watch: test.watch})
		response, text := s.raw(t, test.method+" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n"+test.fields+"\r\n")
		again := response.Header.Get("Refresh") == "1"
		page := strings.HasPrefix(text, "<!DOCTYPE html>") && response.Header.Get("Content-Type") == "text/html; charset=utf-8"
		named := strings.Contains(text, "<code>"+url+"</code>") && strings.Contains(text, "Nothing listens")
		if response.StatusCode != 502 || again != test.again || page != test.page || named != test.named {
			t.Errorf("%s: %d, again %v, page %v, named %v: %s", test.name, response.StatusCode, again, page, named, text)
		}
		if !page && test.method != "HEAD" && text != "502 Bad Gateway\n" || !named && strings.Contains(text, "127.0.0.1") {
			t.Errorf("%s: %q", test.name, text)
		}
		if !strings.Contains(s.logged(), url) || !strings.Contains(s.logged(), "refused") || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: log %q", test.name, s.logged())
		}
	}
}

// TestProxyFailures has upstreams go wrong.
func TestProxyFailures(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	defer close(held)
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/dies":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/chunks":
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/hangs":
			<-held
		case "/slow":
			time.Sleep(600 * time.Millisecond)
		case "/late":
			io.WriteString(w, "1")
			http.NewResponseController(w).Flush()
			time.Sleep(600 * time.Millisecond)
			io.WriteString(w, "2")
		}
	})
	for _, test := range []struct {
		path    string
		watch   bool
		status  int
		content string
		cut     bool
	}{
		{"/dies", false, 502, "502 Bad Gateway\n", false},
		{"/half", false, 200, "half", true},
		{"/chunks", false, 200, "half", true},
		{"/hangs", false, 504, "504 Gateway Timeout\n", false},
		{"/slow", false, 504, "504 Gateway Timeout\n", false},
		{"/slow", true, 200, "", false},
		{"/late", false, 200, "12", false},
	} {
		s := newProxySite(t, ProxyConfig{URL: upstream.URL, Timeout: 200 * time.Millisecond, Watch: test.watch})
		response, err := http.Get(s.URL + test.path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != test.status || string(content) != test.content || test.cut != (err != nil) {
			t.Errorf("%s: %d %q %v", test.path, response.StatusCode, content, err)
		}
		if test.status >= 500 && !strings.Contains(s.logged(), "GET "+test.path) {
			t.Errorf("%s: log %q", test.path, s.logged())
		}
	}
	if p, err := NewProxy(ProxyConfig{URL: "http://x"}); err != nil || p.transport.ResponseHeaderTimeout != time.Minute {
		t.Errorf("default %v, %v", p.transport.ResponseHeaderTimeout, err)
	}
}

// TestProxyRecovers finds an upstream that has come up.
func TestProxyRecovers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	s := newProxySite(t, ProxyConfig{URL: "http://" + l.Addr().String()})
	const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	if response, _ := s.raw(t, request); response.StatusCode != 502 {
		t.Fatal(response.Status)
	}
	if l, err = net.Listen("tcp", l.Addr().String()); err != nil {
		t.Skip("someone else has the port")
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	go server.Serve(l)
	defer server.Close()
	if response, _ := s.raw(t, request); response.StatusCode != 404 {
		t.Error(response.Status)
	}
}

// TestProxyLoop leads to itself.
func TestProxyLoop(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProxy(ProxyConfig{URL: "http://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: p}
	go server.Serve(l)
	defer server.Close()
	response, err := http.Get("http://" + l.Addr().String() + "/")
	if err != nil || response.StatusCode != http.StatusLoopDetected {
		t.Error(response, err)
	}
}

// TestProxyUpload sends a lot, in bounded memory.
func TestProxyUpload(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	})
	s := newProxySite(t, ProxyConfig{URL: upstream.URL})
	request, _ := http.NewRequest("POST", s.URL, io.LimitReader(rand0{}, size))
	before := memory()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); string(text) != fmt.Sprint(size) {
		t.Errorf("%s bytes came", text)
	}
	if grown := memory() - before; grown > 32<<20 {
		t.Errorf("%d bytes more memory are in use", grown)
	}
}

type rand0 struct{}

func (rand0) Read(b []byte) (int, error) { return len(b), nil }

func memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// TestProxyURLs are what leads nowhere.
func TestProxyURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:5173", "http://", "ftp://x", "http://x?q", "http://x/#f", "http://me:secret@x", "unix:", "http+unix://%zz/", "http+unix:///x", "http://[::1"} {
		if _, err := NewProxy(ProxyConfig{URL: url}); err == nil || !strings.HasPrefix(err.Error(), "proxy to ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
