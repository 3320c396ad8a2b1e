package listing_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/listing"
)

// uploaded is the text of the sheet's head.
const uploaded = "document.querySelector('#sheet b').textContent"

// choose has a file input take files, as somebody would choose them. Among the
// page's, it is the one for files, for the camera, and for a folder.
func (b *tab) choose(input string, names ...string) {
	b.Helper()
	result := send(b, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelector('#upload input%s')", input)})
	send(b, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: names, ObjectID: result.Result.ObjectID})
}

const forFiles, forCamera, forFolder = ":not([capture], [webkitdirectory])", "[capture]", "[webkitdirectory]"

// pardon takes what the browser reports with these words for what was meant.
func (b *tab) pardon(words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(fault string) bool { return strings.Contains(fault, words) })
}

// waitUntil waits until something has happened outside the page.
func (b *tab) waitUntil(happened <-chan struct{}) {
	b.Helper()
	select {
	case <-happened:
	case <-time.After(patience):
		b.Fatal("waited in vain for the server")
	}
}

// outside returns files to be uploaded.
func outside(t testing.TB, files map[string]string) string {
	t.Helper()
	return writeFiles(t, t.TempDir(), files)
}

// largeFile makes a file that is sent in pieces.
func largeFile(t testing.TB, name string, size int) (path, content string) {
	t.Helper()
	b := make([]byte, size)
	rand.Read(b)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, string(b)
}

var uploadsOnly = listing.Changes{Upload: true}

func TestUpload(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"in/photo.jpg": "old"}), uploadsOnly)
	from := outside(t, map[string]string{"photo.jpg": "new", "empty": "", "b.txt": "b"})
	b := show(t, s.server, desktop, "/in/")
	equal(b, "document.querySelector('#pick').textContent", "Upload files to in")
	b.is("document.querySelector('#sheet').hidden")
	b.choose(forFiles, filepath.Join(from, "photo.jpg"), filepath.Join(from, "empty"), filepath.Join(from, "b.txt"))
	b.wait(uploaded + " == '3 files uploaded'")
	b.wait(names + " == 'b.txt,empty,photo (1).jpg,photo.jpg'")
	equal(b, "document.querySelector('#summary').textContent", "4 files, 7 B")
	b.is("[...document.querySelectorAll('#sheet .done small')].some(e => e.textContent == 'as photo (1).jpg, 3 B')")
	for name, want := range map[string]string{"in/photo.jpg": "old", "in/photo (1).jpg": "new", "in/b.txt": "b", "in/empty": ""} {
		if got := s.content(name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	equal(b, "document.querySelector('#upload [role=status]').textContent", "3 files uploaded")
	b.click("#sheet [value=close]")
	b.wait("document.querySelector('#sheet').hidden")
	equal(b, "localStorage.length", 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		if request != "POST /in/" {
			t.Errorf("there was a request to %s", request)
		}
	}
}

// TestUploadPieces sends what is larger than a piece.
func TestUploadPieces(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	path, content := largeFile(t, "large.bin", 20<<20+12345)
	b := show(t, s.server, phone, "/")
	b.choose(forFiles, path)
	b.wait(uploaded + " == '1 file uploaded'")
	if s.content("large.bin") != content {
		t.Error("the file is another one")
	}
	if n := s.asked("PATCH"); n < 2 {
		t.Errorf("it came in %d pieces, want more", n)
	}
}

// TestUploadDrop drops files and a folder, as a file manager does.
func TestUploadDrop(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	from := outside(t, map[string]string{"a.txt": "a", "tree/b.txt": "b", "tree/deep er/c#.txt": "c"})
	b := show(t, s.server, desktop, "/")
	drag := func(event input.DispatchDragEventType) {
		send(b, input.DispatchDragEvent, input.DispatchDragEventParams{Type: event, X: 300, Y: 300, Data: &input.DragData{
			Files: []string{filepath.Join(from, "a.txt"), filepath.Join(from, "tree")}, DragOperationsMask: 1,
		}})
	}
	drag(input.DispatchDragEventTypeDragEnter)
	drag(input.DispatchDragEventTypeDragOver)
	b.wait("document.querySelector('#drop')?.textContent == 'Drop to upload to Files'")
	drag(input.DispatchDragEventTypeDragCancel)
	b.wait("!document.querySelector('#drop')")
	drag(input.DispatchDragEventTypeDragEnter)
	drag(input.DispatchDragEventTypeDragOver)
	drag(input.DispatchDragEventTypeDrop)
	b.wait(uploaded + " == '3 files uploaded'")
	b.is("!document.querySelector('#drop')")
	if got := s.names(); !slices.Equal(got, []string{"a.txt", "tree/b.txt", "tree/deep er/c#.txt"}) {
		t.Errorf("there is %q", got)
	}
	b.wait(names + " == 'tree/,a.txt'")
}

// TestUploadDropOfScript drops what is no file of a disk, as from another page.
func TestUploadDropOfScript(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	b := show(t, s.server, desktop, "/")
	of[bool](b, `(() => { const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File(['made'], 'made.txt'));
		dataTransfer.items.add('https://elsewhere.invalid/', 'text/uri-list');
		return !document.querySelector('main').dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true})) })()`)
	b.wait(uploaded + " == '1 file uploaded'")
	if got := s.content("made.txt"); got != "made" {
		t.Errorf("the file has %q", got)
	}
	// What is no file is none of the page's business.
	b.is(`(() => { const dataTransfer = new DataTransfer();
		dataTransfer.items.add('text', 'text/plain');
		return document.body.dispatchEvent(new DragEvent('dragover', {dataTransfer, bubbles: true, cancelable: true})) && !document.querySelector('#drop') })()`)
}

func TestUploadFolder(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	from := outside(t, map[string]string{"tree/b.txt": "b", "tree/deep er/c.txt": "c", "tree/deep er/er/d.txt": "d"})
	b := show(t, s.server, phone, "/")
	b.choose(forFolder, filepath.Join(from, "tree"))
	b.wait(uploaded + " == '3 files uploaded'")
	if got := s.names(); !slices.Equal(got, []string{"tree/b.txt", "tree/deep er/c.txt", "tree/deep er/er/d.txt"}) {
		t.Errorf("there is %q", got)
	}
	b.wait(names + " == 'tree/'")
}

// TestUploadCruelNames: whatever a file is called, it arrives, and its name is
// text.
func TestUploadCruelNames(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly, fileserver.WithDropBox(".")) // whose page has all rows
	from := t.TempDir()
	var paths, contents []string
	for i, name := range append(slices.Clone(cruelNames), "<img src=x> and so on.txt", "<b>&lt;i&gt; and so on.txt") {
		if !utf8.ValidString(name) {
			continue // no way to tell the browser which file is meant
		}
		path, content := filepath.Join(from, name), fmt.Sprintf("<%d>", i)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Skipf("this file system has no %.20q: %v", name, err)
		}
		paths, contents = append(paths, path), append(contents, content)
	}
	b := show(t, s.server, phone, "/")
	b.choose(forFiles, paths...)
	b.wait(fmt.Sprintf("%s == '%d files sent'", uploaded, len(paths)))
	equal(b, "document.querySelectorAll('#sheet li').length", len(paths))
	equal(b, "document.documentElement.scrollWidth", 390)
	equal(b, "document.querySelectorAll('#sheet li :is(b, i, script, img, a)').length", 0)
	b.is("![...document.querySelectorAll('#sheet bdi')].some(e => /[\\p{Cc}\\u202e\\u2066\\u200b]/u.test(e.textContent))")
	var got []string
	for _, name := range s.names() {
		got = append(got, s.content(name))
	}
	slices.Sort(got)
	slices.Sort(contents)
	if !slices.Equal(got, contents) {
		t.Errorf("%d files arrived, want %d", len(got), len(contents))
	}
}

