package live

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
)

// most is how long a test waits; nothing takes that long unless it fails.
const most = 20 * time.Second

// listener reads events.
type listener struct {
	testing.TB
	r      *bufio.Reader
	answer *http.Response
}

// listen asks a server for a stream.
func listen(t testing.TB, url string, fields ...string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &listener{t, bufio.NewReader(answer.Body), answer}
}

// next returns the lines of the next event, "" when the stream has ended.
func (l *listener) next() string {
	l.Helper()
	var lines []string
	for {
		line, err := l.r.ReadString('\n')
		// When a server stops, net/http may close a connection of HTTP/2 before it
		// has sent what ends the stream.
		if err == io.EOF || err != nil && l.answer.ProtoMajor == 2 {
			return ""
		}
		if err != nil {
			l.Fatal(err)
		}
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			return strings.Join(lines, " ")
		}
		lines = append(lines, line)
	}
}

func (l *listener) expect(events ...string) {
	l.Helper()
	for _, want := range events {
		if got := l.next(); got != want {
			l.Fatalf("got %q, want %q", got, want)
		}
	}
}

func serveLive(t testing.TB) (*Live, *httptest.Server) {
	l := New(Options{})
	server := httptest.NewServer(fileserver.New(fstest.MapFS{}, fileserver.WithMount(l.Path(), l)))
	t.Cleanup(func() {
		l.Close()
		server.Close()
	})
	return l, server
}

const started = "retry: 500"

// TestStream tells what changes, and what has changed, to those who come back.
func TestStream(t *testing.T) {
	t.Parallel()
	l, server := serveLive(t)
	first := listen(t, server.URL+l.Path()+"?since=0")
	if got := first.answer.Header.Get("Content-Type"); got != "text/event-stream" || !first.answer.Close {
		t.Errorf("Content-Type: %q, the connection ends: %v", got, first.answer.Close)
	}
	first.expect(started, "event: alive id: 0 data: 0")
	l.Changed([]string{"a.css", "b.png"})
	l.Changed([]string{"index.html~"}) // nothing
	first.expect(`event: change id: 1 data: {"since":0,"version":1,"styles":["a.css"],"images":["b.png"]}`)
	l.Changed([]string{"line\nbreak.css"})
	first.expect(`event: change id: 2 data: {"since":1,"version":2,"styles":["line\nbreak.css"]}`)

	back := listen(t, server.URL+l.Path()+"?since=0", "Last-Event-ID", "1")
	back.expect(started, `event: change id: 2 data: {"since":1,"version":2,"styles":["line\nbreak.css"]}`, "event: alive id: 2 data: 2")
	for _, query := range []string{"", "?since=", "?since=x", "?since=-7", "?since=7", "?since=99999999999999999999"} {
		stranger := listen(t, server.URL+l.Path()+query)
		stranger.expect(started)
		if got := stranger.next(); !strings.HasSuffix(got, `"version":2,"reload":true}`) {
			t.Errorf("%q: %q", query, got)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	first.expect("")
	back.expect("")
	late := listen(t, server.URL+l.Path()+"?since=2")
	late.expect(started, "event: alive id: 2 data: 2", "")
}

// TestRefusals answers nothing elsewhere, and to no other method.
func TestRefusals(t *testing.T) {
	t.Parallel()
	l := New(Options{Prefix: "/s/token/"})
	if !strings.HasPrefix(l.Path(), "/s/token/.well-known/gserve/live/") || len(l.Path()) != len("/s/token/.well-known/gserve/live/")+26 {
		t.Errorf("path: %q", l.Path())
	}
	if other := New(Options{}); other.Path() == New(Options{}).Path() {
		t.Error("two runs have one path")
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"HEAD", l.Path(), 200}, {"POST", l.Path(), 405}, {"GET", l.Path() + "/", 404}, {"GET", l.Path() + "/x", 404}, {"HEAD", "/", 404},
	} {
		w := httptest.NewRecorder()
		l.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
}

// TestMany has the oldest stream make room.
func TestMany(t *testing.T) {
	t.Parallel()
	var s streams
	var leaves []func()
	oldest, leave := s.enter(t.Context())
	leaves = append(leaves, leave)
	second, leave := s.enter(t.Context())
	leaves = append(leaves, leave)
	for range maxStreams - 1 {
		_, leave := s.enter(t.Context())
		leaves = append(leaves, leave)
	}
	if oldest.Err() == nil || second.Err() != nil || len(s.open) != maxStreams {
		t.Errorf("the oldest ends with %v, the second with %v, and %d are open", oldest.Err(), second.Err(), len(s.open))
	}
	for _, leave := range leaves {
		leave()
	}
	if len(s.open) != 0 {
		t.Errorf("%d are open after all have left", len(s.open))
	}
}

// TestStop ends streams when the server stops, before it cuts connections.
func TestStop(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	for scheme, config := range map[string]*tls.Config{"http": nil, "https": {Certificates: certified.TLS.Certificates}} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			l := New(Options{})
			server := httpd.Server{Handler: fileserver.New(fstest.MapFS{}, fileserver.WithMount(l.Path(), l)), TLS: config}
			at, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			context.AfterFunc(ctx, func() { l.Close() })
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(ctx, nil, at) }()
			one := listen(t, scheme+"://"+at.Addr().String()+l.Path()+"?since=0")
			if got, want := one.answer.ProtoMajor, map[string]int{"http": 1, "https": 2}[scheme]; got != want {
				t.Errorf("HTTP/%d, want %d", got, want)
			}
			one.expect(started, "event: alive id: 0 data: 0")
			l.Changed([]string{"a.html"})
			one.expect(`event: change id: 1 data: {"since":0,"version":1,"reload":true}`)
			stop()
			one.expect("") // an end, not a reset
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
