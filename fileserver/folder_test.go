package fileserver_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
)

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func openDir(t testing.TB, name string) *fileserver.Root {
	t.Helper()
	root, err := fileserver.Dir(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// get asks s without a socket, and fails the test if it takes long.
func get(t testing.TB, s http.Handler, target string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	}()
	select {
	case <-done:
		return w.Code, w.Body.String()
	case <-time.After(10 * time.Second):
		t.Fatalf("GET %s hangs", target)
		return 0, ""
	}
}
