package fileserver_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
)

// records collects what an observer is told.
type records struct {
	mu  sync.Mutex
	all []fileserver.Record
}

func (r *records) observe(record *fileserver.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, *record)
}

func (r *records) last(t *testing.T) fileserver.Record {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		t.Fatal("nothing was observed")
	}
	return r.all[len(r.all)-1]
}

// TestObserverOfHandlers has handlers answer in the ways that they can, and
// looks at what the observer is told.
func TestObserverOfHandlers(t *testing.T) {
	t.Parallel()
	handlers := map[string]http.HandlerFunc{
		"/silent":  func(http.ResponseWriter, *http.Request) {},
		"/writes":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "12345") },
		"/creates": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); io.WriteString(w, "1") },
		"/early":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(202) },
		"/copies":  func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("1234567")) },
		"/flushes": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "1")
			w.(http.Flusher).Flush()
			io.WriteString(w, "2")
		},
		"/controls": func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
				w.WriteHeader(500)
			}
		},
	}
	var seen records
	opts := []fileserver.Option{fileserver.WithObserver(seen.observe)}
	for prefix, h := range handlers {
		opts = append(opts, fileserver.WithMount(prefix, h))
	}
	server := httptest.NewServer(fileserver.New(fstest.MapFS{}, opts...))
	defer server.Close()
	for target, want := range map[string]struct {
		status int
		sent   int64
	}{
		"/silent": {200, 0}, "/writes": {200, 5}, "/creates": {201, 1}, "/early": {202, 0}, "/copies": {200, 7}, "/flushes": {200, 2}, "/controls": {200, 0},
	} {
		response, err := http.Get(server.URL + target)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if r := seen.last(t); r.Status != want.status || r.Sent != want.sent || r.Target != target || response.StatusCode != want.status {
			t.Errorf("GET %s: %+v, want %+v", target, r, want)
		}
	}
}

// TestHijack lets a mount speak another protocol.
func TestHijack(t *testing.T) {
	t.Parallel()
	var seen records
	echo := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := buffered.ReadString('\n')
		io.WriteString(conn, line)
	})
	server := httptest.NewServer(fileserver.New(fstest.MapFS{}, fileserver.WithObserver(seen.observe), fileserver.WithMount("/echo", echo)))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
	reader := bufio.NewReader(conn)
	if response, err := http.ReadResponse(reader, nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	io.WriteString(conn, "hello\n")
	if line, err := reader.ReadString('\n'); line != "hello\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

// TestPanicOfHandler passes a panic on, and tells the observer.
func TestPanicOfHandler(t *testing.T) {
	t.Parallel()
	var seen records
	s := fileserver.New(fstest.MapFS{}, fileserver.WithObserver(seen.observe),
		fileserver.WithFallback(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	func() {
		defer func() {
			if cause := recover(); cause != http.ErrAbortHandler {
				t.Errorf("recovered %v, want http.ErrAbortHandler", cause)
			}
		}()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	if r := seen.last(t); r.Err == nil {
		t.Error("the observer was not told of the panic")
	}
}

// brokenFS fails as a disk does.
type brokenFS struct{ err error }

func (b brokenFS) Open(string) (fs.File, error) { return nil, b.err }

// TestErrorsOfTheFileSystem answers what is not absence as a failure, which
// neither the fallback nor the client is told more of.
func TestErrorsOfTheFileSystem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        error
		status     int
		retryAfter string
	}{
		{errors.New("disk on fire at /srv/secret"), 500, ""},
		{fmt.Errorf("open x: %w", syscall.EMFILE), 503, "1"},
	} {
		var seen records
		s := fileserver.New(brokenFS{c.err}, fileserver.WithObserver(seen.observe), fileserver.WithFallback(says("fallback")))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		if w.Code != c.status || w.Header().Get("Retry-After") != c.retryAfter || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%v: %d %v %q", c.err, w.Code, w.Header(), w.Body)
		}
		if r := seen.last(t); !errors.Is(r.Err, c.err) {
			t.Errorf("the cause is %v, want %v", r.Err, c.err)
		}
	}
}
