//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// asked is a process whose part a handler plays.
func asked(t *testing.T, q *question, s setup, h http.HandlerFunc) *process {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = s.HTTP2
	if s.Secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return processAsked(q, s, server.Listener.Addr().(*net.TCPAddr).Port)
}

func processAsked(q *question, s setup, port int) *process {
	return newProcess(server{name: "test", asks: q, setup: s}, port, 0, "")
}

func TestAsk(t *testing.T) {
	t.Parallel()
	ten := siteBench(t, map[string]string{"ten": "0123456789"}).whole("ten")
	for _, s := range []setup{{}, {Secure: true}, {Secure: true, HTTP2: true}} {
		content := "0123456789"
		p := asked(t, &question{path: "/ten", right: ten}, s, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, content)
		})
		a, err := p.ask(t.Context())
		if err != nil || a.size < 10 || a.size > 200 || s.HTTP2 != (a.size == 10) {
			t.Errorf("%+v: got %d bytes, %v", s, a.size, err)
		}
		content = "012345678X"
		if _, err := p.ask(t.Context()); err == nil {
			t.Errorf("%+v: wrong content is right", s)
		}
	}
}

func TestAskWantsTheStatus(t *testing.T) {
	t.Parallel()
	p := asked(t, &question{path: "/", status: 404, right: anything}, setup{}, func(w http.ResponseWriter, r *http.Request) {})
	if _, err := p.ask(t.Context()); err == nil || !strings.Contains(err.Error(), "200 instead of 404") {
		t.Errorf("got %v", err)
	}
}

func TestAskWantsHTTP2(t *testing.T) {
	t.Parallel()
	p := asked(t, &question{path: "/", right: anything}, setup{Secure: true}, func(http.ResponseWriter, *http.Request) {})
	p.setup.HTTP2 = true
	if _, err := p.ask(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP/1.1") {
		t.Errorf("got %v", err)
	}
}

// The second request asks by what the first answer had.
func TestAskAgain(t *testing.T) {
	t.Parallel()
	for field, request := range map[string]string{"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"} {
		p := asked(t, &question{path: "/", validates: true, status: 304, right: nothing}, setup{}, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(request) == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set(field, `"1"`)
			io.WriteString(w, "content")
		})
		for range 2 {
			if _, err := p.ask(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got, want := p.fields(), request+`: "1"`; len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAskAgainNeedsAValidator(t *testing.T) {
	t.Parallel()
	p := asked(t, &question{path: "/", validates: true, status: 304, right: nothing}, setup{}, func(http.ResponseWriter, *http.Request) {})
	if _, err := p.ask(t.Context()); err == nil {
		t.Error("an answer without a validator is right")
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := asked(t, &question{path: "/", right: anything}, setup{}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.ask(ctx); err == nil || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	const size = 3 * mebibyte
	content := make([]byte, size)
	for _, closes := range []bool{false, true} {
		connections := make(map[string]bool)
		p := asked(t, &question{path: "/", length: size}, setup{}, func(w http.ResponseWriter, r *http.Request) {
			connections[r.RemoteAddr] = true
			if closes {
				w.Header().Set("Connection", "close")
			}
			w.Header().Set("Content-Length", "3145728")
			w.Write(content)
		})
		d := downloader{process: p}
		for range 3 {
			if err := d.download(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		d.close()
		if want := map[bool]int{false: 1, true: 3}[closes]; len(connections) != want {
			t.Errorf("%d connections, want %d", len(connections), want)
		}
		s, err := downloads(t.Context(), nil, p, 1, time.Millisecond)
		if err != nil || s.requests == 0 || s.rate <= 0 || s.p50 <= 0 {
			t.Errorf("got %+v, %v", s, err)
		}
	}
}

func TestDownloadRefuses(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"another length": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "12345678") },
		"another status": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, "123456789")
		},
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			io.WriteString(w, "1234")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		p := asked(t, &question{path: "/", length: 9}, setup{}, h)
		s, err := downloads(t.Context(), nil, p, 1, time.Minute)
		if err == nil || s.errors != 1 || s.requests != 0 {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
		if name == "half" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for percent, want := range map[int]time.Duration{50: 50, 99: 99, 100: 100} {
		if got := quantile(hundred, percent); got != want {
			t.Errorf("%d%%: got %d, want %d", percent, got, want)
		}
	}
	if got := quantile(hundred[:1], 99); got != 1 {
		t.Errorf("got %d of one", got)
	}
	if got := quantile(nil, 99); got != 0 {
		t.Errorf("got %d of none", got)
	}
}

func TestFillAndCountClosed(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	p := asked(t, &question{path: "/", right: anything}, setup{}, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	p.backlog = 5
	for _, asks := range []bool{true, false} {
		requests.Store(0)
		connections, err := p.fill(t.Context(), 20, asks)
		if err != nil || len(connections) != 20 || countClosed(connections) != 0 {
			t.Errorf("%d connections, %d closed, %v", len(connections), countClosed(connections), err)
		}
		if got, want := requests.Load(), map[bool]int32{true: 20, false: 4}[asks]; got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
		for _, c := range connections {
			c.Close()
		}
		if closed := countClosed(connections); closed != 20 {
			t.Errorf("%d closed, want 20", closed)
		}
	}
	closing := asked(t, &question{path: "/", fields: []string{"Connection: close"}, right: anything}, setup{}, func(http.ResponseWriter, *http.Request) {})
	connections, err := closing.fill(t.Context(), 3, true)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); countClosed(connections) != 3 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if closed := countClosed(connections); closed != 3 {
		t.Errorf("%d closed, want 3", closed)
	}
	for _, c := range connections {
		c.Close()
	}
}
