//go:build amd64 || arm64

package lane

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// pair returns a connection of the lane, and the other end of it. Whatever is passed
// on is answered by "new".
func pair(t *testing.T, l *Lane) (c *conn, client *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	client = os.NewFile(uintptr(fds[1]), "client")
	t.Cleanup(func() { client.Close() })
	client.SetDeadline(time.Now().Add(patient))
	c = &conn{lane: l, fd: int32(fds[0]), serial: 1, local: 1, pass: func(nc net.Conn, _ []byte) {
		io.WriteString(nc, "\r\n\r\nnew")
		nc.Close()
	}}
	l.open.Add(1)
	l.conns.set(c.fd, c)
	return c, client
}

// A look at the disk is for requests that had begun to come before it, and for no
// others: not for those behind them, nor for what others have left to be read.
func TestLooksAreForWhatHadCome(t *testing.T) {
	t.Parallel()
	ready := func(last bool) func(*worker, *conn, string) {
		return func(w *worker, c *conn, _ string) {
			if last {
				c.last = w
			}
			c.ready(w, true)
		}
	}
	for _, tt := range []struct {
		name    string
		heads   int
		more    bool // another head comes while the first is answered
		do      func(w *worker, c *conn, heads string)
		answers []string
	}{
		{"early", 1, false, func(w *worker, c *conn, heads string) { w.answer(c, []byte(heads), true) }, []string{"old"}},
		{"late", 1, false, func(w *worker, c *conn, heads string) {
			w.answer(c, []byte(heads), false)
			c.serve(w, false)
		}, []string{"new"}},
		{"behind an early one", 2, false, func(w *worker, c *conn, heads string) {
			w.answer(c, []byte(heads), true)
			c.serve(w, false)
		}, []string{"old", "new"}},
		{"an event", 1, false, ready(true), []string{"old"}},
		{"an event, after others", 1, false, ready(false), []string{"new"}},
		{"an event with two", 2, false, ready(true), []string{"old", "new"}},
		{"an event, and one comes meanwhile", 1, true, ready(true), []string{"old", "new"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, dir, map[string]string{"a.txt": "old"})
			var meanwhile atomic.Pointer[func()]
			s := serveBoth(t, dir, Options{}, fileserver.WithObserver(func(*fileserver.Record) {
				if more := meanwhile.Swap(nil); more != nil {
					(*more)()
				}
			}))
			s.get(t, s.with, "/a.txt", "")
			const head = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
			e := s.lane.memory.recall([]byte(head), 1)
			if e == nil {
				t.Fatal("not remembered")
			}
			w := newWorker(s.lane)
			w.look()
			w.looked.add(e)
			if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("new"), 0); err != nil {
				t.Fatal(err)
			}
			c, client := pair(t, s.lane)
			if tt.more {
				more := func() {
					client.WriteString(head)
					c.ready(newWorker(s.lane), true)
				}
				meanwhile.Store(&more)
			}
			heads := strings.Repeat(head, tt.heads)
			client.WriteString(heads)
			tt.do(w, c, heads)
			var got string
			for buf := make([]byte, 4096); strings.Count(got, "\r\n\r\n") < len(tt.answers); {
				n, err := client.Read(buf)
				if err != nil {
					t.Fatalf("%q, %v", got, err)
				}
				got += string(buf[:n])
			}
			for _, want := range tt.answers {
				_, rest, _ := strings.Cut(got, "\r\n\r\n")
				if !strings.HasPrefix(rest, want) {
					t.Errorf("%q instead of %q", rest, want)
				}
				got = rest
			}
		})
	}
}

// What was looked at before the last events is looked at again.
func TestLooksAreForOneRound(t *testing.T) {
	t.Parallel()
	s := serveBoth(t, t.TempDir(), Options{})
	w := newWorker(s.lane)
	e := &entry{}
	w.looked.add(e)
	if !w.looked.has(e) {
		t.Error("forgotten at once")
	}
	s.lane.handle(w, nil)
	if w.looked.has(e) {
		t.Error("kept")
	}
}

// The end of a file, which is read into the buffer of the worker, is kept apart from
// that when its client does not take it.
func TestEndWaitsApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content := sized(held)
	put(t, dir, map[string]string{"a.bin": content})
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l := New(fileserver.New(root), Options{})
	file, err := unix.Open(filepath.Join(dir, "a.bin"), unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var state unix.Stat_t
	unix.Fstat(file, &state)
	c, client := pair(t, l)
	c.polled = true // it is served by hand
	full := 0
	for filler := make([]byte, 1<<10); err == nil; full += len(filler) {
		_, err = unix.Write(int(c.fd), filler)
	}
	full -= 1 << 10
	w := newWorker(l)
	w.look()
	c.out = &outgoing{file: &sending{file: file, state: newState(&state), end: held}}
	c.state.Store(busy)
	if w.resume(c) || c.out == nil || c.out.file != nil {
		t.Fatal("the client does not have to be waited for")
	}
	clear(w.out[:cap(w.out)]) // others are answered
	got := make([]byte, full)
	if _, err := io.ReadFull(client, got); err != nil {
		t.Fatal(err)
	}
	c.ready(w, false)
	got = make([]byte, held)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != content {
		t.Errorf("%d bytes or others, %v", len(got), err)
	}
	if c.state.CompareAndSwap(idle, busy) {
		c.close()
	}
}
