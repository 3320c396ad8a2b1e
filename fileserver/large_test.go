package fileserver_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gserve/gserve/fileserver"
)

// TestBeyond4GiB reads marks that lie around and beyond the limits of 32 bits
// in a sparse file.
func TestBeyond4GiB(t *testing.T) {
	t.Parallel()
	const length = 6 << 30
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "sparse.bin"))
	if err != nil {
		t.Fatal(err)
	}
	marks := []int64{0, 1<<31 - 4, 1<<32 - 4, 5 << 30, length - 8}
	for i, at := range marks {
		if _, err := f.WriteAt(fmt.Appendf(nil, "mark%04d", i), at); err != nil {
			t.Skipf("no room for a sparse file: %v", err)
		}
	}
	f.Close()
	server := httptest.NewServer(fileserver.New(openDir(t, dir)))
	t.Cleanup(server.Close) // after the contents are closed
	ask := func(ranges string) *http.Response {
		r, _ := http.NewRequest("GET", server.URL+"/sparse.bin", nil)
		r.Header.Set("Range", ranges)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	for i, at := range marks {
		response := ask(fmt.Sprintf("bytes=%d-%d", at, at+7))
		content, err := io.ReadAll(response.Body)
		if want := fmt.Sprintf("mark%04d", i); string(content) != want || err != nil {
			t.Errorf("at %d: %q (%v), want %q", at, content, err, want)
		}
		if want := fmt.Sprintf("bytes %d-%d/%d", at, at+7, int64(length)); response.Header.Get("Content-Range") != want {
			t.Errorf("Content-Range %q, want %q", response.Header.Get("Content-Range"), want)
		}
	}
	if response := ask("bytes=-8"); response.ContentLength != 8 {
		t.Errorf("suffix of %d bytes, want 8", response.ContentLength)
	}
	if response := ask(fmt.Sprintf("bytes=%d-", int64(length))); response.StatusCode != 416 {
		t.Errorf("beyond the end: %d, want 416", response.StatusCode)
	}
	// More than 4 GiB in one part: the length is right, and the first bytes.
	response := ask("bytes=100-")
	if response.ContentLength != length-100 {
		t.Errorf("Content-Length %d, want %d", response.ContentLength, int64(length-100))
	}
	hash := sha256.New()
	if n, err := io.CopyN(hash, response.Body, mebibyte); n != mebibyte || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if zeros := sha256.Sum256(make([]byte, mebibyte)); string(hash.Sum(nil)) != string(zeros[:]) {
		t.Error("a hole is not read as zeros")
	}
}
