package fileserver

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// FuzzTarget holds that a target which is let by stays below the root.
func FuzzTarget(f *testing.F) {
	for _, path := range []string{
		"/", "/a/b", "/a//b/", "/../a", "/%2e%2e/a", "/a/%2E%2e/..", "/%00", "/%", "/%zz", "/a%2fb", "/a%5cb", "*", "", "//host/a",
		"/%c0%ae%c0%ae/a", "/./", "/.well-known/x", "/a/.b", "/\xff", "/...", "/a\\..\\b", "/c:", "/%2e", "/a/..%2f",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		target, err := parseTarget(path)
		if err != nil {
			return
		}
		if !isPath(target.name) {
			t.Fatalf("%q names %q", path, target.name)
		}
		if target.name == "." && !target.slash {
			t.Fatalf("%q is the root without its slash", path)
		}
		if strings.ContainsAny(target.name, "\x00") {
			t.Fatalf("%q names %q", path, target.name)
		}
		if isHidden(target.name) != hasHiddenSegment(target.name) {
			t.Fatalf("isHidden(%q) = %v", target.name, isHidden(target.name))
		}
	})
}

// hasHiddenSegment is isHidden, slow and obvious.
func hasHiddenSegment(name string) bool {
	for i, segment := range strings.Split(name, "/") {
		if segment[0] == '.' && name != "." && !(i == 0 && segment == ".well-known") {
			return true
		}
	}
	return false
}

// FuzzRanges holds that ranges are what was asked for, byte by byte, that they
// neither overlap nor touch, and that they never exceed the whole.
func FuzzRanges(f *testing.F) {
	for _, field := range []string{
		"bytes=0-0", "bytes=-1", "bytes=5-", "bytes=0-1,2-3", "bytes=9-2", "bytes=-0", "bytes=0-,0-", "bytes=7-8, 1-2 ,5-6,3-4",
		"bytes=99999999999999999999-", "bytes=0-99999999999999999999", "BYTES=1-2", "bytes =1-2", "bytes=", "bytes=,", "x=1-2", "bytes=1-2-3", "bytes=+1-2",
	} {
		f.Add(field, int64(10))
	}
	f.Fuzz(func(t *testing.T, field string, length int64) {
		if length < 0 || length > 1000 {
			return
		}
		ranges, selected := selectRanges(field, length, nil)
		if (selected == selectParts) != (len(ranges) > 0) {
			t.Fatalf("%q of %d: %v, %v", field, length, ranges, selected)
		}
		covered := make([]int, length)
		for _, r := range ranges {
			if r.First < 0 || r.First > r.Last || r.Last >= length {
				t.Fatalf("%q of %d: %v", field, length, ranges)
			}
			for i := r.First; i <= r.Last; i++ {
				covered[i]++
			}
		}
		for i, n := range covered {
			touches := i > 0 && n == 1 && covered[i-1] == 1 && !within(ranges, int64(i-1), int64(i))
			if n > 1 || touches {
				t.Fatalf("%q of %d: %v overlap or touch at %d", field, length, ranges, i)
			}
		}
		if selected == selectParts && !equalBytes(covered, asked(field, length)) {
			t.Fatalf("%q of %d: %v is not what was asked for", field, length, ranges)
		}
	})
}

// within reports whether one range holds both positions.
func within(ranges []ByteRange, a, b int64) bool {
	for _, r := range ranges {
		if r.First <= a && b <= r.Last {
			return true
		}
	}
	return false
}

// asked marks the bytes that a valid set asks for, one by one.
func asked(field string, length int64) []int {
	covered := make([]int, length)
	_, set, _ := strings.Cut(field, "=")
	for spec := range strings.SplitSeq(set, ",") {
		first, last, ok := strings.Cut(strings.Trim(spec, " \t"), "-")
		if !ok {
			continue
		}
		for i := range length {
			a, _ := parsePosition(first)
			b, bounded := parsePosition(last)
			if first == "" && i >= length-b || first != "" && i >= a && (!bounded || i <= b) {
				covered[i] = 1
			}
		}
	}
	return covered
}

