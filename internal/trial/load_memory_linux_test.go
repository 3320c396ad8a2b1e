package trial

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// growth is what memory may differ by, in KiB, without there being a leak: what is
// garbage at a time depends on when it is collected, and what is remembered has its
// bound, which may not have been reached early. It is 55 bytes for each request.
const growth = 48 << 10

// After a million requests, the program has the memory that it had after the first
// of them, whatever was asked for.
func TestLoadMemoryOfRequests(t *testing.T) {
	first, all := 100_000, 1_000_000
	if testing.Short() {
		first, all = 10_000, 50_000
	}
	site := loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		p := start(t, append(flags, "-q", site)...)
		before := p.use(t)
		begun := time.Now()
		requests(t, p, 0, first)
		early := p.use(t)
		requests(t, p, first, all)
		late := p.use(t)
		t.Logf("after %d requests: %v; after %d: %v, within %v", first, early, all, late, time.Since(begun))
		if late.memory > early.memory+growth {
			t.Errorf("memory grew from %d to %d KiB", early.memory, late.memory)
		}
		p.recovers(t, before)
	})
}

// targets are what clients ask for again and again, and with a number in it, so that
// each time it is something new.
var targets = []struct{ format, status string }{
	{"/" + smallFile, "HTTP/1.1 200 "},
	{"/" + smallFile + "?%08d", "HTTP/1.1 200 "},
	{"/none-%08d", "HTTP/1.1 404 "},
	{"/" + smallFile, "HTTP/1.1 200 "},
}

// requests sends the requests with the numbers from first to last, and reads the
// answers. Each client sends those of one kind.
func requests(t *testing.T, p *program, first, last int) {
	t.Helper()
	const batch = 50 // is on its way at once
	var next atomic.Int64
	next.Store(int64(first))
	err := each(len(targets), func(i int) error {
		c, err := p.open(nil)
		if err != nil {
			return err
		}
		defer c.Close()
		buf := make([]byte, 64<<10)
		for from := next.Add(batch) - batch; from < int64(last); from = next.Add(batch) - batch {
			if err := sendBatch(c, targets[i].format, targets[i].status, from, batch, buf); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sendBatch sends n requests at once, whose answers are of one length.
func sendBatch(c *wire, format, status string, from int64, n int, buf []byte) error {
	c.SetDeadline(time.Now().Add(patience))
	var out bytes.Buffer
	for i := range int64(n) {
		target := strings.Replace(format, "%08d", fmt.Sprintf("%08d", from+i), 1)
		out.WriteString("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	if _, err := c.Write(out.Bytes()); err != nil {
		return err
	}
	length, err := skipAnswer(c)
	if err != nil {
		return err
	}
	for range n - 1 {
		if _, err := io.ReadFull(c.r, buf[:length]); err != nil || !bytes.HasPrefix(buf, []byte(status)) {
			return fmt.Errorf("got %.100q, %w", buf, err)
		}
	}
	return nil
}

// skipAnswer reads an answer, and returns its length.
func skipAnswer(c *wire) (length int, err error) {
	content := 0
	for {
		line, err := c.r.ReadSlice('\n')
		if length += len(line); err != nil {
			return length, err
		}
		if len(line) == len("\r\n") {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if content, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return length, err
			}
		}
	}
	skipped, err := c.r.Discard(content)
	return length + skipped, err
}

// Downloads that are broken off leave nothing behind.
func TestLoadMemoryOfAbortedDownloads(t *testing.T) {
	first, all := 1000, 10_000
	if testing.Short() {
		first, all = 200, 1000
	}
	site := loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		p := start(t, append(flags, "-q", site)...)
		before := p.use(t)
		abortDownloads(t, p, first)
		early := p.use(t)
		abortDownloads(t, p, all-first)
		late := p.use(t)
		t.Logf("after %d aborted downloads: %v; after %d: %v", first, early, all, late)
		if late.memory > early.memory+growth {
			t.Errorf("memory grew from %d to %d KiB", early.memory, late.memory)
		}
		p.recovers(t, before)
	})
}

// abortDownloads begins so many downloads, and breaks them off at different points.
func abortDownloads(t *testing.T, p *program, n int) {
	t.Helper()
	err := each(n, func(i int) error {
		c, err := openAnd(p, nil, func(c *wire) error { return c.ask(largeFile) })
		if err != nil {
			return err
		}
		defer c.abort()
		if i%8 == 0 {
			return nil // not even the head is awaited
		}
		if _, err := c.begin(http.StatusOK); err != nil {
			return err
		}
		_, err = io.CopyN(io.Discard, c.r, int64(i%8)*(16<<10))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
