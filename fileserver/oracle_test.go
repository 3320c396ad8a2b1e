package fileserver_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// exception is a difference from http.ServeContent that is on purpose.
type exception struct {
	name    string
	applies func(r *http.Request, length int) bool
}

// exceptions are the cases in which http.ServeContent is not right, or in
// which the RFC leaves a choice and ours is another one. No other difference
// passes.
var exceptions = []exception{
	{"RFC 9110, 14.2: Range is defined for GET only", func(r *http.Request, _ int) bool {
		return r.Method != "GET" && r.Header.Get("Range") != ""
	}},
	{"methods other than GET and HEAD are answered 405, not with content", func(r *http.Request, _ int) bool {
		return r.Method != "GET" && r.Method != "HEAD"
	}},
	{"an unknown unit and a malformed set are ignored, not answered 416 (RFC 9110, 14.2)", func(r *http.Request, _ int) bool {
		return r.Header.Get("Range") != "" && !isRangeSet(r.Header.Get("Range"))
	}},
	{"an empty suffix is unsatisfiable, not 206 of -1 bytes (RFC 9110, 14.1.2)", func(r *http.Request, _ int) bool {
		return strings.HasSuffix(r.Header.Get("Range"), "=-0")
	}},
	{"an empty file has no part to send as 206 (RFC 9110, 14.1.2)", func(r *http.Request, length int) bool {
		return length == 0 && strings.HasPrefix(r.Header.Get("Range"), "bytes=-")
	}},
	{"several ranges: the boundary is random, and those that touch are sent as one (RFC 9110, 15.3.7.2)", func(r *http.Request, _ int) bool {
		return strings.Contains(r.Header.Get("Range"), ",")
	}},
}

// rangeSet is the grammar of RFC 9110, 14.1.1 and 14.1.2, written apart from
// the code that it checks.
var rangeSet = regexp.MustCompile(`^bytes=(?:(\d+)-(\d*)|-\d+)(?:, *(?:\d+-\d*|-\d+))*$`)

// isRangeSet reports whether a Range field is well-formed.
func isRangeSet(field string) bool {
	match := rangeSet.FindStringSubmatch(field)
	if match == nil {
		return false
	}
	first, _ := strconv.Atoi(match[1])
	last, err := strconv.Atoi(match[2])
	return err != nil || first <= last
}

// TestOracle compares random requests with http.ServeContent.
func TestOracle(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	used := map[string]int{}
	compared := 0
	for range 20000 {
		length := []int{0, 1, 2, 10, 100, 5000}[random.IntN(6)]
		modified := time.Unix(1_700_000_000+int64(random.IntN(5)), 0)
		content := strings.Repeat("0123456789", length/10+1)[:length]
		s := fileserver.New(fstest.MapFS{"f.txt": {Data: []byte(content), ModTime: modified}}, fileserver.WithoutCompression())
		r := randomRequest(random, length, s)
		if e := exceptionFor(r, length); e != "" {
			used[e]++
			continue
		}
		compared++
		ours, theirs := httptest.NewRecorder(), httptest.NewRecorder()
		s.ServeHTTP(ours, r)
		theirs.Header().Set("Etag", etagOf(s))
		theirs.Header().Set("Content-Type", "text/plain; charset=utf-8")
		http.ServeContent(theirs, r, "f.txt", modified, strings.NewReader(content))
		if difference := compare(ours, theirs); difference != "" {
			t.Fatalf("%s %v of %d bytes: %s", r.Method, r.Header, length, difference)
		}
	}
	t.Logf("%d compared, %d left out as exceptions: %v", compared, 20000-compared, used)
	if compared < 8000 {
		t.Errorf("only %d of 20000 were compared", compared)
	}
}

func exceptionFor(r *http.Request, length int) string {
	for _, e := range exceptions {
		if e.applies(r, length) {
			return e.name
		}
	}
	return ""
}

func etagOf(s *fileserver.Server) string {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("HEAD", "/f.txt", nil))
	return w.Header().Get("Etag")
}

// randomRequest makes requests of which many have a fitting validator or range.
func randomRequest(random *rand.Rand, length int, s *fileserver.Server) *http.Request {
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	date := func() string { return time.Unix(1_700_000_000+int64(random.IntN(5)), 0).UTC().Format(http.TimeFormat) }
	tag := func() string {
		return pick(etagOf(s), "W/"+etagOf(s), `"other"`, "*", `"a", `+etagOf(s), `"x,y"`, "unquoted")
	}
	n := func() int { return random.IntN(length + 3) }
	r := httptest.NewRequest(pick("GET", "GET", "GET", "GET", "HEAD", "POST"), "/f.txt", nil)
	for name, value := range map[string]func() string{
		"If-Match":            tag,
		"If-None-Match":       tag,
		"If-Modified-Since":   date,
		"If-Unmodified-Since": date,
		"If-Range":            func() string { return pick(tag(), date()) },
	} {
		if random.IntN(6) == 0 {
			r.Header.Set(name, value())
		}
	}
	if random.IntN(2) == 0 {
		r.Header.Set("Range", pick(
			fmt.Sprintf("bytes=%d-%d", n(), n()), fmt.Sprintf("bytes=%d-", n()), fmt.Sprintf("bytes=-%d", n()),
			fmt.Sprintf("bytes=%d-%d,%d-", n(), n(), n()), "bytes=", "items=0-1", "bytes=a-b", "bytes=1-2-3"))
	}
	return r
}

// compare returns how two answers differ, "" if they do not.
func compare(ours, theirs *httptest.ResponseRecorder) string {
	if ours.Code != theirs.Code {
		return fmt.Sprintf("status %d, theirs %d", ours.Code, theirs.Code)
	}
	names := []string{"Content-Range", "Etag", "Last-Modified"}
	if ours.Code == 200 || ours.Code == 206 {
		names = append(names, "Content-Length", "Accept-Ranges", "Content-Type")
	}
	if ours.Code == 416 { // theirs drops the validators of the file, and ours are of the page
		names = names[:1]
	}
	for _, name := range names {
		if a, b := ours.Header().Get(name), theirs.Header().Get(name); a != b {
			return fmt.Sprintf("%s: %q, theirs %q", name, a, b)
		}
	}
	if (ours.Code == 200 || ours.Code == 206) && !bytes.Equal(ours.Body.Bytes(), theirs.Body.Bytes()) {
		return fmt.Sprintf("content %q, theirs %q", ours.Body, theirs.Body)
	}
	return ""
}

// TestMultipart reads several ranges with package multipart.
func TestMultipart(t *testing.T) {
	t.Parallel()
	s := fileserver.New(fstest.MapFS{"f.txt": {Data: []byte("0123456789"), ModTime: time.Unix(1e9, 0)}})
	r := httptest.NewRequest("GET", "/f.txt", nil)
	r.Header.Set("Range", "bytes=7-,0-1,4-4")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	boundary := strings.TrimPrefix(w.Header().Get("Content-Type"), "multipart/byteranges; boundary=")
	parts := multipart.NewReader(w.Body, boundary)
	for _, want := range []string{"bytes 7-9/10 789", "bytes 0-1/10 01", "bytes 4-4/10 4"} {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if got := part.Header.Get("Content-Range") + " " + string(content); err != nil || got != want {
			t.Errorf("part %q (%v), want %q", got, err, want)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("after the last part: %v, want EOF", err)
	}
}
