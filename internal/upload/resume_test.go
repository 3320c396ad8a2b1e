package upload

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/store"
)

const partial = "Content-Type: application/partial-upload"

func (s site) patch(resource, content, offset, complete string, fields ...string) answer {
	s.t.Helper()
	fields = append(fields, partial, "Upload-Offset: "+offset, "Upload-Complete: "+complete)
	return s.ask("PATCH", resource, content, fields...)
}

// wantFields compares fields; "" is for none.
func (a answer) wantFields(t *testing.T, what string, fields ...string) {
	t.Helper()
	for _, field := range fields {
		name, want, _ := strings.Cut(field, ": ")
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %s: %q, want %q", what, name, got, want)
		}
	}
}

func (a answer) wantProblem(t *testing.T, what, kind string) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(a.content), &fields); err != nil || a.header.Get("Content-Type") != "application/problem+json" || fields["type"] != problemTypes+kind {
		t.Errorf("%s: %q is not %s", what, a.content, kind)
	}
	return fields
}

func TestPieces(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Max: 1000}, all)
	os.Mkdir(filepath.Join(s.dir, "my folder"), 0o777)
	os.WriteFile(filepath.Join(s.dir, "my folder/a.txt"), nil, 0o666)

	a := s.ask("POST", "/my%20folder/", "one ", "Upload-Complete: ?0", "Upload-Length: 13", `Content-Disposition: inline; filename="a.txt"`).want(t, "the first", 201)
	resource := a.header.Get("Location")
	if !strings.HasPrefix(resource, ResourcePrefix) || !strings.HasSuffix(resource, "/my%20folder/") {
		t.Fatalf("%v", a.header)
	}
	a.wantFields(t, "the first", "Upload-Complete: ?0", "Upload-Offset: 4", "Upload-Limit: max-size=1000, max-age=86399", "Cache-Control: no-store")
	a = s.ask("HEAD", resource, "").want(t, "HEAD", 204)
	a.wantFields(t, "HEAD", "Upload-Complete: ?0", "Upload-Offset: 4", "Upload-Length: 13", "Cache-Control: no-store")

	a = s.patch(resource, "two ", "3", "?0").want(t, "another offset", 409)
	a.wantFields(t, "another offset", "Upload-Offset: 4", "Upload-Complete: ?0")
	if p := a.wantProblem(t, "another offset", "mismatching-upload-offset"); p["expected-offset"] != 4.0 || p["provided-offset"] != 3.0 {
		t.Errorf("%v", p)
	}
	s.patch(resource, "two ", "4", "?0").want(t, "the second", 204).
		wantFields(t, "the second", "Upload-Complete: ?0", "Upload-Offset: 8")
	for what, a := range map[string]answer{
		"more than the length":   s.patch(resource, "three more", "8", "?0"),
		"less at the end":        s.patch(resource, "x", "8", "?1"),
		"another length":         s.patch(resource, "x", "8", "?0", "Upload-Length: 12"),
		"a length and its end":   s.patch(resource, "x", "8", "?1", "Upload-Length: 13"),
		"empty, and not the end": s.patch(resource, "", "8", "?1"),
	} {
		a.want(t, what, 400).wantProblem(t, what, "inconsistent-upload-length")
	}
	s.ask("PATCH", resource, "x", "Upload-Offset: 8", "Upload-Complete: ?0").want(t, "another type", 415)
	for _, bad := range [][2]string{{"8", "1"}, {"8", "?2"}, {"8", ""}, {"-1", "?0"}, {"8.0", "?0"}, {"", "?0"}, {"8, 8", "?0"}} {
		s.patch(resource, "x", bad[0], bad[1]).want(t, fmt.Sprint(bad), 400)
	}
	s.patch(resource, "x", "8", "?0", "Origin: http://evil.example").want(t, "another origin", 403)
	s.ask("GET", resource, "").want(t, "GET", 405)
	for _, other := range []string{
		ResourcePrefix + strings.Repeat("0", 32) + "/my%20folder/", strings.TrimSuffix(resource, "my%20folder/"),
		resource + "../../", resource + "%2e%2e/x", ResourcePrefix, ResourcePrefix + "../x",
	} {
		s.ask("HEAD", other, "").want(t, other, 404)
	}
	if files := s.visible(); len(files) != 2 {
		t.Errorf("%q", files)
	}

	a = s.patch(resource, "three", "8", "?1;x=1", "Accept: application/json").want(t, "the last", 201)
	a.wantFields(t, "the last", "Upload-Complete: ?1", "Upload-Offset: 13")
	if a.content != `[{"name":"a (1).txt","url":"a%20%281%29.txt","size":13}]`+"\n" && a.content != `[{"name":"a (1).txt","url":"a%20(1).txt","size":13}]`+"\n" {
		t.Errorf("%q", a.content)
	}
	location := a.header.Get("Location")
	s.wantFiles("the whole", map[string]string{"my folder/": "", "my folder/a.txt": "", "my folder/a (1).txt": "one two three"})

	s.ask("HEAD", resource, "").want(t, "afterwards", 204).
		wantFields(t, "afterwards", "Upload-Complete: ?1", "Upload-Offset: 13", "Upload-Length: 13", "Location: "+location)
	s.patch(resource, "", "13", "?1").want(t, "the end again", 410).wantProblem(t, "the end again", "completed-upload")
	s.patch(resource, "x", "13", "?1").want(t, "more", 400).wantProblem(t, "more", "inconsistent-upload-length")
}

