package listing_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rowOf is the row of a file in the sheet.
func rowOf(name string) string {
	return fmt.Sprintf("[...document.querySelectorAll('#sheet li')].find(row => row.title == %q)", name)
}

func wordsOf(name string) string { return rowOf(name) + "?.querySelector('small').textContent" }

// clickIn clicks a button in the row of a file.
func (b *tab) clickIn(name, button string) {
	b.Helper()
	of[bool](b, fmt.Sprintf("%s.querySelector('[value=%s]').id = 'wanted', true", rowOf(name), button))
	b.click("#wanted")
	of[bool](b, "document.querySelector('#wanted')?.removeAttribute('id'), true")
}

// TestUploadFails: what is refused is told, leaves the others alone, and can be
// tried again.
func TestUploadFails(t *testing.T) {
	t.Parallel()
	changes := uploadsOnly
	changes.MaxUpload = 3 << 20
	s := serveChanges(t, t.TempDir(), changes)
	from := outside(t, map[string]string{"full.txt": "f", "good.txt": "g", "odd.txt": "o", "huge.bin": strings.Repeat("x", 3<<20+1)})
	var isGranted atomic.Bool
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		disposition := r.Header.Get("Content-Disposition")
		switch {
		case !isGranted.Load() && strings.Contains(disposition, "full"):
			w.WriteHeader(http.StatusInsufficientStorage)
		case !isGranted.Load() && strings.Contains(disposition, "odd"):
			http.Error(w, "403 Forbidden: <b>nothing</b> may be written there", http.StatusForbidden)
		default:
			return false
		}
		return true
	})
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	var paths []string
	for _, name := range []string{"full.txt", "good.txt", "odd.txt", "huge.bin"} {
		paths = append(paths, filepath.Join(from, name))
	}
	b.choose(forFiles, paths...)
	b.wait(uploaded + " == '1 file uploaded, 3 failed'")
	equal(b, wordsOf("full.txt"), "Failed: no room left on the server")
	equal(b, wordsOf("odd.txt"), "Failed: <b>nothing</b> may be written there")
	equal(b, wordsOf("huge.bin"), "Failed: larger than 3.0 MiB")
	b.is("document.querySelector('#upload [role=status]').textContent == '1 file uploaded, 3 failed'")
	if n := s.asked("POST"); n != 3 {
		t.Errorf("%d files were sent, want 3: what is too large is not", n)
	}
	b.wait(names + " == 'good.txt'")
	b.clickIn("full.txt", "retry")
	b.wait(uploaded + " == '0 files uploaded, 3 failed'")
	isGranted.Store(true)
	b.clickIn("full.txt", "retry")
	b.wait(uploaded + " == '1 file uploaded, 2 failed'")
	b.click("#sheet .all [value=retry]")
	b.wait(uploaded + " == '1 file uploaded, 1 failed'")
	b.clickIn("huge.bin", "cancel")
	b.wait("!" + rowOf("huge.bin"))
	b.wait(names + " == 'full.txt,good.txt,odd.txt'")
}

// TestUploadWaits: a server that is busy is asked again and again, and one that
// fails for once, too.
func TestUploadWaits(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 2<<20)
	statuses := []int{503, 503, 503, 503, 503, 503, 503, 500}
	var asked atomic.Int32
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != "PATCH" {
			return false
		}
		i := int(asked.Add(1)) - 1
		if i >= len(statuses) {
			return false
		}
		w.WriteHeader(statuses[i])
		return true
	})
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	b.choose(forFiles, path)
	b.wait("dispatchEvent(new Event('online')) && " + uploaded + " == '1 file uploaded'")
	if s.content("large.bin") != content || s.asked("PATCH") != 9 {
		t.Errorf("the file is another one, after %d requests", s.asked("PATCH"))
	}
}

// slowBody arrives slowly.
type slowBody struct {
	io.ReadCloser
	step int
}

func (b slowBody) Read(p []byte) (int, error) {
	time.Sleep(20 * time.Millisecond)
	return b.ReadCloser.Read(p[:min(len(p), b.step)])
}

// slowly has the content of pieces arrive slowly.
func (s *site) slowly(step int) {
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PATCH" {
			r.Body = slowBody{r.Body, step}
		}
		return false
	})
}

// TestUploadCancel gives a file up, which leaves nothing behind, and takes it up
// again.
func TestUploadCancel(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 20<<20)
	small := outside(t, map[string]string{"small.txt": "s"})
	s.slowly(64 << 10)
	b := show(t, s.server, desktop, "/")
	defer b.pardon("Failed to load resource")
	b.choose(forFiles, path, filepath.Join(small, "small.txt"))
	b.wait(`/^\d+ %, [\d.]+ [KM]iB\/s, \d+ (s|min) left$/.test(` + wordsOf("large.bin") + ")")
	b.is("/^Uploading 1 of 2 files$/.test(" + uploaded + ")")
	b.is("document.querySelector('#sheet progress[aria-label=\"Progress of large.bin\"]').checkVisibility()")
	b.clickIn("large.bin", "cancel")
	b.wait(wordsOf("large.bin") + " == 'Cancelled'")
	b.wait(uploaded + " == '1 file uploaded, 1 cancelled'")
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		entries, err := os.ReadDir(s.dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is %q still", entries)
		}
	}
	equal(b, "localStorage.length", 0)
	s.whenever(nil)
	b.clickIn("large.bin", "retry")
	b.wait(uploaded + " == '1 file uploaded'")
	if s.content("large.bin") != content {
		t.Error("the file is another one")
	}
}

// TestUploadCancelAll gives up what runs and what waits.
func TestUploadCancelAll(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	var paths []string
	for i := range 6 {
		path, _ := largeFile(t, fmt.Sprintf("%d.bin", i), 4<<20)
		paths = append(paths, path)
	}
	s.slowly(16 << 10)
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	b.choose(forFiles, paths...)
	b.wait("document.querySelectorAll('#sheet .running').length == 3")
	equal(b, "document.querySelector('#sheet p').textContent", "3 more to come")
	b.click("#sheet .all [value=close]")
	b.wait(uploaded + " == '0 files uploaded, 6 cancelled'")
	b.click("#sheet .all [value=close]")
	b.is("document.querySelector('#sheet').hidden")
	equal(b, "document.activeElement.id", "pick")
}

// TestUploadChanges changes a file on the disk while it is sent.
func TestUploadChanges(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 20<<20)
	changed := make(chan error, 1)
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PATCH" {
			s.whenever(nil)
			changed <- os.WriteFile(path, []byte("other"+content), 0o644)
		}
		return false
	})
	b := show(t, s.server, phone, "/")
	defer b.pardon("Failed to load resource")
	b.choose(forFiles, path)
	select {
	case err := <-changed:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("waited in vain for a piece")
	}
	b.wait(wordsOf("large.bin") + " == 'Failed: it has changed, or is gone, on this device'")
	if got := s.names(); len(got) != 0 && !strings.HasPrefix(got[0], ".gserve-") {
		t.Errorf("there is %q", got)
	}
}
