package upload

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/store"
)

// TestHTTP2 has uploads share a connection: what ends one must not end others.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := httptest.NewUnstartedServer(newHandler(t, dir, store.Options{Max: 1 << 20}, all))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	s := site{t, dir, server.URL}
	send := func(method, path string, content io.Reader, header http.Header) *http.Response {
		r, err := http.NewRequest(method, s.url+path, content)
		if err != nil {
			t.Error(err)
			return nil
		}
		r.Header = header
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
			return nil
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Errorf("%s", resp.Proto)
		}
		return resp
	}
	other, end := io.Pipe()
	shared := make(chan *http.Response)
	go func() { shared <- send("PUT", "/shared", other, http.Header{}) }()
	io.WriteString(end, "one ")

	resource := send("PUT", "/a", strings.NewReader("hello"), http.Header{"Upload-Complete": {"?0"}}).Header.Get("Location")
	stalled, stop := io.Pipe()
	old := make(chan *http.Response)
	piece := http.Header{"Upload-Complete": {"?0"}, "Upload-Offset": {"5"}, "Content-Type": {partialUpload}}
	go func() { old <- send("PATCH", resource, stalled, piece) }()
	io.WriteString(stop, " world")
	for s.size() < len("one hello world") {
		time.Sleep(time.Millisecond)
	}
	resp := send("HEAD", resource, nil, http.Header{})
	if resp.StatusCode != 204 || resp.Header.Get("Upload-Offset") != "11" {
		t.Errorf("HEAD: %s, %v", resp.Status, resp.Header)
	}
	if resp := <-old; resp != nil && resp.StatusCode != 409 {
		t.Errorf("the one before: %s", resp.Status)
	}
	stop.Close()
	if resp := send("PUT", "/big", strings.NewReader(strings.Repeat("x", 2<<20)), http.Header{}); resp != nil && resp.StatusCode != 413 {
		t.Errorf("too large: %s", resp.Status)
	}
	piece = http.Header{"Upload-Complete": {"?1"}, "Upload-Offset": {"11"}, "Content-Type": {partialUpload}}
	if resp := send("PATCH", resource, strings.NewReader("!"), piece); resp == nil || resp.StatusCode != 201 {
		t.Errorf("the end: %+v", resp)
	}
	io.WriteString(end, "two")
	end.Close()
	if resp := <-shared; resp == nil || resp.StatusCode != 201 {
		t.Errorf("beside it: %+v", resp)
	}
	s.wantFiles("after all", map[string]string{"a": "hello world!", "shared": "one two"})
}
