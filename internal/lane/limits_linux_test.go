//go:build amd64 || arm64

package lane

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// bounded is a lane that is served by hand, so that its bounds can be short.
type bounded struct {
	*Lane
	dir    string
	addr   string
	passed chan []byte // what had been read of connections that were passed on
	left   chan struct{}
	ended  chan error
	waited atomic.Bool // all clients of a test have been waited for

	places  atomic.Int64 // for further connections
	refuses atomic.Bool  // all of them
}

// manyPlaces is more than a test needs.
const manyPlaces = 1 << 20

func (b *bounded) admit(client netip.Addr) (ok, later bool) {
	if b.refuses.Load() || client != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return false, false
	}
	if b.places.Add(-1) < 0 {
		b.places.Add(1)
		return false, true
	}
	return true, false
}

func (b *bounded) leave(netip.Addr) { b.places.Add(1) }

func serveBounded(t *testing.T, files map[string]string, head, idle, stall time.Duration, opts ...fileserver.Option) *bounded {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, files)
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &bounded{
		dir:    dir,
		Lane:   New(fileserver.New(root, opts...), Options{}),
		passed: make(chan []byte, 100), left: make(chan struct{}, 100), ended: make(chan error, 1),
	}
	b.settling = quickly
	b.Bound(head, idle, stall)
	b.Notify(func() {}, func() { b.left <- struct{}{} })
	b.places.Store(manyPlaces)
	b.Admit(b.admit, b.leave)
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	go func() {
		b.ended <- b.Serve(l, func(nc net.Conn, read []byte) {
			nc.Close()
			b.leave(netip.Addr{}) // which it has taken with it
			b.passed <- read
		})
	}()
	t.Cleanup(func() {
		b.Hurry(patient)
		b.Cut()
		if err := <-b.ended; err != nil {
			t.Error(err)
		}
		for end := time.Now().Add(patient); b.Len() > 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		b.Close()
		root.Close()
		if b.Len() > 0 {
			t.Errorf("%d connections are left", b.Len())
		}
		if n := manyPlaces - b.places.Load(); n != 0 {
			t.Errorf("%d places are taken by nobody", n)
		}
	})
	return b
}

const getA = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"

var fileA = map[string]string{"a.txt": "content of a"}

// ends reads until the connection ends, and returns how long that took.
func (c *client) ends(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	if _, err := io.Copy(io.Discard, c.r); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection does not end")
	}
	return time.Since(start)
}

// A client that does not ask in time loses its connection, and no other.
func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	const short = 300 * time.Millisecond
	for _, tt := range []struct {
		name       string
		head, idle time.Duration
		before     []string // sent one after another, and answered if it is a head
		slowly     string   // a byte at a time
	}{
		{"nothing", short, time.Hour, nil, ""},
		{"half a head", short, time.Hour, []string{"GET /a.t"}, ""},
		{"a head that goes on", short, time.Hour, []string{"GET /a.txt HTTP/1.1\r\nX: "}, strings.Repeat("x", 1000)},
		{"half a second head", short, time.Hour, []string{getA, "GET /a.t"}, ""},
		{"a second head that goes on", short, time.Hour, []string{getA, "GET /a.txt HTTP/1.1\r\nX: "}, strings.Repeat("x", 1000)},
		{"no second request", time.Hour, short, []string{getA}, ""},
		{"no third request", time.Hour, short, []string{getA, getA}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := serveBounded(t, fileA, tt.head, tt.idle, time.Hour)
			c := dial(t, b.addr)
			for _, s := range tt.before {
				if !strings.HasSuffix(s, "\r\n\r\n") {
					io.WriteString(c, s)
				} else if answer, err := c.ask("GET", s); err != nil || !strings.HasSuffix(answer, "\r\n\r\ncontent of a") {
					t.Fatalf("%q, %v", answer, err)
				}
			}
			go func() {
				for i := range tt.slowly {
					if _, err := io.WriteString(c, tt.slowly[i:i+1]); err != nil {
						return
					}
					time.Sleep(short / 20)
				}
			}()
			if took := c.ends(t); took < short/2 {
				t.Errorf("ended after %v", took)
			}
		})
	}
}

// A connection whose client asks in time stays.
func TestRequestsInTime(t *testing.T) {
	t.Parallel()
	const idle = 400 * time.Millisecond
	b := serveBounded(t, fileA, idle, idle, time.Hour)
	c := dial(t, b.addr)
	for range 8 {
		time.Sleep(idle / 4)
		if _, err := c.ask("GET", getA); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.passed) > 0 {
		t.Error("passed on")
	}
}

// large is more than what all buffers on the way take.
var large = map[string]string{"a.txt": "a", "large.bin": strings.Repeat("0123456789abcdef", 1<<20), "medium.bin": strings.Repeat("0123456789abcdef", 6<<10)}