func equalBytes(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// FuzzPreconditions compares the evaluation with one that follows the steps of
// RFC 9110, 13.2.2 to the letter.
func FuzzPreconditions(f *testing.F) {
	modified := time.Unix(1_700_000_000, 0).UTC()
	tag := `"tag"`
	dates := []string{"", modified.Format(http.TimeFormat), modified.Add(-time.Hour).Format(http.TimeFormat), modified.Add(time.Hour).Format(http.TimeFormat), "garbage"}
	for _, tags := range []string{"", tag, `W/"tag"`, `"a", "tag"`, "*", `"a,b", W/"tag"`, `"unclosed`, "bare", `"a" "tag"`, `,, "tag"`} {
		for i := range dates {
			f.Add(tags, "", dates[i], "", "GET")
			f.Add("", tags, "", dates[i], "GET")
			f.Add("", tags, dates[i], dates[len(dates)-1-i], "HEAD")
		}
	}
	f.Fuzz(func(t *testing.T, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, method string) {
		v := Validator{ETag: ETag(tag), LastModified: modified}
		q := &Request{Method: method, IfMatch: ifMatch, IfNoneMatch: ifNoneMatch, IfModifiedSince: ifModifiedSince, IfUnmodifiedSince: ifUnmodifiedSince}
		if got, want := v.evaluate(q, modified), evaluateByTheBook(v, q, modified); got != want {
			t.Fatalf("%+v: %v, want %v", q, got, want)
		}
	})
}

// evaluateByTheBook numbers its steps as RFC 9110, 13.2.2 does.
func evaluateByTheBook(v Validator, q *Request, now time.Time) precondition {
	getOrHead := q.Method == "GET" || q.Method == "HEAD"
	// 1. When recipient is the origin server and If-Match is present
	if q.IfMatch != "" {
		if !matchAny(q.IfMatch, v.ETag, ETag.matchStrongly) {
			return failed
		}
	}
	// 2. When If-Match is not present and If-Unmodified-Since is present
	if q.IfMatch == "" && q.IfUnmodifiedSince != "" {
		if date, ok := parseDate(q.IfUnmodifiedSince, now); ok && v.LastModified.After(date) {
			return failed
		}
	}
	// 3. When If-None-Match is present
	if q.IfNoneMatch != "" {
		if matchAny(q.IfNoneMatch, v.ETag, ETag.matchWeakly) {
			if getOrHead {
				return notModified
			}
			return failed
		}
		return proceed // step 4 is for requests without If-None-Match
	}
	// 4. When the method is GET or HEAD and If-Modified-Since is present
	if getOrHead && q.IfModifiedSince != "" {
		if date, ok := parseDate(q.IfModifiedSince, now); ok && !v.LastModified.After(date) {
			return notModified
		}
	}
	return proceed
}

// FuzzRespond holds what is true of every answer: it has a known status, the
// length that it says, the same fields for GET and HEAD, and none of the
// secrets.
func FuzzRespond(f *testing.F) {
	modified := time.Unix(1_700_000_000, 0)
	s := New(fstest.MapFS{
		"index.html":    {Data: []byte("<h1>home</h1>"), ModTime: modified},
		"a/b.txt":       {Data: []byte("0123456789"), ModTime: modified},
		"a/secret/.key": {Data: []byte("SECRET"), ModTime: modified},
		".env":          {Data: []byte("SECRET"), ModTime: modified},
		"x y/c:d.txt":   {Data: []byte("x"), ModTime: modified},
		"x y/readme.md": {Data: []byte("# x\n"), ModTime: modified},
	}, func(s *Server) { s.now = func() time.Time { return modified.Add(time.Hour) } })
	f.Add("GET", "/a/b.txt", "", "bytes=0-3,5-6", "", "", "", "text/html")
	f.Add("GET", "/a", "q=1&\"<>\\", "", "", "", "", "")
	f.Add("GET", "/.env", "", "", "", `"x"`, "", "")
	f.Add("GET", "/x%20y/", "sort=size&order=desc&q=d&limit=1&offset=0", "", "", "", "", "text/html")
	f.Add("GET", "/a/", "format=json&deep=1&q=t", "", "", "", "", "application/json;q=0.5, */*")
	f.Add("GET", "/x%20y/", "archive=zip&name=c:d.txt", "bytes=20-", "", "", "", "")
	f.Add("GET", "/a/", "archive=tar", "bytes=0-,-1", "", "", "", "")
	f.Add("GET", "/a/", "archive=tar.gz", "", "", "*", "", "")
	f.Add("OPTIONS", "*", "", "", "", "", "", "")
	f.Add("GET", "/x%20y", "\r\nSet-Cookie: a", "bytes=-5", "*", "*", "Tue, 14 Nov 2023 22:13:20 GMT", "*/*")
	f.Fuzz(func(t *testing.T, method, path, query, ranges, ifRange, ifNoneMatch, ifModifiedSince, accept string) {
		q := &Request{Method: method, Path: path, Query: query, Range: ranges, IfRange: ifRange,
			IfNoneMatch: ifNoneMatch, IfModifiedSince: ifModifiedSince, Accept: accept}
		status, fields, content := respondTo(t, s, q)
		if bytes.Contains(content, []byte("SECRET")) && !strings.Contains(query, "SECRET") {
			t.Fatalf("%+v: the secret is out", q)
		}
		if method == "GET" && status != http.StatusPartialContent && status != http.StatusRequestedRangeNotSatisfiable {
			q.Method = "HEAD"
			if headStatus, headFields, _ := respondTo(t, s, q); headStatus != status || headFields != fields {
				t.Fatalf("HEAD %d %s, GET %d %s", headStatus, headFields, status, fields)
			}
		}
	})
}

// respondTo returns the answer to q, having checked that it is sound.
func respondTo(t *testing.T, s *Server, q *Request) (status int, fields string, content []byte) {
	var p Response
	s.Respond(t.Context(), q, &p)
	defer p.Close()
	switch p.Status {
	case 200, 204, 206, 301, 304, 400, 404, 405, 412, 416:
	default:
		t.Fatalf("%+v: status %d", q, p.Status)
	}
	var b strings.Builder
	p.Fields(func(name, value string) {
		if strings.ContainsAny(value, "\r\n\x00") {
			t.Fatalf("%+v: field %s: %q", q, name, value)
		}
		b.WriteString(name + ": " + value + "\n")
	})
	if strings.Contains(b.String(), "Location: /") || strings.Contains(b.String(), "Location: http") {
		t.Fatalf("%+v: %s leads elsewhere", q, b.String())
	}
	var w bytes.Buffer
	if p.Content.isNone() {
		return p.Status, b.String(), nil
	}
	n, err := p.WriteContent(&w)
	if want := p.ContentLength(); err != nil || n != int64(w.Len()) || want >= 0 && n != want {
		t.Fatalf("%+v: wrote %d of %d bytes, %v", q, n, want, err)
	}
	return p.Status, b.String(), w.Bytes()
}
