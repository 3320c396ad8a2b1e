package accesslog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
)

// received is a time that is the same on every machine when it is shown as
// local time.
var received = time.Date(2026, 11, 20, 10, 0, 0, 500_000_000, time.Local)

// zone is how the log writes the zone of received.
var zone = received.Format("-0700")

// record returns the record of a plain request, with edits.
func record(edits ...func(*fileserver.Record)) *fileserver.Record {
	r := &fileserver.Record{
		Time: received, Duration: 240 * time.Microsecond,
		Client: "192.168.1.7:51234", Method: "GET", Target: "/docs/", Proto: "HTTP/1.1", Host: "nas.local:8000",
		Status: 200, Sent: 512, Type: "text/html; charset=utf-8", Name: "docs/index.html",
	}
	for _, edit := range edits {
		edit(r)
	}
	return r
}

func refused(status int, err error) func(*fileserver.Record) {
	return func(r *fileserver.Record) {
		r.Status, r.Err, r.Name, r.Target, r.Sent = status, err, "", "/x", 14
		r.Type = "text/plain; charset=utf-8"
	}
}

func logged(o accesslog.Options, r *fileserver.Record) string {
	var b bytes.Buffer
	accesslog.New(&b, o).Observe(r)
	return b.String()
}

func TestLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		format accesslog.Format
		edit   func(*fileserver.Record)
		want   string
	}{
		{"plain", accesslog.Python, nil, `192.168.1.7 - - [20/Nov/2026 10:00:00] "GET /docs/ HTTP/1.1" 200 512`},
		{"default format", "", nil, `192.168.1.7 - - [20/Nov/2026 10:00:00] "GET /docs/ HTTP/1.1" 200 512`},
		{"nothing sent", accesslog.Python, func(r *fileserver.Record) { r.Status, r.Sent = 304, 0 },
			`192.168.1.7 - - [20/Nov/2026 10:00:00] "GET /docs/ HTTP/1.1" 304 0`},
		{"IPv6", accesslog.Python, func(r *fileserver.Record) { r.Client = "[fe80::1%eth0]:80" },
			`fe80::1%eth0 - - [20/Nov/2026 10:00:00] "GET /docs/ HTTP/1.1" 200 512`},
		{"Unix socket", accesslog.Python, func(r *fileserver.Record) { r.Client = "@" },
			`- - - [20/Nov/2026 10:00:00] "GET /docs/ HTTP/1.1" 200 512`},
		{"hostile", accesslog.Python, func(r *fileserver.Record) { r.Target = "/\x1b[2J\"\\\n\x7f\x9b\u009b\u202e\U000e0001é" },
			`192.168.1.7 - - [20/Nov/2026 10:00:00] "GET /\x1b[2J\"\\\x0a\x7f\x9b\u009b\u202e\U000e0001é HTTP/1.1" 200 512`},
		{"combined", accesslog.Combined, func(r *fileserver.Record) { r.Referer, r.UserAgent = "http://a/", `say "hi"` },
			`192.168.1.7 - - [20/Nov/2026:10:00:00 ` + zone + `] "GET /docs/ HTTP/1.1" 200 512 "http://a/" "say \"hi\""`},
		{"combined, empty", accesslog.Combined, func(r *fileserver.Record) { r.Sent = 0 },
			`192.168.1.7 - - [20/Nov/2026:10:00:00 ` + zone + `] "GET /docs/ HTTP/1.1" 200 - "-" "-"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := record()
			if tt.edit != nil {
				tt.edit(r)
			}
			if got := logged(accesslog.Options{Format: tt.format}, r); got != tt.want+"\n" {
				t.Errorf("\n got %q\nwant %q", got, tt.want+"\n")
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	denied := &fs.PathError{Op: "openat", Path: "x\x1b", Err: syscall.EACCES}
	reset := &net.OpError{Op: "write", Net: "tcp", Addr: &net.TCPAddr{}, Err: errors.New("write: connection reset by peer")}
	tests := []struct {
		name   string
		status int
		err    error
		want   string // "" for no line
	}{
		{"missing", 404, &fs.PathError{Op: "openat", Path: "x", Err: syscall.ENOENT}, ""},
		{"hidden", 404, fileserver.ErrHidden, ""},
		{"outside", 404, &fs.PathError{Op: "open", Path: "x", Err: fileserver.ErrOutside}, ""},
		{"refused for what it is", 404, errors.New("not a regular file"), ""},
		{"permission", 404, denied, `gserve: GET /x 404: openat x\x1b: permission denied`},
		{"wrapped", 404, fmt.Errorf("read index: %w", denied), `gserve: GET /x 404: read index: openat x\x1b: permission denied`},
		{"descriptors", 503, syscall.EMFILE, `gserve: GET /x 503: ` + syscall.EMFILE.Error()},
		{"cut short", 200, reset, `gserve: GET /x 200: cut short after 14 bytes: write: connection reset by peer`},
		{"no error", 500, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want != "" {
				want += "\n"
			}
			r := record(refused(tt.status, tt.err))
			if got := logged(accesslog.Options{Quiet: true}, r); got != want {
				t.Errorf("quiet:\n got %q\nwant %q", got, want)
			}
			got := logged(accesslog.Options{}, r)
			if _, after, _ := strings.Cut(got, "\n"); after != want {
				t.Errorf("below the request line:\n got %q\nwant %q", after, want)
			}
		})
	}
}

func TestVerbose(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func(*fileserver.Record)
		want string
	}{
		{"file", func(*fileserver.Record) {}, "  docs/index.html, text/html; charset=utf-8, 0.2ms"},
		{"refusal", refused(404, fs.ErrNotExist), "  file does not exist, 0.2ms"},
		{"abort", func(r *fileserver.Record) { r.Err = io.ErrShortWrite }, "  docs/index.html, text/html; charset=utf-8, cut short after 512 bytes: short write, 0.2ms"},
		{"long", func(r *fileserver.Record) { r.Duration = 90 * time.Second }, "  docs/index.html, text/html; charset=utf-8, 90.0s"},
		{"hostile", func(r *fileserver.Record) { r.Name = "a\nb" }, `  a\x0ab, text/html; charset=utf-8, 0.2ms`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, got, _ := strings.Cut(logged(accesslog.Options{Verbose: true}, record(tt.edit)), "\n")
			if got != tt.want+"\n" {
				t.Errorf("\n got %q\nwant %q", got, tt.want+"\n")
			}
		})
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		206: "\x1b[32m206\x1b[0m 512", 304: "\x1b[36m304\x1b[0m 512", 404: "\x1b[33m404\x1b[0m 512",
		500: "\x1b[31m500\x1b[0m 512", 101: " 101 512", 999: " 999 512",
	} {
		for _, format := range []accesslog.Format{accesslog.Python, accesslog.Combined} {
			r := record(func(r *fileserver.Record) { r.Status = status })
			if got := logged(accesslog.Options{Format: format, Color: true}, r); !strings.Contains(got, want) {
				t.Errorf("%s: %q has no %q", format, got, want)
			}
		}
	}
	if got := logged(accesslog.Options{Format: accesslog.JSON, Color: true}, record()); strings.Contains(got, "\x1b") {
		t.Errorf("JSON is coloured: %q", got)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	o := accesslog.Options{Quiet: true, Hint: func(r *fileserver.Record) string { return r.Target + " is\x1b hidden" }}
	if got, want := logged(o, record(refused(404, fileserver.ErrHidden))), "gserve: hint: /x is\\x1b hidden\n"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if got := logged(o, record()); got != "" {
		t.Errorf("hint without a refusal: %q", got)
	}
}

// lines is a writer that fails the test if a Write is not of whole lines, or
// comes while another one is under way.
type lines struct {
	t    *testing.T
	busy sync.Mutex
	n    int
}

func (l *lines) Write(b []byte) (int, error) {
	if !l.busy.TryLock() {
		l.t.Error("two writes at a time")
		return 0, nil
	}
	defer l.busy.Unlock()
	time.Sleep(time.Microsecond) // for others to come
	n := bytes.Count(b, []byte("\n"))
	if l.n += n; n == 0 || !bytes.HasSuffix(b, []byte("\" 200 512\n")) || bytes.Count(b, []byte("\" 200 512\n")) != n {
		l.t.Errorf("not whole lines: %q", b)
	}
	return len(b), nil
}

func TestConcurrentObserve(t *testing.T) {
	t.Parallel()
	w := &lines{t: t}
	logger := accesslog.New(w, accesslog.Options{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				logger.Observe(record())
			}
		})
	}
	group.Wait()
	if w.n != 1600 {
		t.Errorf("%d lines for 1600 records", w.n)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestBrokenLog(t *testing.T) {
	t.Parallel()
	accesslog.New(broken{}, accesslog.Options{}).Observe(record()) // does not panic
}

func BenchmarkObserve(b *testing.B) {
	for _, format := range []accesslog.Format{accesslog.Python, accesslog.Combined, accesslog.JSON} {
		b.Run(string(format), func(b *testing.B) {
			logger := accesslog.New(io.Discard, accesslog.Options{Format: format})
			r := record(func(r *fileserver.Record) { r.UserAgent = "Mozilla/5.0 (X11; Linux x86_64)" })
			b.ReportAllocs()
			for b.Loop() {
				logger.Observe(r)
			}
		})
	}
}
