package service

import (
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// look returns the status of a GET.
func look(h *Health) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
	return w.Code
}

func TestHealth(t *testing.T) {
	t.Parallel()
	broken := faultyFS{errors.New("input/output error")}
	for _, tt := range []struct {
		method  string
		root    fs.FS
		status  int
		content string
	}{
		{"GET", fstest.MapFS{"a": {}}, 200, "ok\n"},
		{"HEAD", fstest.MapFS{"a": {}}, 200, ""},
		{"GET", os.DirFS(t.TempDir()), 200, "ok\n"}, // nothing is in it
		{"GET", broken, 503, "503 Service Unavailable\n"},
		{"HEAD", broken, 503, ""},
		{"POST", fstest.MapFS{}, 405, "405 Method Not Allowed\n"},
		{"PUT", broken, 405, "405 Method Not Allowed\n"},
	} {
		w := httptest.NewRecorder()
		NewHealth(tt.root, nil).ServeHTTP(w, httptest.NewRequest(tt.method, "/healthz", nil))
		fields := w.Header()
		if w.Code != tt.status || w.Body.String() != tt.content || fields.Get("Cache-Control") != "no-store" ||
			fields.Get("Content-Type") != "text/plain; charset=utf-8" || (fields.Get("Allow") == "GET, HEAD") != (tt.status == 405) {
			t.Errorf("%s %v: %d %q %v", tt.method, tt.root, w.Code, w.Body, fields)
		}
	}
}

// faultyFS cannot be read.
type faultyFS struct{ err error }

func (f faultyFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: f.err}
}

// TestHealthOfFolder has a folder be removed, and made again. One that is moved
// is served as before.
func TestHealthOfFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := fileserver.Dir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var said []string
	h := NewHealth(root, func(line string) { said = append(said, line) })
	steps := []struct {
		change func() error
		want   int
	}{
		{func() error { return nil }, 200},
		{func() error { return os.Rename(folder, folder+".away") }, 200},
		{func() error { return os.Remove(folder + ".away") }, 503},
		{func() error { return nil }, 503},
		{func() error { return os.Mkdir(folder, 0o700) }, 200},
	}
	for i, step := range steps {
		if err := step.change(); err != nil {
			t.Skip("an open folder cannot be removed here: ", err)
		}
		if got := look(h); got != step.want {
			t.Errorf("%d: %d, want %d", i, got, step.want)
		}
	}
	if want := []string{"the folder cannot be read: it was removed", "the folder can be read again"}; !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
}

// hangingFS answers when it is let, as a file system over a network that is gone.
type hangingFS struct {
	fs.FS
	release chan struct{}
	asked   atomic.Int32
	asking  atomic.Int32 // at the moment
	most    atomic.Int32 // of those
}

func (f *hangingFS) Open(name string) (fs.File, error) {
	f.asked.Add(1)
	now := f.asking.Add(1)
	defer f.asking.Add(-1)
	f.most.Store(max(f.most.Load(), now))
	<-f.release
	return f.FS.Open(name)
}

// TestHealthHangs has many ask for a root that hangs: each gets an answer in
// time, and one question waits.
func TestHealthHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		root := &hangingFS{FS: fstest.MapFS{"a": {}}, release: make(chan struct{})}
		var mu sync.Mutex
		var said []string
		h := NewHealth(root, func(line string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, line)
		})
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				begun := time.Now()
				if got := look(h); got != 503 {
					t.Errorf("%d: %d", i, got)
				}
				if took := time.Since(begun); took > healthWait {
					t.Errorf("%d: after %v", i, took)
				}
			})
		}
		all.Wait()
		if asked := root.asked.Load(); asked != 1 {
			t.Errorf("%d questions", asked)
		}
		close(root.release)
		synctest.Wait()
		if got := look(h); got != 200 {
			t.Errorf("%d when it answers again", got)
		}
		if most := root.most.Load(); most != 1 {
			t.Errorf("%d questions at once", most)
		}
		want := []string{"the folder cannot be read: it does not answer", "the folder can be read again"}
		if !slices.Equal(said, want) {
			t.Errorf("said %q", said)
		}
	})
}

// A client that goes does not wait, and says nothing about the root.
func TestHealthClientGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		root := &hangingFS{FS: fstest.MapFS{}, release: make(chan struct{})}
		h := NewHealth(root, func(line string) { t.Error(line) })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		if err := h.Check(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		close(root.release)
	})
}

// TestHealthAtOnce is asked by many, while the root comes and goes.
func TestHealthAtOnce(t *testing.T) {
	t.Parallel()
	h := NewHealth(os.DirFS(t.TempDir()), nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				if got := look(h); got != 200 {
					t.Errorf("%d", got)
				}
			}
		})
	}
	all.Wait()
}
