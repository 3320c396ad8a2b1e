package fileserver_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

const mebibyte = 1 << 20

// TestFileChangesWhileItIsSent changes a file when a part of it is out already.
// The answer is what was promised, or it is cut.
func TestFileChangesWhileItIsSent(t *testing.T) {
	t.Parallel()
	old := bytes.Repeat([]byte("old."), 4*mebibyte)
	for _, c := range []struct {
		name   string
		change func(name string) error
		whole  bool // the answer is all of the old content
	}{
		{"nothing", func(string) error { return nil }, true},
		{"deleted", os.Remove, true},
		{"swapped", func(name string) error {
			if err := os.WriteFile(name+".new", []byte("new"), 0o644); err != nil {
				return err
			}
			return os.Rename(name+".new", name)
		}, true},
		{"grown", func(name string) error {
			f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write([]byte("more"))
			return err
		}, true},
		{"truncated", func(name string) error { return os.Truncate(name, mebibyte) }, false},
		{"truncated to nothing", func(name string) error { return os.Truncate(name, 0) }, false},
		{"rewritten longer", func(name string) error { return os.WriteFile(name, bytes.Repeat([]byte("new."), 4*mebibyte+1), 0o644) }, false},
		{"rewritten longer in place", func(name string) error {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write(bytes.Repeat([]byte("new."), 4*mebibyte+1))
			return err
		}, false},
		{"rewritten", func(name string) error { return os.WriteFile(name, bytes.Repeat([]byte("new."), 4*mebibyte), 0o644) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := filepath.Join(dir, "file.bin")
			write(t, name, string(old))
			past := time.Now().Add(-time.Hour)
			os.Chtimes(name, past, past)
			server := httptest.NewServer(fileserver.New(openDir(t, dir)))
			defer server.Close()

			response, err := http.Get(server.URL + "/file.bin")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			first := make([]byte, 64<<10)
			if _, err := io.ReadFull(response.Body, first); err != nil {
				t.Fatal(err)
			}
			if err := c.change(name); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(response.Body)
			got := append(first, rest...)
			switch {
			case c.whole && (err != nil || !bytes.Equal(got, old)):
				t.Errorf("%d bytes, error %v; want the old content whole", len(got), err)
			case !c.whole && !errors.Is(err, io.ErrUnexpectedEOF):
				t.Errorf("%d bytes, error %v; want the answer cut short", len(got), err)
			}
		})
	}
}

// TestRewrittenAllTheWhile reads a small file that is rewritten in place. An
// answer that comes through whole is of one version, and of the version that
// its length tells.
func TestRewrittenAllTheWhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "file.txt")
	version := func(i int) []byte { return bytes.Repeat([]byte{'a' + byte(i)}, 10000+i) }
	write(t, name, string(version(0)))
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()

	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; !stop.Load(); i++ {
			os.WriteFile(name, version(i%26), 0o644)
			time.Sleep(time.Millisecond)
		}
	}()
	plain := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer plain.CloseIdleConnections()
	whole := 0
	for range 2000 {
		response, err := plain.Get(server.URL + "/file.txt")
		if err != nil {
			continue // cut before the first byte
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || len(content) == 0 || response.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		whole++
		if response.Header.Get("Content-Length") != strconv.Itoa(len(content)) {
			t.Fatalf("Content-Length %s, but %d bytes", response.Header.Get("Content-Length"), len(content))
		}
		// The length of a version that is being written is not its own yet.
		if n := len(content) - 10000; n >= 0 && content[0] != version(n)[0] || bytes.Count(content, content[:1]) != len(content) {
			t.Fatalf("%d bytes from %q to %q: versions are mixed", len(content), content[:1], content[len(content)-1:])
		}
	}
	stop.Store(true)
	<-done
	if whole == 0 {
		t.Error("no answer came through")
	}
}
