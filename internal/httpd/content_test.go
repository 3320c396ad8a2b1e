package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// readAll answers with the number of bytes of the content, and what went wrong.
var readAll = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprint(w, n, " ", errors.Is(err, os.ErrDeadlineExceeded))
})

// Content that never comes does not keep a connection, whether the handler
// waits for it or not.
func TestContentThatNeverComes(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall, bounds.unread = 150*time.Millisecond, 150*time.Millisecond
	for _, test := range []struct {
		name    string
		handler http.Handler
		length  string
		content string // what is sent of it
		want    string
	}{
		{"read", readAll, "Content-Length: 100", "0123456789", "10 true"},
		{"not read", text("hello"), "Content-Length: 100", "0123456789", "hello"},
		{"not read, long answer", text(strings.Repeat("a", 100000)), "Content-Length: 100", "", strings.Repeat("a", 100000)},
		{"chunks, read", readAll, "Transfer-Encoding: chunked", "3\r\nabc\r\n5\r\n", "3 true"},
		{"chunks, not read", text("hello"), "Transfer-Encoding: chunked", "3\r\nabc\r\n5\r\n", "hello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, serve(t, &Server{Handler: test.handler, limits: bounds}).addr)
			c.send("POST / HTTP/1.1", "Host: x", test.length)
			io.WriteString(c, test.content)
			content, err := io.ReadAll(c.answer("POST").Body)
			if string(content) != test.want || err != nil {
				t.Errorf("got %.80q, %v; want %.80q", content, err, test.want)
			}
			c.ends()
		})
	}
}

// An upload that moves takes as long as it takes, and the connection is good
// for the next request.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall, bounds.unread = 2*time.Second, 500*time.Millisecond
	for _, test := range []struct{ name, length, piece, end string }{
		{"length", "Content-Length: 12", "a", ""},
		{"chunks", "Transfer-Encoding: chunked", "1\r\na\r\n", "0\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, serve(t, &Server{Handler: readAll, limits: bounds}).addr)
			c.send("POST / HTTP/1.1", "Host: x", test.length)
			for range 12 {
				time.Sleep(250 * time.Millisecond)
				io.WriteString(c, test.piece)
			}
			io.WriteString(c, test.end)
			content, err := io.ReadAll(c.answer("POST").Body)
			if string(content) != "12 false" || err != nil {
				t.Errorf("got %q, %v", content, err)
			}
			c.get("/")
		})
	}
}

// Once the content has been read, no deadline for it is left: net/http waits
// for the end of the connection then, and would take it for that.
func TestAnswerAfterContent(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall, bounds.unread = 250*time.Millisecond, 250*time.Millisecond
	for _, overTLS := range []bool{false, true} {
		server := &Server{limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			r.Body.Read(make([]byte, 1)) // at the end of it
			for range 5 {
				http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
					io.WriteString(w, "disturbed")
				case <-time.After(100 * time.Millisecond):
					io.WriteString(w, ".")
				}
			}
		})}
		if overTLS {
			server.TLS = testTLS(t)
		}
		s := serve(t, server)
		t.Run(fmt.Sprintf("TLS %t", overTLS), func(t *testing.T) {
			t.Parallel()
			var got string
			if overTLS {
				_, got = request2(t, s.addr, "POST", strings.NewReader("hello"))
			} else {
				c := dial(t, s.addr)
				c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 5")
				io.WriteString(c, "hello")
				content, _ := io.ReadAll(c.answer("POST").Body)
				got = string(content)
			}
			if got != "....." {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A goroutine that reads on when its handler has returned, as a proxy's may,
// sets no deadline for the request that comes next.
func TestReadAfterHandler(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 100 * time.Millisecond
	var late io.Reader
	c := dial(t, serve(t, &Server{limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			late = r.Body
			return
		}
		if _, err := late.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
			t.Errorf("late read: %v", err)
		}
		select {
		case <-r.Context().Done():
			io.WriteString(w, "disturbed")
		case <-time.After(300 * time.Millisecond):
			io.WriteString(w, "hello")
		}
	})}).addr)
	c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 5")
	io.WriteString(c, "hello")
	c.answer("POST")
	if got := c.get("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// An answer does not wait for content that nobody wants, if it is too much or
// not on its way.
func TestContentNotWanted(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{Handler: text("hello")})
	for _, fields := range [][]string{
		{"Content-Length: 10000000"},
		{"Content-Length: 100", "Expect: 100-continue"},
	} {
		start := time.Now()
		c := dial(t, s.addr)
		c.send(append([]string{"POST / HTTP/1.1", "Host: x"}, fields...)...)
		content, err := io.ReadAll(c.answer("POST").Body)
		if string(content) != "hello" || err != nil {
			t.Errorf("%q: got %q, %v", fields, content, err)
		}
		if took := time.Since(start); took > quick.unread/2 {
			t.Errorf("%q: took %v", fields, took)
		}
	}
}

// A handler that does not look at the content for a while gets it all the same.
func TestContentReadLate(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.unread, bounds.stall = 500*time.Millisecond, 2*time.Second
	for _, overTLS := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %t", overTLS), func(t *testing.T) {
			t.Parallel()
			server := &Server{limits: bounds, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(2 * bounds.unread)
				r.Body.Read(make([]byte, 1))
				time.Sleep(2 * bounds.stall)
				readAll(w, r)
			})}
			content, w := io.Pipe()
			go func() {
				for range 20 {
					io.WriteString(w, "a")
					time.Sleep(150 * time.Millisecond)
				}
				w.Close()
			}()
			var got string
			if overTLS {
				server.TLS = testTLS(t)
				_, got = request2(t, serve(t, server).addr, "POST", content)
			} else {
				c := dial(t, serve(t, server).addr)
				c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 20")
				go io.Copy(c, content)
				b, _ := io.ReadAll(c.answer("POST").Body)
				got = string(b)
			}
			if got != "19 false" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// What a form left on disk is removed, although the request is a copy.
func TestFormFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, _ := w.CreateFormFile("file", "name")
	part.Write(make([]byte, 1<<20))
	w.Close()
	files := 0
	s := serve(t, &Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.ParseMultipartForm(1)
		entries, _ := os.ReadDir(dir)
		files = len(entries)
	})})
	resp, err := http.Post("http://"+s.addr, w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.stop()
	s.wait(t)
	if entries, _ := os.ReadDir(dir); files != 1 || len(entries) != 0 {
		t.Errorf("%d files while the handler ran, %d after it", files, len(entries))
	}
}