// A client that takes nothing is cut; one that is slow gets all.
func TestStalledClientIsCut(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"a large file":       "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"files from memory":  strings.Repeat("GET /medium.bin HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
		"and a head is left": "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n" + getA + "GET /",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serveBounded(t, large, time.Hour, time.Hour, 200*time.Millisecond)
			c := dial(t, b.addr)
			io.WriteString(c, head)
			c.r.Peek(1)
			for end := time.Now().Add(patient / 2); b.Len() > 0; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("it is not cut")
				}
			}
			if _, err := io.Copy(io.Discard, c); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestSlowClientGetsAll(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	b := serveBounded(t, large, time.Hour, time.Hour, stall)
	c := dial(t, b.addr)
	c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	total, buf := 0, make([]byte, 512<<10)
	for range 12 { // longer than the patience, which it is never out of
		n, err := io.ReadFull(answer.Body, buf)
		total += n
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(stall / 4)
	}
	rest, err := io.Copy(io.Discard, answer.Body)
	if total += int(rest); err != nil || total != len(large["large.bin"]) {
		t.Errorf("%d bytes, %v", total, err)
	}
}

// Who may not come in is told at once; who may later waits, and nobody else then.
func TestPlaces(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, fileA, time.Hour, time.Hour, time.Hour)
	b.refuses.Store(true)
	refused, err := net.Dial("tcp", b.addr)
	if err == nil {
		refused.SetDeadline(time.Now().Add(patient))
		_, err = refused.Read(make([]byte, 1))
		refused.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("refused: %v", err)
	}
	b.refuses.Store(false)
	b.places.Store(1)
	first, second := dial(t, b.addr), dial(t, b.addr)
	if _, err := first.ask("GET", getA); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := second.ask("GET", getA)
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Fatalf("there was no place: %v", err)
	case <-time.After(5 * askAgain):
	}
	first.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	third := dial(t, b.addr)
	io.WriteString(third, getA)
	time.Sleep(2 * askAgain)
	b.Hurry(patient)
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a connection without a place stays when no more are taken")
	}
	for b.Len() > 0 {
		time.Sleep(time.Millisecond)
	}
	b.places.Add(manyPlaces - 1)
}

// Connections that wait are told of and ended, and no others.
func TestWaiting(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, large, time.Hour, time.Hour, time.Hour)
	silent, half, idle, moving := dial(t, b.addr), dial(t, b.addr), dial(t, b.addr), dial(t, b.addr)
	if _, err := idle.ask("GET", getA); err != nil {
		t.Fatal(err)
	}
	if _, err := half.ask("GET", getA); err != nil {
		t.Fatal(err)
	}
	io.WriteString(half, "GET /a")
	io.WriteString(moving, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
	moving.r.Peek(1)
	waiting := func(grace time.Duration) (ids []uint64) {
		b.Waiting(grace, func(id uint64, client netip.Addr, since time.Time) bool {
			if !client.IsLoopback() || time.Since(since) < 0 || time.Since(since) > patient {
				t.Errorf("%v, %v", client, since)
			}
			ids = append(ids, id)
			return true
		})
		return ids
	}
	for end := time.Now().Add(patient); b.Len() < 4 || len(waiting(0)) != 3; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are waited for", len(waiting(0)))
		}
	}
	if n := len(waiting(time.Hour)); n != 2 {
		t.Errorf("%d without the new one", n)
	}
	for _, id := range waiting(0) {
		if !b.End(id) || b.End(id) {
			t.Error("not ended once")
		}
	}
	for _, c := range []*client{silent, half, idle} {
		c.ends(t)
	}
	if b.Len() != 1 {
		t.Errorf("%d are left", b.Len())
	}
	for c := range b.conns.all {
		if b.End(c.id()) {
			t.Error("one to which something is sent was ended")
		}
	}
	if n, err := io.CopyN(io.Discard, moving.r, 4<<20); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// A stop ends connections without a request at once, and lets transfers finish.