func TestResumablePut(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	s.ask("PUT", "/whole", "hello", "Upload-Complete: ?1").want(t, "whole", 201).
		wantFields(t, "whole", "Location: /whole", "Upload-Complete: ?1")
	s.ask("PUT", "/whole", "hello", "Upload-Complete: ?0").want(t, "taken", 409)
	a := s.ask("PUT", "/late", "", "Upload-Complete: ?0").want(t, "begun", 201)
	a.wantFields(t, "begun", "Upload-Offset: 0")
	s.ask("HEAD", a.header.Get("Location"), "").wantFields(t, "no length", "Upload-Length: ", "Upload-Offset: 0")
	s.ask("PUT", "/late", "of another").want(t, "another", 201)
	s.patch(a.header.Get("Location"), "x", "0", "?1").want(t, "too late", 409).wantFields(t, "too late", "Upload-Complete: ?0")
	s.ask("HEAD", a.header.Get("Location"), "").want(t, "it is over", 404)

	a = s.ask("PUT", "/new", "one", "Upload-Complete: ?0").want(t, "begun", 201)
	s.patch(a.header.Get("Location"), " two", "3", "?0").want(t, "more", 204)
	a = s.patch(a.header.Get("Location"), "", "7", "?1").want(t, "an empty end", 201)
	a.wantFields(t, "an empty end", "Location: /new", "Upload-Complete: ?1")

	a = s.ask("PUT", "/gone", "one", "Upload-Complete: ?0").want(t, "begun", 201)
	s.ask("DELETE", a.header.Get("Location"), "", "Sec-Fetch-Site: cross-site").want(t, "of another page", 403)
	s.ask("DELETE", a.header.Get("Location"), "").want(t, "given up", 204)
	s.ask("DELETE", a.header.Get("Location"), "").want(t, "again", 404)
	s.wantFiles("after all", map[string]string{"whole": "hello", "late": "of another", "new": "one two"})

	for what, fields := range map[string][]string{
		"more than announced": {"Upload-Complete: ?0", "Upload-Length: 2"},
		"less than announced": {"Upload-Complete: ?1", "Upload-Length: 4"},
	} {
		s.ask("PUT", "/x", "one", fields...).want(t, what, 400).wantProblem(t, what, "inconsistent-upload-length")
	}
	s.send("PUT", "/x", io.MultiReader(strings.NewReader("one")), "Upload-Complete: ?0", "Upload-Length: 2").want(t, "chunked", 400)
	s.send("PUT", "/x", io.MultiReader(strings.NewReader("one")), "Upload-Complete: ?1", "Upload-Length: 4").want(t, "chunked", 400)
	s.wantFiles("after all", map[string]string{"whole": "hello", "late": "of another", "new": "one two"})
}

// TestInterim sees that a client which speaks the draft is told of the resource
// before its content has arrived, and that others are not.
func TestInterim(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	for version, want := range map[string]bool{"8": true, "7": false, "": false} {
		told := make(chan textproto.MIMEHeader, 1)
		slow, end := io.Pipe()
		r, _ := http.NewRequest("PUT", s.url+"/v"+version, slow)
		r.Header.Set("Upload-Complete", "?1")
		if version != "" {
			r.Header.Set(interopField, version)
		}
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				if code == 104 {
					told <- header
				}
				return nil
			},
		}))
		if want {
			go func() {
				h := <-told
				if h.Get("Location") == "" || h.Get("Upload-Limit") == "" || h.Get(interopField) != interop {
					t.Errorf("%v", h)
				}
				told <- h
				end.Close()
			}()
		} else {
			end.Close()
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 201 || resp.Header.Get("Location") != "/v"+version || len(told) == 1 != want || resp.Header.Get("Upload-Limit") != "" {
			t.Errorf("version %q: %s, %v, %d", version, resp.Status, resp.Header, len(told))
		}
	}
}

// begun is a connection on which an upload has begun and goes no further.
type begun struct {
	net.Conn
	lines    *bufio.Reader
	resource string
}

