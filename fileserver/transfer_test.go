package fileserver_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/gserve/gserve/fileserver"
)

// told is a transfer that notes what it is told.
type told struct {
	mu    sync.Mutex
	total int64
	moved []int64
	ended chan error
}

func (t *told) Moved(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved = append(t.moved, n)
}

func (t *told) End(err error) { t.ended <- err }

// TestTransfers has content of every kind told of, and nothing else.
func TestTransfers(t *testing.T) {
	t.Parallel()
	const size = 3<<20 + 17
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.txt"), "small")
	if err := os.WriteFile(filepath.Join(dir, "large.bin"), make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	begun := make(chan *told, 10)
	server := httptest.NewServer(fileserver.New(openDir(t, dir), fileserver.WithTransfers(func(_ *fileserver.Record, total int64) fileserver.Transfer {
		t := &told{total: total, ended: make(chan error, 1)}
		begun <- t
		return t
	})))
	t.Cleanup(server.Close)
	for _, row := range []struct {
		method, target, ranges string
		total, moved           int64
	}{
		{"GET", "/small.txt", "", 5, 5},
		{"GET", "/large.bin", "", size, size},
		{"GET", "/large.bin", "bytes=10-2000009", 2000000, 2000000},
		{"GET", "/?archive=tar.gz", "", -1, -1},
		{"GET", "/nothing", "", 0, 0},
		{"HEAD", "/large.bin", "", 0, 0},
	} {
		r, _ := http.NewRequest(row.method, server.URL+row.target, nil)
		if row.ranges != "" {
			r.Header.Set("Range", row.ranges)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if row.total == 0 {
			continue
		}
		transfer := <-begun
		err = <-transfer.ended
		last := transfer.moved[len(transfer.moved)-1]
		if err != nil || transfer.total != row.total || last != n || row.moved >= 0 && n != row.moved || !slices.IsSorted(transfer.moved) {
			t.Errorf("%s %s: %d bytes came; told %d of %d, end: %v", row.method, row.target, n, last, transfer.total, err)
		}
		if row.total > 1<<20 && len(transfer.moved) < 3 {
			t.Errorf("%s: told %d times only", row.target, len(transfer.moved))
		}
	}
	if len(begun) > 0 {
		t.Errorf("%+v has content that was not to be told of", <-begun)
	}
}

// TestTransferBroken has a client leave in the midst of a file.
func TestTransferBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Truncate(writeEmpty(t, filepath.Join(dir, "large.bin")), 1<<30); err != nil {
		t.Fatal(err)
	}
	transfer := &told{ended: make(chan error, 1)}
	server := httptest.NewServer(fileserver.New(openDir(t, dir),
		fileserver.WithTransfers(func(*fileserver.Record, int64) fileserver.Transfer { return transfer })))
	t.Cleanup(server.Close)
	answer, err := http.Get(server.URL + "/large.bin")
	if err != nil {
		t.Fatal(err)
	}
	io.CopyN(io.Discard, answer.Body, 1<<20)
	answer.Body.Close()
	if err := <-transfer.ended; !errors.Is(err, fileserver.ErrClientGone) {
		t.Errorf("it ended with %v", err)
	}
}

func writeEmpty(t *testing.T, name string) string {
	write(t, name, "")
	return name
}
