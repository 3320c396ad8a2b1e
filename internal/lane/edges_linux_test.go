//go:build amd64 || arm64

package lane

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// A client that sends no more gets its answer, and then the end, also if both come
// as one event.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, fileA, time.Hour, time.Hour, time.Hour)
	for i := range 200 {
		c := dial(t, b.addr)
		if i%2 == 0 {
			if _, err := c.ask("GET", getA); err != nil {
				t.Fatal(err)
			}
			raw, err := c.Conn.(*net.TCPConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			raw.Control(func(fd uintptr) { // in one segment
				unix.SendmsgN(int(fd), []byte(getA), nil, nil, unix.MSG_MORE)
				unix.Shutdown(int(fd), unix.SHUT_WR)
			})
		} else {
			io.WriteString(c, getA)
			c.Conn.(*net.TCPConn).CloseWrite()
		}
		if content, err := io.ReadAll(c.r); err != nil || !strings.HasSuffix(string(content), "content of a") {
			t.Fatalf("%d: %q, %v", i, content, err)
		}
		c.Close()
	}
}

// A client that was slow waits for its next request afterwards, as others do.
func TestIdleAfterSlow(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, large, time.Hour, time.Hour, time.Hour)
	c := dial(t, b.addr)
	io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
	b.awaitWriting(t, 1)
	answer, err := http.ReadResponse(c.r, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patient); ; time.Sleep(time.Millisecond) {
		n := 0
		b.Waiting(0, func(uint64, netip.Addr, time.Time) bool { n++; return true })
		if n == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it is not waited for")
		}
	}
	b.CloseIdle()
	c.ends(t)
}

// Those who pipeline without end leave others their turn, and no folder is found
// slow for them.
func TestPipeliningLeavesOthersTheirTurn(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("d/", 40) + "x"
	b := serveBounded(t, map[string]string{"a.txt": "a", deep: "x"}, time.Hour, time.Hour, time.Hour)
	head := "HEAD /" + deep + " HTTP/1.1\r\nHost: x\r\n\r\n"
	other := dial(t, b.addr)
	for range 2 {
		if _, err := other.ask("GET", getA); err != nil {
			t.Fatal(err)
		}
	}
	dial(t, b.addr).ask("HEAD", head)
	e := b.memory.recall([]byte(head), 1)
	if e == nil {
		t.Fatal("not remembered")
	}
	many := strings.Repeat(head, 4000)
	for range 4 {
		c := dial(t, b.addr)
		c.Conn.(*net.TCPConn).SetReadBuffer(4 << 20)
		go func() {
			for {
				if _, err := io.WriteString(c.Conn, many); err != nil {
					return
				}
			}
		}()
		go io.Copy(io.Discard, c.Conn)
	}
	time.Sleep(3 * time.Second / 2) // a loop that leaves nobody a turn would be stuck by then
	b.loops.mu.Lock()
	n := len(b.loops.all)
	b.loops.mu.Unlock()
	if usual := b.loops.number(); n != usual {
		t.Errorf("%d loops instead of %d", n, usual)
	}
	if e.basis.folder.slow.Load() {
		t.Error("the folder is slow")
	}
	if _, err := other.ask("GET", getA); err != nil {
		t.Error(err)
	}
}

// However often folders change and are asked for anew, only so many are open, and
// none when nobody asks.
func TestOpenFoldersAreBounded(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, map[string]string{"a/b/x.txt": "x"}, time.Hour, time.Hour, time.Hour)
	c := dial(t, b.addr)
	for i := range 2 * maxFolders {
		name := filepath.Join(b.dir, "coming")
		os.WriteFile(name, nil, 0o644)
		os.Remove(name)
		if _, err := c.ask("GET", fmt.Sprintf("GET /a/b/x.txt?%d HTTP/1.1\r\nHost: localhost\r\n\r\n", i)); err != nil {
			t.Fatal(err)
		}
		if n := b.memory.folders.count.Load(); n > maxFolders {
			t.Fatalf("%d folders are open", n)
		}
	}
	for range 2 {
		b.memory.forgetUnused()
	}
	if n := b.memory.folders.count.Load(); n != 0 {
		t.Errorf("%d folders are open that nobody needs", n)
	}
}

