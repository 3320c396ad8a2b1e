package fileserver_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// TestArchiveByCurl breaks a download off twice, has curl resume it, and
// compares it with one that was not.
func TestArchiveByCurl(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	files := fileserver.New(openDir(t, archiveTree(t)))
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := requests.Add(1); n <= 2 {
			w = &breakingWriter{ResponseWriter: w, left: 50_000}
		}
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	for _, kind := range []string{"zip", "tar"} {
		requests.Store(0)
		saved := filepath.Join(t.TempDir(), "saved."+kind)
		for range 3 {
			exec.Command(curl, "--silent", "--continue-at", "-", "--output", saved, server.URL+"/?archive="+kind).Run()
		}
		got, err := os.ReadFile(saved)
		if err != nil {
			t.Fatal(err)
		}
		if want := fetchPart(t, server.URL+"/?archive="+kind, "", "").content; string(got) != want {
			t.Errorf("%s: %d bytes came in three pieces, want %d", kind, len(got), len(want))
		}
		if n := requests.Load(); n != 4 {
			t.Errorf("%s: %d requests", kind, n)
		}
	}
}

// breakingWriter breaks the connection off.
type breakingWriter struct {
	http.ResponseWriter
	left int
}

func (b *breakingWriter) Write(p []byte) (int, error) {
	if len(p) > b.left {
		b.ResponseWriter.Write(p[:b.left])
		http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

// TestArchivesUnpack has real programs unpack what came over the wire, and
// compares that with the folder: names, contents, modes and times.
func TestArchivesUnpack(t *testing.T) {
	t.Parallel()
	dir := archiveTree(t)
	server := httptest.NewServer(fileserver.New(openDir(t, dir), fileserver.WithTitle("top")))
	defer server.Close()
	for kind, commands := range map[string][][]string{
		"zip":     {{"unzip", "-tq", "ARCHIVE"}, {"unzip", "-q", "ARCHIVE"}},
		"tar":     {{"tar", "--extract", "--file", "ARCHIVE"}},
		"tar.gz":  {{"tar", "--extract", "--gzip", "--file", "ARCHIVE"}},
		"tar.zst": {{"zstd", "--quiet", "--test", "ARCHIVE"}, {"tar", "--extract", "--zstd", "--file", "ARCHIVE"}},
	} {
		t.Run(kind, func(t *testing.T) {
			to := t.TempDir()
			archive := filepath.Join(t.TempDir(), "archive."+kind)
			write(t, archive, fetchPart(t, server.URL+"/?archive="+kind, "", "").content)
			for _, command := range commands {
				for i := range command {
					if command[i] == "ARCHIVE" {
						command[i] = archive
					}
				}
				c := exec.Command(exchange.Program(t, command[0]), command[1:]...)
				c.Dir = to
				c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
				if out, err := c.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 && !strings.HasPrefix(string(out), "No errors detected") {
					t.Errorf("%q: %v\n%s", command, err, out)
				}
			}
			sameTree(t, dir, filepath.Join(to, "top"))
		})
	}
}

// sameTree compares what is not hidden in one tree with another.
func sameTree(t *testing.T, want, got string) {
	t.Helper()
	count := 0
	filepath.WalkDir(want, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		count++
		rel, _ := filepath.Rel(want, name)
		wanted, _ := e.Info()
		info, err := os.Stat(filepath.Join(got, rel))
		if err != nil {
			t.Errorf("%q: %v", rel, err)
			return nil
		}
		if info.Mode() != wanted.Mode() || !info.ModTime().Truncate(time.Second).Equal(wanted.ModTime().Truncate(time.Second)) {
			t.Errorf("%q: %v %v, want %v %v", rel, info.Mode(), info.ModTime(), wanted.Mode(), wanted.ModTime())
		}
		if !e.IsDir() {
			a, _ := os.ReadFile(name)
			if b, err := os.ReadFile(filepath.Join(got, rel)); err != nil || !bytes.Equal(a, b) {
				t.Errorf("%q has %d bytes, want %d: %v", rel, len(b), len(a), err)
			}
		}
		return nil
	})
	others := 0
	filepath.WalkDir(got, func(string, os.DirEntry, error) error { others++; return nil })
	if others != count {
		t.Errorf("%d files and folders, want %d", others, count)
	}
}

// TestZipBeyond4GiB has a zip with a file of 6 GiB tested by unzip. Neither
// takes its room on the disk: what is zeros is left out.
func TestZipBeyond4GiB(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	unzip := exchange.Program(t, "unzip")
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "sparse.bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, 1<<32 - 2, 6<<30 - 4} {
		if _, err := f.WriteAt([]byte("mark"), at); err != nil {
			t.Skipf("no room for a sparse file: %v", err)
		}
	}
	f.Close()
	write(t, filepath.Join(dir, "tail.txt"), "behind it")
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	defer server.Close()
	response, err := http.Get(server.URL + "/?archive=zip")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	saved := filepath.Join(t.TempDir(), "saved.zip")
	n, err := saveSparse(saved, response.Body)
	if err != nil || n != response.ContentLength || n < 6<<30 {
		t.Fatalf("%d of %d bytes: %v", n, response.ContentLength, err)
	}
	if out, err := exec.Command(unzip, "-tq", saved).CombinedOutput(); err != nil {
		t.Errorf("unzip: %v\n%s", err, out)
	}
	if out, err := exec.Command(unzip, "-pq", saved, "Files/tail.txt").Output(); err != nil || string(out) != "behind it" {
		t.Errorf("what lies behind it: %v %q", err, out)
	}
}

// saveSparse writes a file in which blocks of zeros are holes.
func saveSparse(name string, r io.Reader) (n int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	block, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		m, err := io.ReadFull(r, block)
		if !bytes.Equal(block[:m], zeros[:m]) {
			if _, err := f.WriteAt(block[:m], n); err != nil {
				return n, err
			}
		}
		n += int64(m)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return n, f.Truncate(n)
		}
		if err != nil {
			return n, err
		}
	}
}
