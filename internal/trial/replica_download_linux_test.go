package trial

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hopping is a download by ranges, each of which may come from another replica.
type hopping struct {
	by     http.RoundTripper
	url    string
	length int64
	tag    string

	sum   hash.Hash
	at    int64
	from  map[string]int // parts, by replica
	times int            // that a part broke off
}

const part = 1 << 20

// fetch takes the next part, or what comes of it before it breaks off.
func (h *hopping) fetch(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", h.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := min(h.at+part, h.length) - 1
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", h.at, last))
	r.Header.Set("If-Range", h.tag)
	answer, err := h.by.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	want := fmt.Sprintf("bytes %d-%d/%d", h.at, last, h.length)
	if answer.StatusCode != http.StatusPartialContent || answer.Header.Get("Content-Range") != want || answer.Header.Get("Etag") != h.tag {
		t.Fatalf("%s: %s, %v", want, answer.Status, answer.Header)
	}
	n, err := io.Copy(h.sum, answer.Body)
	if h.at += n; err != nil {
		h.times++
	}
	replicas := strings.Split(answer.Header.Get("X-Replica"), ", ") // those that failed come first
	h.from[replicas[len(replicas)-1]]++
}

// whole begins a download in one piece, and takes the first bytes of it.
func (h *hopping) whole(t *testing.T, first int64) (rest io.ReadCloser, sum hash.Hash, replica string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.by.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.ContentLength != h.length || answer.Header.Get("Etag") != h.tag {
		t.Fatalf("the whole: %s, %v", answer.Status, answer.Header)
	}
	sum = sha256.New()
	if _, err := io.CopyN(sum, answer.Body, first); err != nil {
		t.Fatal(err)
	}
	return answer.Body, sum, answer.Header.Get("X-Replica")
}

// TestReplicasDownload takes a file from three replicas behind nginx by ranges
// that hop between them. In the midst of it one replica is killed, and one is
// told to stop, each while it sends the whole of the file to somebody else.
func TestReplicasDownload(t *testing.T) {
	t.Parallel()
	length := int64(64 << 20)
	if testing.Short() {
		length = 24 << 20
	}
	from := filepath.Join(t.TempDir(), "site")
	want := makeLarge(t, filepath.Join(from, "large.bin"), length)
	all := replicas(t, 3, copyings[0], from, "-q")
	byAddress := map[string]*program{}
	for _, p := range all {
		byAddress[p.address] = p
	}
	h := &hopping{by: balance(t, all), url: "http://127.0.0.1/large.bin", length: length, sum: sha256.New(), from: map[string]int{}}
	h.tag = all[0].request(t, "HEAD", "/large.bin").header.Get("Etag")
	if h.tag == "" || strings.HasPrefix(h.tag, "W/") {
		t.Fatalf("tag %s", h.tag)
	}

	for range 6 {
		h.fetch(t)
	}
	if len(h.from) != 3 || h.times > 0 {
		t.Fatalf("parts came from %v, of which %d broke off", h.from, h.times)
	}
	killed, killedSum, name := h.whole(t, part)
	victim := byAddress[name]
	drained, drainedSum, name := h.whole(t, length-16<<20) // more than buffers on the way hold
	leaver := byAddress[name]
	if victim == nil || leaver == nil || victim == leaver {
		t.Fatalf("one replica does it all: %s", name)
	}

	if err := victim.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(killedSum, killed)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the download from the killed replica ends after %d bytes with %v", part+n, err)
	}
	if err := leaver.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	leaver.await(t, "the replica that leaves takes nobody in", func() bool {
		conn, err := net.Dial("tcp", leaver.address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	for range 3 {
		h.fetch(t)
	}
	if _, err := io.Copy(drainedSum, drained); err != nil || [32]byte(drainedSum.Sum(nil)) != want {
		t.Errorf("the download from the replica that leaves: %v, or not the file", err)
	}
	select {
	case <-leaver.ended:
	case <-time.After(patience):
		t.Fatal("the replica that leaves does not end")
	}
	if code := leaver.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the replica that leaves ends with %d", code)
	}
	for h.at < length && h.times < 10 {
		h.fetch(t)
	}
	if h.at != length || [32]byte(h.sum.Sum(nil)) != want {
		t.Errorf("%d of %d bytes, or not the file; %d parts broke off", h.at, length, h.times)
	}

	// Who was cut off goes on where that was, at another replica.
	rest := &hopping{by: h.by, url: h.url, length: length, tag: h.tag, sum: killedSum, at: part + n, from: map[string]int{}}
	for rest.at < length && rest.times == 0 {
		rest.fetch(t)
	}
	if rest.at != length || [32]byte(rest.sum.Sum(nil)) != want {
		t.Errorf("what was cut off is %d of %d bytes, or not the file", rest.at, length)
	}
}

// makeLarge writes a file that no part of is like another, and returns its hash.
func makeLarge(t *testing.T, name string, length int64) [32]byte {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(f, sum), rand.NewChaCha8([32]byte{1}), length); err != nil {
		t.Fatal(err)
	}
	backdate(t, filepath.Dir(name), past)
	return [32]byte(sum.Sum(nil))
}
