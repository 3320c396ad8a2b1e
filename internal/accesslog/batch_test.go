package accesslog

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// slowLog takes a while for each Write, or for ever.
type slowLog struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	writes int
	wait   func()
}

func (s *slowLog) Write(b []byte) (int, error) {
	s.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	return s.buf.Write(b)
}

func (s *slowLog) lines() (lines, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.buf.String(), "\n"), s.writes
}

var plain = fileserver.Record{Client: "127.0.0.1:1", Method: "GET", Target: "/", Proto: "HTTP/1.1", Status: 200}

// TestBatch has lines come together, and none too late.
func TestBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &slowLog{wait: func() {}}
		l := New(log, Options{Batch: 100 * time.Millisecond})
		for range 10 {
			l.Observe(&plain)
		}
		synctest.Wait()
		if lines, _ := log.lines(); lines != 0 {
			t.Errorf("%d lines came at once", lines)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if lines, writes := log.lines(); lines != 10 || writes != 1 {
			t.Errorf("%d lines by %d writes", lines, writes)
		}
		l.Observe(&plain)
		l.Close()
		if lines, _ := log.lines(); lines != 11 {
			t.Errorf("%d lines at the end", lines)
		}
		l.Observe(&plain) // is dropped
		time.Sleep(time.Second)
		if lines, _ := log.lines(); lines != 11 {
			t.Errorf("%d lines after the end", lines)
		}
	})
}

// TestBatchFull has many lines not wait for their time.
func TestBatchFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &slowLog{wait: func() {}}
		l := New(log, Options{Batch: time.Hour})
		for range 2000 {
			l.Observe(&plain)
		}
		synctest.Wait()
		if lines, _ := log.lines(); lines == 0 {
			t.Error("no line came")
		}
		l.Close()
		if lines, writes := log.lines(); lines != 2000 || writes > 50 {
			t.Errorf("%d lines by %d writes", lines, writes)
		}
	})
}

// TestBatchBlocked has a log that takes nothing for a while hold up nobody, and
// tells what is lost.
func TestBatchBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		log := &slowLog{wait: func() { <-open }}
		l := New(log, Options{Batch: time.Millisecond})
		start := time.Now()
		for range 50_000 {
			l.Observe(&plain)
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("requests waited %v for the log", waited)
		}
		close(open)
		l.Close()
		text := log.buf.String()
		if !strings.Contains(text, "requests are not in it") || len(text) > 3*maxBatch {
			t.Errorf("%d bytes came, without a word of what did not", len(text))
		}
	})
}

// TestStandstill has a log that is written at once hold up one request for a
// moment when it stands still, and no other until it goes on.
func TestStandstill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		log := &slowLog{wait: func() { <-open }}
		l := New(log, Options{})
		start := time.Now()
		for range 50 {
			l.Observe(&plain)
		}
		if waited := time.Since(start); waited > standstill {
			t.Errorf("requests waited %v for the log", waited)
		}
		close(open)
		synctest.Wait()
		if n, _ := log.lines(); n != 50 {
			t.Errorf("%d lines when it has gone on", n)
		}
		log.wait = func() { time.Sleep(standstill / 2) }
		for n := range 3 {
			l.Observe(&plain)
			if lines, _ := log.lines(); lines != 51+n {
				t.Errorf("%d lines, want %d", lines, 51+n)
			}
		}
		l.Close()
	})
}

// TestBatchNeverTaken ends also if the log never takes anything.
func TestBatchNeverTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := New(&slowLog{wait: func() { <-release }}, Options{Batch: time.Millisecond})
		l.Observe(&plain)
		time.Sleep(time.Second)
		start := time.Now()
		l.Close()
		if waited := time.Since(start); waited > patience {
			t.Errorf("Close took %v", waited)
		}
		close(release)
	})
}

// TestBatchAtOnce has lines of many goroutines come whole, and all of them.
func TestBatchAtOnce(t *testing.T) {
	t.Parallel()
	log := &slowLog{wait: func() {}}
	l := New(log, Options{Batch: time.Millisecond})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				l.Observe(&plain)
			}
		})
	}
	all.Wait()
	l.Close()
	for line := range strings.Lines(log.buf.String()) {
		if !strings.HasPrefix(line, "127.0.0.1 - - [") || !strings.HasSuffix(line, "\" 200 0\n") {
			t.Fatalf("%q", line)
		}
	}
	if lines, _ := log.lines(); lines != 8000 {
		t.Errorf("%d lines", lines)
	}
}

func BenchmarkObserve(b *testing.B) {
	for name, batch := range map[string]time.Duration{"at once": 0, "batch": 100 * time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			log := New(&slowLog{wait: func() {}}, Options{Batch: batch})
			for b.Loop() {
				log.Observe(&plain)
			}
			log.Close()
		})
	}
}