// TestUploadMany has few rows of many files, and few of them at a time.
func TestUploadMany(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	files := make(map[string]string)
	for i := range 300 {
		files[fmt.Sprintf("many/%d.txt", i)] = fmt.Sprint(i)
	}
	from := outside(t, files)
	var mu sync.Mutex
	running, most := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		running += n
		most = max(most, running)
	}
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != "POST" {
			return false
		}
		count(1)
		defer count(-1) // before the short answer is sent
		s.files.ServeHTTP(w, r)
		return true
	})
	b := show(t, s.server, phone, "/")
	of[bool](b, "window.most = 0, new MutationObserver(() => { most = Math.max(most, document.querySelectorAll('#sheet li').length) }).observe(document.querySelector('#upload'), {subtree: true, childList: true}), true")
	b.choose(forFolder, filepath.Join(from, "many"))
	b.wait(uploaded + " == '300 files uploaded'")
	if rows := of[int](b, "most"); rows < 5 || rows > 30 {
		t.Errorf("there were %d rows", rows)
	}
	count(0)
	if most < 2 || most > 3 {
		t.Errorf("%d files were sent at a time", most)
	}
	if got := s.names(); len(got) != 300 {
		t.Errorf("%d files arrived", len(got))
	}
	for name, want := range files {
		if got := s.content(name); got != want {
			t.Errorf("%s has %q", name, got)
		}
	}
}

// TestUploadLarge sends two gigabytes.
func TestUploadLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 2 GiB")
	}
	const size = 2<<30 + 12345
	path := filepath.Join(t.TempDir(), "large.bin")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Skipf("no room for it: %v", err)
	}
	block := make([]byte, 4096)
	for at := int64(0); at < size; at += 1 << 20 { // so that no part is as good as another
		rand.Read(block)
		if _, err := f.WriteAt(block, at); err != nil {
			t.Skipf("no room for it: %v", err)
		}
	}
	f.Close()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	b := show(t, s.server, desktop, "/")
	start := time.Now()
	b.choose(forFiles, path)
	for deadline := time.Now().Add(2 * time.Minute); of[string](b, uploaded) != "1 file uploaded" && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	equal(b, uploaded, "1 file uploaded")
	t.Logf("%d MiB in %v, by %d requests", size>>20, time.Since(start).Round(time.Millisecond), s.asked("PATCH"))
	if sumOf(t, filepath.Join(s.dir, "large.bin")) != sumOf(t, path) {
		t.Error("the file is another one")
	}
}

func sumOf(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return string(h.Sum(nil))
}