// stall sends the first of the content of a request whose client was told of
// the resource.
func (s site) stall(path, first string) begun {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nUpload-Complete: ?1\r\n%s: %s\r\n\r\n%s", path, interopField, interop, first)
	b := begun{Conn: conn, lines: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(b.lines, nil)
	if err != nil || resp.StatusCode != 104 {
		s.t.Fatalf("%v, %v", resp, err)
	}
	b.resource = resp.Header.Get("Location")
	return b
}

// TestTaken is of a phone that slept: its old connection seems to be alive when
// it comes back.
func TestTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	old := s.stall("/a", "hello")
	for s.size() < 5 {
		time.Sleep(time.Millisecond)
	}
	s.ask("HEAD", old.resource, "").want(t, "HEAD", 204).wantFields(t, "HEAD", "Upload-Offset: 5", "Upload-Length: 10")
	resp, err := http.ReadResponse(old.lines, nil)
	if err != nil || resp.StatusCode != 409 || !resp.Close {
		t.Errorf("the old connection: %+v, %v", resp, err)
	}
	io.WriteString(old, "WORLD") // comes too late
	s.patch(old.resource, "world", "5", "?1").want(t, "the rest", 201)
	s.wantFiles("after all", map[string]string{"a": "helloworld"})
}

// size returns how many bytes drafts have.
func (s site) size() (n int) {
	for name, content := range s.files() {
		if strings.Contains(name, store.Prefix) && !strings.Contains(name, ".json") {
			n += len(content)
		}
	}
	return n
}

// TestManyTake has many clients go on with one upload: the file is what one of
// them sent.
func TestManyTake(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	old := s.stall("/a", "hello")
	for s.size() < 5 {
		time.Sleep(time.Millisecond)
	}
	answers := make(chan int, 20)
	for i := range 20 {
		go func() {
			content := fmt.Sprintf("%05d", i)
			answers <- s.patch(old.resource, content, "5", "?1").status
		}()
	}
	stored := 0
	for range 20 {
		if status := <-answers; status == 201 {
			stored++
		}
	}
	files := s.files()
	if content := files["a"]; stored > 1 || stored == 1 && len(content) != 10 {
		t.Errorf("%d stored it, there is %q", stored, files)
	}
	if stored == 0 { // all took it from each other, which is allowed
		s.ask("HEAD", old.resource, "").want(t, "HEAD", 204)
	}
}

func TestCancelTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	old := s.stall("/a", "hello")
	s.ask("DELETE", old.resource, "").want(t, "DELETE", 204)
	s.wantFiles("after all", map[string]string{})
}

// TestLostConnection sees that what has arrived counts.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	old := s.stall("/a", "hello")
	old.Close()
	a := s.ask("HEAD", old.resource, "").want(t, "HEAD", 204)
	offset := a.header.Get("Upload-Offset")
	for offset == "0" { // the server may not have seen the content yet
		offset = s.ask("HEAD", old.resource, "").header.Get("Upload-Offset")
	}
	s.patch(old.resource, "helloworld"[len("hello"):], offset, "?1").want(t, "the rest", 201)
	s.wantFiles("after all", map[string]string{"a": "helloworld"})
}

func TestStructured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value string
		want  int64
		ok    bool
	}{
		{"0", 0, true}, {"15", 15, true}, {" 15 ", 15, true}, {"-0", 0, true}, {"007", 7, true},
		{"999999999999999", maxInteger, true}, {"1000000000000000", 0, false},
		{"5;a", 5, true}, {`5;a=1;b="x\"y"; c=?0;*d=tok/en`, 5, true},
		{"", 0, false}, {"-1", 0, false}, {"+1", 0, false}, {"1.0", 0, false}, {"0x1", 0, false}, {"1 2", 0, false},
		{"1,2", 0, false}, {"1;", 0, false}, {"1;A", 0, false}, {`1;a="x`, 0, false}, {"1;a=", 0, false}, {"?1", 0, false}, {"١", 0, false},
	} {
		r := &http.Request{Header: http.Header{"X": {c.value}}}
		if got, ok := integer(r, "X"); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %d, %v", c.value, got, ok)
		}
	}
	for value, want := range map[string][2]bool{
		"?1": {true, true}, "?0": {false, true}, "?1;x": {true, true}, "1": {false, false}, "true": {false, false}, "?1 ?1": {false, false}, "?": {false, false},
	} {
		r := &http.Request{Header: http.Header{"X": {value}}}
		if got, ok := boolean(r, "X"); got != want[0] || ok != want[1] {
			t.Errorf("%q: %v, %v", value, got, ok)
		}
	}
	if _, ok := integer(&http.Request{Header: http.Header{"X": {"1", "1"}}}, "X"); ok {
		t.Error("two lines are one integer")
	}
}

func TestCompletions(t *testing.T) {
	t.Parallel()
	var c completions
	for i := range maxCompletions + 10 {
		c.add(fmt.Sprint(i), completion{size: int64(i)})
	}
	if _, ok := c.find("9"); ok || len(c.byToken) != maxCompletions {
		t.Errorf("%d are remembered", len(c.byToken))
	}
	if done, ok := c.find("10"); !ok || done.size != 10 {
		t.Errorf("%+v, %v", done, ok)
	}
}
