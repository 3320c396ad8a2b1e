package spool

import (
	"encoding/binary"
	"hash/maphash"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// numbers is a stream of numbers, each of which stands for 4 KiB.
type numbers struct {
	block [4 << 10]byte
	next  uint64
	rest  []byte
	left  int64
}

func (n *numbers) Read(b []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	if len(n.rest) == 0 {
		binary.LittleEndian.PutUint64(n.block[:], n.next)
		n.rest = n.block[:]
		n.next++
	}
	read := copy(b[:min(int64(len(b)), n.left)], n.rest)
	n.rest, n.left = n.rest[read:], n.left-int64(read)
	return read, nil
}

// resident returns how much memory the process has for itself, in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// TestLarge keeps 2 GiB while clients join, in memory that does not grow. It is
// not parallel, since it measures the whole process.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes gigabytes of disk")
	}
	const length, clients = 2 << 30, 4
	folder := folders("", os.Getenv("TMPDIR"))[0]
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil || int64(disk.Bavail)*disk.Bsize < 2*length {
		t.Skipf("%s has no room for %d bytes", folder, int64(length))
	}
	seed := maphash.MakeSeed()
	sum := func(r io.Reader) uint64 {
		var h maphash.Hash
		h.SetSeed(seed)
		if n, err := io.Copy(&h, r); n != length || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		return h.Sum64()
	}
	want := sum(&numbers{left: length})

	debug.FreeOSMemory()
	before, most := resident(t), int64(0)
	s, server := open(t, &numbers{left: length}, Options{Folder: folder})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if _, err := s.await(t.Context(), int64(i)*length/clients); err != nil && err != io.EOF {
				t.Error(err)
			}
			response, err := http.Get(server.URL)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if sum(response.Body) != want {
				t.Errorf("client %d has got something else", i)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		all.Wait()
	}()
	for measured := false; !measured; {
		select {
		case <-done:
			measured = true
		case <-time.After(20 * time.Millisecond):
		}
		most = max(most, resident(t)-before)
	}
	t.Logf("%d MiB more for %d MiB to %d clients", most>>20, int64(length)>>20, clients)
	if most > 64<<20 {
		t.Errorf("memory has grown by %d MiB", most>>20)
	}
	if response := ask(t, "GET", server.URL, "Range", "bytes=-4"); response.StatusCode != 206 {
		t.Errorf("of the end: %s", response.Status)
	}
}
