package httpd

import (
	"fmt"
	"io"
	"testing"
	"time"
)

// Open counts connections, whether they have asked for anything or not.
func TestOpen(t *testing.T) {
	t.Parallel()
	server := &Server{Handler: text("hello"), limits: limits{head: time.Minute, idle: time.Minute, stall: time.Minute, drain: time.Second, drainStall: time.Second}}
	if n := server.Open(); n != 0 {
		t.Errorf("%d connections before Serve", n)
	}
	s := serve(t, server)
	var clients []*client
	for range 3 {
		clients = append(clients, dial(t, s.addr))
	}
	fmt.Fprint(clients[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := io.ReadFull(clients[0], make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	awaitOpen(t, server, 3)
	clients[0].Close()
	clients[1].Close()
	awaitOpen(t, server, 1)
}

func awaitOpen(t *testing.T, s *Server, want int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); s.Open() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections, want %d", s.Open(), want)
		}
	}
}
