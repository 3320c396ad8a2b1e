package webdav

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// FuzzContent sends any content to the methods that read XML. What they answer
// with is XML that a strict reader takes, and no fault of the server.
func FuzzContent(f *testing.F) {
	const (
		propfind = `<?xml version="1.0"?><D:propfind xmlns:D="DAV:" xmlns:x="urn:x"><D:prop><D:getetag/><x:y a="1"/></D:prop></D:propfind>`
		update   = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><z xmlns="urn:z" xml:lang="de">a<b>&amp;</b></z></D:prop></D:set><D:remove><D:prop><q/></D:prop></D:remove></D:propertyupdate>`
	)
	for method := range uint8(3) {
		for _, content := range []string{propfind, update, lockInfo, "", "<", `<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><x xmlns="u"/></D:include></D:propfind>`, `<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>`} {
			f.Add(method, "1", "Second-60", content)
			f.Add(method, "0", "Infinite, Second-4100000000", content)
		}
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a&b.txt"), []byte("content"), 0o600); err != nil {
		f.Fatal(err)
	}
	methods := []string{"PROPFIND", "PROPPATCH", "LOCK"}
	f.Fuzz(func(t *testing.T, method uint8, depth, timeout, content string) {
		h, _ := newHandler(t, dir, settings{overwrite: true})
		for _, name := range []string{methods[method%3], "PROPFIND"} { // also what is kept of it is XML
			r := httptest.NewRequest(name, "http://example.com/a&b.txt", strings.NewReader(content))
			if name != methods[method%3] {
				r = httptest.NewRequest(name, "http://example.com/", nil)
				depth = "1"
			}
			r.Header.Set("Depth", depth)
			r.Header.Set("Timeout", timeout)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code >= 500 && w.Code != http.StatusInsufficientStorage {
				t.Fatalf("%s: %d %s", name, w.Code, w.Body)
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "application/xml") {
				checkXML(t, w.Body.String())
			}
		}
	})
}

// checkXML reads a document, and the names in it, whose prefixes have to be
// declared.
func checkXML(t *testing.T, text string) {
	t.Helper()
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		// A prefix that nobody has declared is taken for a namespace.
		if start, ok := token.(xml.StartElement); ok && (start.Name.Space == "D" || start.Name.Space == "n") {
			t.Fatalf("a prefix of %v is not declared: %s", start.Name, text)
		}
	}
}

// FuzzCondition holds that an If field is read as it is written: what is read of
// it, written again, is the same.
func FuzzCondition(f *testing.F) {
	for _, field := range []string{`(<urn:a>)`, `</x> (<a> ["b"]) (Not <c> [W/"d"])`, `(not["a"])(Not  <b>)`, `<a>(<b>)<c>(<d>)`, `(<a>`, `()`, `<>(<a>)`, `( [ "a"] )`, "\t( <a>\t)", strings.Repeat("(<a>)", maxConditions+1)} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		alternatives, err := parseIf(field)
		if err != nil {
			return
		}
		count := 0
		var b strings.Builder
		last := ""
		for _, a := range alternatives {
			if a.resource != last {
				b.WriteString("<" + a.resource + ">")
			}
			last = a.resource
			b.WriteString("(")
			for _, c := range a.conditions {
				if c.not {
					b.WriteString("Not ")
				}
				if (c.token == "") == (c.tag == "") || strings.Contains(c.token, ">") || strings.Contains(c.tag, "]") {
					t.Fatalf("%q has %+v", field, c)
				}
				if count++; c.token != "" {
					b.WriteString("<" + c.token + ">")
				} else {
					b.WriteString("[" + c.tag + "]")
				}
			}
			b.WriteString(")")
		}
		again, err := parseIf(b.String())
		if err != nil || len(again) != len(alternatives) || count > maxConditions {
			t.Fatalf("%q is %+v, and by %q %+v: %v", field, alternatives, b.String(), again, err)
		}
		for i, a := range alternatives {
			if again[i].resource != a.resource || len(again[i].conditions) != len(a.conditions) {
				t.Fatalf("%q is %+v, and by %q %+v", field, alternatives, b.String(), again)
			}
			for k, c := range a.conditions {
				if again[i].conditions[k] != c {
					t.Fatalf("%q is %+v, and by %q %+v", field, alternatives, b.String(), again)
				}
			}
		}
	})
}

// authority finds what a URL is at, without a user (RFC 3986, appendix B).
var authority = regexp.MustCompile(`(?s)^(?:[^:/?#]+:)?//(?:[^/?#]*@)?([^/?#]+)`)

// FuzzURL holds that a URL is one of this server only by its own host, that what
// it names lies below the root, and that its own URL names the same.
func FuzzURL(f *testing.F) {
	for _, value := range []string{"/a", "http://example.com/a%20b/", "//evil.example/a", "http://evil.example/", "/a/../../b", "/%2e%2e/a", "/a%2fb", "a", "/a?b", "/a#b", "http://EXAMPLE.com", "/dav/x", "http://u@example.com/a", "mailto:/x", "/%00"} {
		f.Add(value, "")
		f.Add(value, "/dav")
	}
	f.Fuzz(func(t *testing.T, value, prefix string) {
		if prefix != "" && prefix != "/dav" {
			return
		}
		h := &Handler{config: Config{Prefix: prefix}}
		r := httptest.NewRequest("MOVE", "http://example.com/x", nil)
		got, err := h.parseURL(r, value)
		if err != nil {
			return
		}
		for segment := range strings.SplitSeq(got.name, "/") {
			if got.name != "." && (segment == "" || segment == "." || segment == "..") || strings.ContainsRune(segment, 0) {
				t.Fatalf("%q names %q", value, got.name)
			}
		}
		if m := authority.FindStringSubmatch(value); m != nil && !strings.EqualFold(m[1], r.Host) {
			t.Fatalf("%q is at %q, and names %q", value, m[1], got.name)
		}
		href := h.href(got.name, got.slash)
		again, err := h.parseURL(r, href)
		if err != nil || again.name != got.name || again.slash != got.slash {
			t.Fatalf("%q is %+v, and by %q %+v: %v", value, got, href, again, err)
		}
	})
}

// FuzzTimeout holds that a lock lasts for some time, and not for long.
func FuzzTimeout(f *testing.F) {
	for _, value := range []string{"", "Second-60", "Infinite", "Infinite, Second-10", "Second-0, Second-5", "Second-99999999999", "Second--1", "second-3"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := &http.Request{Header: http.Header{"Timeout": {value}}}
		if got := parseTimeout(r); got < time.Second || got > maxTimeout {
			t.Fatalf("%q is %v", value, got)
		}
	})
}
