//go:build unix

package hook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
)

// TestServeChild is no test: other tests and benchmarks run it as a process of
// its own, which serves an application until it is killed.
func TestServeChild(t *testing.T) {
	app := os.Getenv("HOOK_TEST_APP")
	if app == "" {
		t.SkipNow()
	}
	workers, _ := strconv.Atoi(os.Getenv("HOOK_TEST_WORKERS"))
	threads, _ := strconv.Atoi(os.Getenv("HOOK_TEST_THREADS"))
	w, err := NewWSGI(WSGIConfig{
		App: app, Dir: os.Getenv("HOOK_TEST_DIR"), Python: pythonForTests(t), Workers: workers, Threads: threads,
		Class: os.Getenv("HOOK_TEST_CLASS") != "",
		Log:   func(s string) { fmt.Fprintln(os.Stderr, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", os.Getenv("HOOK_TEST_LISTEN"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("listening on", l.Addr())
	http.Serve(l, w)
}
