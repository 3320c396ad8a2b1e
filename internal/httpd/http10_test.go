package httpd

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Whatever the request says, the answer is one of HTTP/1.0, as python's.
func TestHTTP10(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{HTTP10: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "hello")
		case "/flushed":
			io.WriteString(w, "hel")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "lo")
		case "/proto":
			io.WriteString(w, r.Proto)
		case "/none":
			w.WriteHeader(http.StatusNotModified)
		}
	})})
	for _, test := range []struct {
		head    []string
		status  string
		content string
	}{
		{[]string{"GET /length HTTP/1.1", "Host: x"}, "200 OK", "hello"},
		{[]string{"GET /length HTTP/1.0"}, "200 OK", "hello"},
		{[]string{"GET /length HTTP/1.0", "Connection: keep-alive"}, "200 OK", "hello"},
		{[]string{"GET /length HTTP/1.1", "Host: x", "Connection: keep-alive"}, "200 OK", "hello"},
		{[]string{"HEAD /length HTTP/1.0", "Connection: keep-alive"}, "200 OK", ""},
		{[]string{"GET /flushed HTTP/1.1", "Host: x"}, "200 OK", "hello"},
		{[]string{"GET /none HTTP/1.1", "Host: x"}, "304 Not Modified", ""},
		{[]string{"GET /proto HTTP/1.1", "Host: x"}, "200 OK", "HTTP/1.1"}, // for the log: what was asked
	} {
		t.Run(strings.Join(test.head, ","), func(t *testing.T) {
			t.Parallel()
			c := dial(t, s.addr)
			c.send(test.head...)
			head, content, _ := strings.Cut(c.ends(), "\r\n\r\n")
			line, fields, _ := strings.Cut(head, "\r\n")
			if want := "HTTP/1.0 " + test.status; line != want {
				t.Errorf("got %q, want %q", line, want)
			}
			if content != test.content {
				t.Errorf("got content %q, want %q", content, test.content)
			}
			for _, field := range []string{"Connection:", "Transfer-Encoding:"} {
				if strings.Contains(fields, field) {
					t.Errorf("there is a %s in %q", field, fields)
				}
			}
		})
	}
}
