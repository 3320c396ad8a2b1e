//go:build ignore

// Httpserver is the program that people write around http.FileServer, with a
// line for each request in a log.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
)

func main() {
	address := flag.String("address", "127.0.0.1:8000", "to listen on")
	accessLog := flag.String("log", "", "file")
	certificate := flag.String("certificate", "", "file; with it and -key, HTTPS is served")
	key := flag.String("key", "", "file")
	flag.Parse()
	out, err := os.OpenFile(*accessLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	requests := log.New(out, "", log.LstdFlags)
	files := http.FileServer(http.Dir(flag.Arg(0)))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files.ServeHTTP(w, r)
		requests.Printf("%s %s %s %s", r.RemoteAddr, r.Method, r.URL, r.Proto)
	})
	if *certificate != "" {
		log.Fatal(http.ListenAndServeTLS(*address, *certificate, *key, handler))
	}
	log.Fatal(http.ListenAndServe(*address, handler))
}