func TestStop(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, large, time.Hour, time.Hour, time.Hour)
	nothing, half, idle, moving := dial(t, b.addr), dial(t, b.addr), dial(t, b.addr), dial(t, b.addr)
	io.WriteString(half, "GET /a")
	if _, err := idle.ask("GET", getA); err != nil {
		t.Fatal(err)
	}
	io.WriteString(moving, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"+getA)
	answer, err := http.ReadResponse(moving.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for b.Len() < 4 {
		time.Sleep(time.Millisecond)
	}
	b.Hurry(patient)
	for _, c := range []*client{nothing, half, idle} {
		c.ends(t)
	}
	if err := <-b.ended; err != nil {
		t.Error(err)
	}
	b.ended <- nil
	if _, err := net.Dial("tcp", b.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("new connection: %v", err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || int(n) != len(large["large.bin"]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	moving.ends(t)
	for range 4 {
		select {
		case <-b.left:
		case <-time.After(patient):
			t.Fatal("nobody is told")
		}
	}
}

// A stop cuts those who take nothing, and a forced one all.
func TestStopCuts(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*bounded){
		"stalled": func(b *bounded) { b.Hurry(100 * time.Millisecond) },
		"forced":  func(b *bounded) { b.Hurry(patient); b.Cut() },
	} {
		b := serveBounded(t, large, time.Hour, time.Hour, time.Hour)
		c := dial(t, b.addr)
		io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.r.Peek(1)
		stop(b)
		select {
		case <-b.left:
		case <-time.After(patient):
			t.Errorf("%s: the connection stays", name)
		}
	}
}

// What is not for the lane is passed on with all that was read, in whatever pieces
// it came.
func TestPass(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, fileA, time.Hour, time.Hour, time.Hour)
	for _, data := range []string{"POST /a.txt HTTP/1.1\r\n", "\x16\x03\x01", "GET /none HTTP/1.1\r\nHost: localhost\r\n\r\nGET /x", "GET /a.txt HTTP/1.1\nHost"} {
		for _, first := range []string{"", getA, getA[:5] + "\x00"} {
			if strings.Contains(first, "\x00") && strings.HasPrefix(data, "GET /none") {
				continue
			}
			c := dial(t, b.addr)
			if first == getA {
				if _, err := c.ask("GET", getA); err != nil {
					t.Fatal(err)
				}
			}
			io.WriteString(c, data)
			select {
			case read := <-b.passed:
				if string(read) != data {
					t.Errorf("%q has become %q", data, read)
				}
			case <-time.After(patient):
				t.Errorf("%q is not passed on", data)
			}
		}
	}
}

// Observers are told of the answers of the lane as of those of net/http.
func TestObserver(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var records []fileserver.Record
	dir := t.TempDir()
	put(t, dir, map[string]string{"a.txt": "content of a", "large.bin": strings.Repeat("x", 300_000)})
	s := serveBoth(t, dir, Options{}, fileserver.WithObserver(func(r *fileserver.Record) {
		mu.Lock()
		defer mu.Unlock()
		kept := *r
		if r.Request.RemoteAddr != r.Client || r.Request.RequestURI != r.Target || r.Request.Header.Get("Referer") != r.Referer {
			t.Errorf("the request is not that of the record: %v", r.Request)
		}
		kept.Request = nil
		records = append(records, kept)
	}))
	take := func() (fileserver.Record, bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(records) == 0 {
			return fileserver.Record{}, false
		}
		r := records[0]
		records = records[1:]
		return r, true
	}
	await := func(addr string) fileserver.Record {
		for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if r, ok := take(); ok {
				if r.Time.IsZero() || r.Duration < 0 || time.Since(r.Time) > patient || !strings.HasPrefix(r.Client, "127.0.0.1:") {
					t.Errorf("%+v", r)
				}
				r.Time, r.Duration, r.Client = time.Time{}, 0, ""
				return r
			}
		}
		t.Fatal("no record")
		return fileserver.Record{}
	}
	for _, head := range []string{
		"GET /a.txt?q=1 HTTP/1.1\r\nHost: localhost:80\r\nReferer: http://x/\r\nUser-Agent: me\r\n\r\n",
		"HEAD /a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\n\r\n", "GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /a.txt HTTP/1.1\r\nHost: x\r\nIf-Modified-Since: Fri, 20 Nov 2026 17:12:37 GMT\r\nConnection: close\r\n\r\n",
	} {
		method, _, _ := strings.Cut(head, " ")
		dial(t, s.without).ask(method, head)
		want := await(s.without)
		for range 2 {
			dial(t, s.with).ask(method, head)
			if got := await(s.with); got != want {
				t.Errorf("%q\n got %+v\nwant %+v", head, got, want)
			}
		}
	}
	if s.passed.Load() > 0 {
		t.Error("passed on")
	}
}

// Transfers are told of as well, whether content comes from memory or from a file.
func TestTransfers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, map[string]string{"a.txt": "content of a", "large.bin": strings.Repeat("x", 300_000)})
	var ended, moved atomic.Int64
	s := serveBoth(t, dir, Options{}, fileserver.WithTransfers(func(r *fileserver.Record, total int64) fileserver.Transfer {
		return &transfer{total: total, moved: &moved, ended: &ended}
	}))
	for i, path := range []string{"/a.txt", "/a.txt", "/large.bin"} {
		s.get(t, s.with, path, "")
		for end := time.Now().Add(patient); ended.Load() <= int64(i) && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	if moved.Load() != 2*12+300_000 || ended.Load() != 3 {
		t.Errorf("%d bytes in %d transfers", moved.Load(), ended.Load())
	}
}

type transfer struct {
	total, last  int64
	moved, ended *atomic.Int64
}

func (t *transfer) Moved(n int64) { t.last = n }
func (t *transfer) End(err error) {
	if err == nil && t.last == t.total {
		t.moved.Add(t.last)
	}
	t.ended.Add(1)
}

// A gate keeps the lane out where it keeps clients out.
func TestGate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, fileA)
	s := serveBoth(t, dir, Options{}, fileserver.WithGate(func(r *http.Request) http.Handler {
		if r.Host == "localhost" {
			return nil
		}
		return http.NotFoundHandler()
	}))
	for range 2 {
		for _, host := range []string{"localhost", "evil.example"} {
			answer, err := dial(t, s.with).ask("GET", "GET /a.txt HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
			if is := strings.HasPrefix(answer, "HTTP/1.1 200"); err != nil || is != (host == "localhost") {
				t.Errorf("%s: %q, %v", host, answer, err)
			}
		}
	}
}