// Somebody who looks at a folder of a disk that does not answer holds up nobody else.
func TestForgettingDoesNotWait(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, fileA, time.Hour, time.Hour, time.Hour)
	c := dial(t, b.addr)
	c.ask("GET", getA)
	b.memory.folders.mu.Lock()
	b.memory.clear()
	b.memory.forgetUnused()
	_, err := c.ask("GET", getA)
	b.memory.folders.mu.Unlock()
	if err != nil {
		t.Error(err)
	}
}

// A loop that a disk holds up keeps the lane neither from answering others whose
// requests it had taken, nor from its end.
func TestStuckLoop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, fileA)
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var hangs atomic.Bool
	var hanging atomic.Int32
	gate := make(chan struct{})
	l := New(fileserver.New(root), Options{Generation: func() uint64 {
		if hangs.Load() {
			hanging.Add(1)
			<-gate // as a file system that does not answer
		}
		return 0
	}})
	l.settling = quickly
	l.Bound(20*time.Second, time.Hour, time.Hour) // of which the sweeper takes a part
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve(tcp, func(nc net.Conn, _ []byte) { nc.Close() }) }()
	var clients []*client
	for range 30 {
		c := dial(t, tcp.Addr().String())
		if _, err := c.ask("GET", getA); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	n := l.loops.number()
	first, others := clients[:n], clients[n:]
	hangs.Store(true)
	for i, c := range first { // all loops are held up
		io.WriteString(c, getA)
		for int(hanging.Load()) == i {
			time.Sleep(time.Millisecond)
		}
	}
	for _, c := range others {
		io.WriteString(c, getA)
	}
	gate <- struct{}{} // one goes on, takes what has come, and is held up by that
	for int(hanging.Load()) == len(first) {
		time.Sleep(time.Millisecond)
	}
	hangs.Store(false)
	answered := 0
	for _, c := range others {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := http.ReadResponse(c.r, nil); err == nil {
			answered++
		}
		if answered == len(others)-1 {
			break // but for the one that is held up
		}
	}
	if answered < len(others)-1 {
		t.Errorf("%d of %d are answered", answered, len(others))
	}
	l.Hurry(time.Second)
	l.Cut()
	if err := <-served; err != nil {
		t.Error(err)
	}
	closed := make(chan struct{})
	go func() {
		l.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(patient):
		t.Error("the lane does not end")
	}
	close(gate)
}

// A few bytes of a large answer do not keep the rest of it.
func TestPartKeepsNoMore(t *testing.T) {
	t.Parallel()
	var content strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&content, "%x\n", uint32(i)*2654435761)
	}
	dir := t.TempDir()
	put(t, dir, map[string]string{"big.txt": content.String()})
	s := serveBoth(t, dir, Options{})
	const fields = "Accept-Encoding: gzip\r\n"
	var tag string
	for end := time.Now().Add(patient); tag == ""; time.Sleep(quickly) { // it is encoded once
		if time.Now().After(end) {
			t.Fatal("no tag")
		}
		head, _, _ := strings.Cut(s.get(t, s.with, "/big.txt", fields), "\r\n\r\n")
		if _, rest, ok := strings.Cut(head, "Etag: "); ok && strings.Contains(head, "Content-Length") {
			tag, _, _ = strings.Cut(rest, "\r")
		}
	}
	part := fields + "Range: bytes=0-9\r\nIf-Range: " + tag + "\r\n"
	answer := s.get(t, s.with, "/big.txt", part)
	e := s.lane.memory.recall([]byte("GET /big.txt HTTP/1.1\r\nHost: localhost\r\n"+part+"\r\n"), 1)
	if e == nil {
		t.Fatalf("not remembered: %.200q", answer)
	}
	if len(e.content) != 10 || cap(e.content) > 100 {
		t.Errorf("%d bytes keep %d", len(e.content), cap(e.content))
	}
}

// number returns how many loops there are usually.
func (ls *loops) number() int {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.usual
}
