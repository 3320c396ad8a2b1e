package fileserver_test

import (
	"embed"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gserve/gserve/fileserver"
)

// show prints what a handler answers.
func show(h http.Handler, target string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body.Len())
}

// Serve a folder, confined to it.
func Example() {
	root, err := fileserver.Dir(".")
	if err != nil {
		log.Fatal(err)
	}
	defer root.Close()
	handler := fileserver.New(root)
	// http.ListenAndServe(":8000", handler)

	show(handler, "/../../etc/passwd")
	// Output: 404 text/plain; charset=utf-8 14
}

//go:embed example_test.go
var site embed.FS

// Serve files that are part of the program.
func Example_embed() {
	handler := fileserver.New(site, fileserver.WithoutListing())
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/example_test.go", nil))
	fmt.Println(w.Code, w.Header().Get("Accept-Ranges"))
	// Output: 200 bytes
}

// Put a handler beside the files, and another one behind them.
func Example_handlers() {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the app: "+r.URL.Path) })
	handler := fileserver.New(site, fileserver.WithMount("/api", api), fileserver.WithFallback(app))
	for _, path := range []string{"/api/users", "/login"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Body)
	}
	// Output:
	// []
	// the app: /login
}

// Learn what became of every request.
func ExampleWithObserver() {
	handler := fileserver.New(site, fileserver.WithObserver(func(r *fileserver.Record) {
		fmt.Println(r.Method, r.Target, r.Status, r.Err)
	}))
	show(handler, "/.env")
	// Output:
	// GET /.env 404 open .env: file does not exist
	// 404 text/plain; charset=utf-8 14
}
