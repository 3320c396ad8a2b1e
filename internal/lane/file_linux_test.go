//go:build amd64 || arm64

package lane

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// sized returns content of a size, no part of which is like another.
func sized(size int) string {
	b := make([]byte, size)
	for i, x := 0, uint32(1); i < size; i++ {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

// Files of all sizes, and all parts of them, come as net/http alone sends them,
// decided and recalled.
func TestFilesOfAllSizes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sizes := map[string]int{
		"empty": 0, "one": 1, "small": 1000, "held": held, "held+1": held + 1, "part": maxPart, "part+1": maxPart + 1,
		"memory": maxContent, "memory+1": maxContent + 1, "turn": maxTurn, "turn+1": maxTurn + held + 1, "large": 5<<20 + 3,
	}
	files := map[string]string{}
	for name, size := range sizes {
		files[name+".bin"] = sized(size)
	}
	put(t, dir, files)
	s := serveBoth(t, dir, Options{})
	for name, size := range sizes {
		fields := []string{""}
		for _, part := range []string{"0-0", "-1", "5-", "1-99", "0-8191", "0-8192", "100-20000", "7-150000", "1000000-3500000", "-9000"} {
			fields = append(fields, "Range: bytes="+part+"\r\n")
		}
		for _, f := range fields {
			want := s.get(t, s.without, "/"+name+".bin", f)
			for range 3 {
				for _, addr := range []string{s.with, s.recalls} {
					if got := s.get(t, addr, "/"+name+".bin", f); got != want {
						t.Errorf("%s, %q: %d bytes instead of %d, or others", name, f, len(got), len(want))
					}
				}
			}
			if satisfiable := strings.HasPrefix(want, "HTTP/1.1 20"); satisfiable != s.remembers("/"+name+".bin", f) && size > 0 {
				t.Errorf("%s, %q: remembered: %v", name, f, !satisfiable)
			}
		}
	}
}

// A file that changes while it is sent is not sent to its end, unless it only
// grows: a log that is written to could not be had otherwise.
func TestFileChangesWhileItIsSent(t *testing.T) {
	t.Parallel()
	content := sized(16 << 20)
	for name, tt := range map[string]struct {
		change func(name string) error
		whole  bool
	}{
		"rewritten":         {func(name string) error { return os.WriteFile(name, []byte(strings.Repeat("x", len(content))), 0) }, false},
		"a byte is another": {func(name string) error { return writeAt(name, "x", 1<<20) }, false},
		"cut off":           {func(name string) error { return os.Truncate(name, 1<<20) }, false},
		"grown":             {func(name string) error { return writeAt(name, "more", int64(len(content))) }, true},
		"replaced":          {func(name string) error { return os.Rename(filepath.Join(filepath.Dir(name), "other.bin"), name) }, true},
		"removed":           {os.Remove, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, dir, map[string]string{"large.bin": content, "other.bin": "other"})
			s := serveBoth(t, dir, Options{})
			s.get(t, s.with, "/large.bin", "")
			if !s.remembers("/large.bin", "") {
				t.Fatal("not remembered")
			}
			c := dial(t, s.with)
			io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, err := c.r.Peek(1); err != nil { // it is on its way
				t.Fatal(err)
			}
			if err := tt.change(filepath.Join(dir, "large.bin")); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer.Body)
			if whole := err == nil; whole != tt.whole || whole && string(got) != content {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func writeAt(name, content string, offset int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt([]byte(content), offset)
	return err
}

// Clients that take nothing have no goroutine each, and what they asked for once
// they take it.
func TestSlowClientsWaitTogether(t *testing.T) {
	t.Parallel()
	b := serveBounded(t, large, time.Hour, time.Hour, time.Hour)
	want := large["large.bin"]
	var clients []*client
	for range 100 {
		c := dial(t, b.addr)
		io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"+getA)
		if _, err := c.r.Peek(1); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	for end := time.Now().Add(patient); b.tasks.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d are still at work\n%s", b.tasks.Load(), buf[:runtime.Stack(buf, true)])
		}
	}
	for _, c := range clients[:10] {
		answer, err := http.ReadResponse(c.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := io.Copy(&got, answer.Body); err != nil || got.String() != want {
			t.Fatalf("%d bytes, %v", got.Len(), err)
		}
		if answer, err = http.ReadResponse(c.r, nil); err != nil || answer.ContentLength != 1 {
			t.Fatalf("the next one: %v", err)
		}
		c.Close()
	}
}

// What waits for slow clients is theirs: others, who are answered meanwhile, do
// not get into it.
func TestSlowClientsAreApart(t *testing.T) {
	t.Parallel()
	const clients = 8
	files := map[string]string{}
	for i := range clients {
		files[fmt.Sprintf("%d.bin", i)] = sized(1<<20 + 1013*i)[i:]
		files[fmt.Sprintf("%d.txt", i)] = strings.Repeat(string(rune('a'+i)), 1000)
	}
	b := serveBounded(t, files, time.Hour, time.Hour, time.Hour)
	get := func(name string) string { return "GET /" + name + " HTTP/1.1\r\nHost: localhost\r\n\r\n" }
	const repeated = 6000 // more than the buffers on the way take
	var wg sync.WaitGroup
	for i := range clients {
		large, small := fmt.Sprintf("%d.bin", i), fmt.Sprintf("%d.txt", i)
		slow, many, parts := dial(t, b.addr), dial(t, b.addr), dial(t, b.addr)
		part := strings.Replace(get(large), "\r\n\r\n", "\r\nRange: bytes=1-20000\r\n\r\n", 1)
		go io.WriteString(parts, strings.Repeat(part, 400))
		wg.Go(func() {
			b.awaitWriting(t, 3*clients)
			for range 400 {
				if !parts.takes(t, files[large][1:20001]) {
					return
				}
			}
		})
		go io.WriteString(slow, strings.Repeat(get(large), 8))
		go io.WriteString(many, strings.Repeat(get(small), repeated))
		wg.Go(func() {
			b.awaitWriting(t, 3*clients)
			for range 8 {
				slow.takes(t, files[large])
			}
		})
		wg.Go(func() {
			b.awaitWriting(t, 3*clients)
			for range repeated {
				if !many.takes(t, files[small]) {
					return
				}
			}
		})
	}
	wg.Wait()
}

// awaitWriting waits until so many clients have been waited for.
func (b *bounded) awaitWriting(t *testing.T, wanted int) {
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(time.Millisecond) {
		n := 0
		for c := range b.conns.all {
			if c.phase.Load() == writing {
				n++
			}
		}
		if n == wanted {
			b.waited.Store(true)
		}
		if b.waited.Load() {
			return
		}
	}
	t.Error("nobody has to wait")
}

// takes reads an answer in small steps.
func (c *client) takes(t *testing.T, want string) bool {
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Error(err)
		return false
	}
	var got strings.Builder
	for buf := make([]byte, 8000); err == nil; runtime.Gosched() {
		var n int
		n, err = answer.Body.Read(buf)
		got.Write(buf[:n])
	}
	c.raw.Reset()
	if err != io.EOF || got.String() != want {
		t.Errorf("%d bytes of %d, or others: %v", got.Len(), len(want), err)
		return false
	}
	return true
}
