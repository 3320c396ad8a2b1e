package accesslog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gserve/gserve/internal/accesslog"
)

func openFile(t *testing.T, name string) *accesslog.File {
	t.Helper()
	f, err := accesslog.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, f *accesslog.File, line string) {
	t.Helper()
	if n, err := f.Write([]byte(line)); n != len(line) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestFile adds to what is there, and refuses what comes after its end.
func TestFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log")
	for _, line := range []string{"one\n", "two\n"} {
		f := openFile(t, name)
		write(t, f, line)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Write([]byte("x\n")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
		if err := f.Reopen(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Reopen after Close: %v", err)
		}
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Close after Close: %v", err)
		}
	}
	if got := read(t, name); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
}

// A log that was emptied in its place, as copytruncate has it, goes on at its
// beginning.
func TestFileTruncated(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log")
	f := openFile(t, name)
	write(t, f, "one\n")
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	write(t, f, "two\n")
	if got := read(t, name); got != "two\n" {
		t.Errorf("%q", got)
	}
}

// TestReopenWhileWritten renames the log again and again while many write. No
// line is lost, and none is torn.
func TestReopenWhileWritten(t *testing.T) {
	t.Parallel()
	if os.PathSeparator == '\\' {
		t.Skip("an open file cannot be renamed here")
	}
	const writers, lines = 8, 10_000
	folder := t.TempDir()
	name := filepath.Join(folder, "log")
	f := openFile(t, name)
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := range lines {
				if _, err := fmt.Fprintf(f, "%d %d %s\n", writer, i, strings.Repeat("x", i%100)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	rotations := 0
	for running := true; running; rotations++ {
		if err := os.Rename(name, fmt.Sprintf("%s.%06d", name, rotations)); err != nil {
			t.Fatal(err)
		}
		if err := f.Reopen(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			running = false
		default:
		}
	}
	next := make([]int, writers)
	for i := range rotations {
		count(t, read(t, fmt.Sprintf("%s.%06d", name, i)), next)
	}
	count(t, read(t, name), next)
	for writer, n := range next {
		if n != lines {
			t.Errorf("%d lines of writer %d", n, writer)
		}
	}
	t.Log(rotations, "rotations")
}

// count has the lines of each writer follow one another.
func count(t *testing.T, log string, next []int) {
	t.Helper()
	for line := range strings.Lines(log) {
		var writer, i int
		if _, err := fmt.Sscanf(line, "%d %d ", &writer, &i); err != nil || i != next[writer] ||
			line != fmt.Sprintf("%d %d %s\n", writer, i, strings.Repeat("x", i%100)) {
			t.Fatalf("%q, %v", line, err)
		}
		next[writer]++
	}
}

// Where the new file cannot be opened, the old one goes on.
func TestReopenRefused(t *testing.T) {
	t.Parallel()
	if os.PathSeparator == '\\' {
		t.Skip("an open file cannot be renamed here")
	}
	folder := t.TempDir()
	name := filepath.Join(folder, "log")
	f := openFile(t, name)
	write(t, f, "one\n")
	if err := errors.Join(os.Rename(name, name+".1"), os.Mkdir(name, 0o700)); err != nil {
		t.Fatal(err)
	}
	err := f.Reopen()
	if failed, ok := errors.AsType[*fs.PathError](err); !ok || failed.Path != name {
		t.Errorf("Reopen: %v", err)
	}
	write(t, f, "two\n")
	if got := read(t, name+".1"); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
	if err := errors.Join(os.Remove(name), f.Reopen()); err != nil {
		t.Fatal(err)
	}
	write(t, f, "three\n")
	if got := read(t, name); got != "three\n" {
		t.Errorf("%q", got)
	}
}

// TestFileOfLogger has records come into the file by their logger.
func TestFileOfLogger(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log")
	f := openFile(t, name)
	log := accesslog.New(f, accesslog.Options{})
	log.Observe(record())
	log.Close()
	var want bytes.Buffer
	accesslog.New(&want, accesslog.Options{}).Observe(record())
	if got := read(t, name); got != want.String() {
		t.Errorf("%q", got)
	}
}
