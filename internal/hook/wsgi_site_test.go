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
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// long is what a test waits for something that takes a moment: a machine may be
// busy with other things.
const long = 20 * time.Second

// site is an application that a test asks.
type site struct {
	t   testing.TB
	app *WSGI
	srv *httptest.Server
	log *logLinesForTest
	out string // file of what the workers print
}

type logLinesForTest struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLinesForTest) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(s + "\n")
}

func (l *logLinesForTest) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// apps is the folder of the test applications.
func apps(t testing.TB) string {
	dir, err := filepath.Abs("testdata/apps")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// newSite makes the application of c, which is not started.
func newSite(t testing.TB, c WSGIConfig) *site {
	t.Helper()
	if c.Python == "" {
		c.Python = pythonForTests(t)
	}
	if c.Dir == "" {
		c.Dir = apps(t)
	}
	s := &site{t: t, log: new(logLinesForTest)}
	c.Log = s.log.add
	app, err := NewWSGI(c)
	if err != nil {
		t.Fatal(err)
	}
	s.app = app
	s.out = filepath.Join(t.TempDir(), "out")
	if app.output, err = os.Create(s.out); err != nil {
		t.Fatal(err)
	}
	s.srv = httptest.NewUnstartedServer(app)
	s.srv.Config.DisableGeneralOptionsHandler = true
	s.srv.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		app.Close(ctx)
		s.srv.CloseClientConnections()
		s.srv.Close()
		app.output.Close()
		if n := len(app.processes); n > 0 {
			t.Errorf("%d processes are left", n)
		}
		if t.Failed() {
			t.Logf("log:\n%s\nworkers:\n%s", s.log, s.printed())
		}
	})
	return s
}

// startSite makes the application of c, and starts it.
func startSite(t testing.TB, c WSGIConfig) *site {
	t.Helper()
	s := newSite(t, c)
	if err := s.app.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) printed() string {
	b, _ := os.ReadFile(s.out)
	return string(b)
}

// reply is an answer, all of it.
type reply struct {
	status  int
	header  http.Header
	content string
	err     error // of the content
	length  int64
}

// do sends a request. An error of the exchange is the reply's, with status 0.
func (s *site) do(method, path, content string, fields ...string) reply {
	s.t.Helper()
	var body io.Reader
	if content != "" {
		body = strings.NewReader(content)
	}
	return s.send(method, path, body, fields...)
}

func (s *site) send(method, path string, body io.Reader, fields ...string) reply {
	s.t.Helper()
	req, err := http.NewRequest(method, s.srv.URL+path, body)
	if err != nil {
		s.t.Error(err)
		return reply{err: err}
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	client := &http.Client{Timeout: 3 * long, Transport: s.srv.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, content: string(b), err: err, length: res.ContentLength}
}

func (s *site) get(path string, fields ...string) reply {
	s.t.Helper()
	return s.do("GET", path, "", fields...)
}

// raw sends bytes, and returns what comes until the end of the connection.
func (s *site) raw(request string) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(long))
	fmt.Fprint(conn, request)
	b, _ := io.ReadAll(conn)
	return string(b)
}

// waitFor waits for something that becomes true.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(long); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so after %v: %s", long, what)
		}
	}
}

// processRuns reports whether there is a process of that number.
func processRuns(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		return !strings.Contains(string(stat), ") Z ") // its end has not been noticed
	}
	return syscall.Kill(pid, 0) == nil
}
