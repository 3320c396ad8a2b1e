package trial

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestUploadFails has a disk fail while files are stored on it: the client is told,
// no part of the file is to be had, and what was there stays.
func TestUploadFails(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		root := t.TempDir()
		d := newDisk(t, root)
		d.write(t, "old.bin", "as it was")
		p := start(t, append(flags, "--upload", "--overwrite", root)...)
		t.Cleanup(d.pullOut)
		content := noise(1 << 20)
		if status := p.put(t, "/first.bin", content); status != 201 {
			t.Fatalf("without a fault: %d", status)
		}
		before := p.holds(t)
		for _, test := range []struct {
			what  string
			fault fault
			want  int
		}{
			{"make", fault{Op: "make", Code: syscall.EIO}, 500},
			{"write", fault{Op: "write", From: 512 << 10, Code: syscall.EIO}, 500},
			{"write to a full disk", fault{Op: "write", From: 512 << 10, Code: syscall.ENOSPC}, 507},
			{"write beyond a quota", fault{Op: "write", From: 512 << 10, Code: syscall.EDQUOT}, 507},
			{"sync", fault{Op: "sync", Code: syscall.EIO}, 500},
			{"move", fault{Op: "move", Code: syscall.EIO}, 500},
		} {
			d.fail(t, test.fault)
			for _, target := range []string{"/new.bin", "/old.bin"} {
				if status := p.put(t, target, content); status != test.want {
					t.Errorf("%s: PUT %s: %d, want %d", test.what, target, status, test.want)
				}
			}
			d.mend(t)
			if a := p.fetch(t, "/new.bin"); a.status != 404 {
				t.Errorf("%s: new.bin: %v", test.what, a)
			}
			p.fetch(t, "/old.bin").whole(t, test.what+": old.bin", "as it was")
			p.fetch(t, "/first.bin").whole(t, test.what+": first.bin", content)
			if left := len(list(t, d.holds)); left != 2 {
				t.Errorf("%s: left behind: %v", test.what, list(t, d.holds))
			}
		}
		if status := p.put(t, "/new.bin", content); status != 201 {
			t.Errorf("once it works again: %d", status)
		}
		p.fetch(t, "/new.bin").whole(t, "new.bin", content)
		p.letsGo(t, before)
	})
}

// put sends a file, and returns the status of the answer. One that comes before
// the file has been taken counts.
func (p *program) put(t testing.TB, target, content string) int {
	t.Helper()
	conn := p.dial(t)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	go fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", target, p.address, len(content), content)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("PUT %s: no answer within %v", target, patience)
	}
	if err != nil {
		t.Logf("PUT %s: %v", target, err)
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// list returns the names of all files in a folder.
func list(t testing.TB, folder string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	}))
	return names
}
