package rules

import (
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// FuzzRedirects holds that whatever a file and a request say, an answer is a
// valid reference that leads to this site, or to a host that the file names.
func FuzzRedirects(f *testing.F) {
	for _, seed := range []string{
		"/home /", "/a /b 302!", "/news/* /blog/:splat", "/n/:y/:m /:m-:y.html 200", "/s id=:id q=1 /b/:id 301", "/* https://x.example/:splat?a=:splat#:splat 200",
		"/i/*.jpg /:splat.png", "/a x=:y /:y:y//:y", "/o* /:splat", "/%2E%2e /b", "/é /%C3%A9?é#é", "/a /b Country=us", "/:a/* /..:splat", "\ufeff# x\r\n/a\t/b", "/:a-:b-:c /:c/:b/:a",
	} {
		for _, path := range []string{"/", "/a", "/a/b/", "//evil.example/", `/\evil.example`, "/o//%2e%2e/%2fx", "/s/%0d%0a", "/1-2-3", "/i/.jpg", "*"} {
			f.Add(seed+"\n/x/:y/* //:y", path, "id=1&q=1")
			f.Add(seed, path, "x=..%2f\r\n")
		}
	}
	f.Fuzz(func(t *testing.T, file, path, query string) {
		rs, faults := ParseRedirects("r", []byte(file), func(string) bool { return true })
		checkFaults(t, file, faults)
		a, ok := rs.Match(path, query)
		if again, okAgain := rs.Match(path, query); ok != okAgain || a != again {
			t.Fatalf("%q %q: %v, then %v", file, path, a, again)
		}
		if !ok {
			return
		}
		reference := a.Location
		if isRewrite := a.Status < 300 || a.Status > 399; isRewrite {
			reference = a.Origin + a.Path
			if a.Path == "" || a.Path[0] != '/' || a.Origin == "" && hasDots([]byte(a.Path)) {
				t.Fatalf("%q %q: leads to %q", file, path, a.Path)
			}
			if a.Query != "" {
				reference += "?" + a.Query
			}
		}
		checkReference(t, reference, file)
		if a.Line < 1 || a.Line > strings.Count(file, "\n")+1 {
			t.Fatalf("%q: line %d", file, a.Line)
		}
	})
}

func checkFaults(t *testing.T, file string, faults []Fault) {
	t.Helper()
	if len(faults) > maxFaults+1 {
		t.Fatalf("%q: %d faults", file, len(faults))
	}
	for _, f := range faults {
		if f.Text == "" || !utf8.ValidString(f.Text) || strings.ContainsFunc(f.Text, isControl) || f.Line > strings.Count(file, "\n")+1 {
			t.Fatalf("%q: fault %q", file, f)
		}
	}
}

// checkReference holds that a reference is valid, and leads nowhere else.
func checkReference(t *testing.T, reference, file string) {
	t.Helper()
	u, err := url.Parse(reference)
	if err != nil {
		t.Fatalf("%q: %q: %v", file, reference, err)
	}
	for i := range len(reference) {
		if c := reference[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			t.Fatalf("%q: %q has a %q", file, reference, c)
		}
		if _, ok := encoded(reference[i:]); reference[i] == '%' && !ok {
			t.Fatalf("%q: %q has a lone %%", file, reference)
		}
	}
	switch {
	case u.Host == "" && (reference[0] != '/' || strings.HasPrefix(reference, "//") || u.Scheme != ""):
		t.Fatalf("%q: %q leads out", file, reference)
	case u.Host != "" && (u.User != nil || !strings.Contains(strings.ToLower(file), "://"+u.Host)):
		t.Fatalf("%q: %q leads to a host that is not named", file, reference)
	case strings.Count(reference, "#") > 1:
		t.Fatalf("%q: %q has two fragments", file, reference)
	}
}

// FuzzHeaders holds that whatever a file and a request say, the fields can be
// sent, and are not those of the server.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		site, "/*\n X: :splat", "/:a/*\n X: :a :splat :b\n ! Y", "/a*b*c\n Set-Cookie: :splat\n Set-Cookie: b", "X: y", "/\n Content-Length: 1", "/a\n:b: c", "/\n X:\x00",
	} {
		for _, path := range []string{"/", "/a", "/a/b", "/abc", "/%0d%0a/\r\n", "//", "/..", "*"} {
			f.Add(seed, path)
		}
	}
	f.Fuzz(func(t *testing.T, file, path string) {
		h, faults := ParseHeaders("h", []byte(file))
		checkFaults(t, file, faults)
		seen := map[string]bool{}
		for _, field := range h.Fields(path) {
			if !httpguts.ValidHeaderFieldName(field.Name) || !httpguts.ValidHeaderFieldValue(field.Value) || textproto.CanonicalMIMEHeaderKey(field.Name) != field.Name {
				t.Fatalf("%q %q: %q: %q", file, path, field.Name, field.Value)
			}
			if field.Detached != (field.Value == "") || len(field.Value) > maxValue {
				t.Fatalf("%q %q: %+v", file, path, field)
			}
			if seen[field.Name] && field.Name != setCookie || field.Name == "Content-Length" || field.Name == "Connection" {
				t.Fatalf("%q %q: %q", file, path, field.Name)
			}
			seen[field.Name] = true
		}
	})
}

func FuzzImmutable(f *testing.F) {
	for _, name := range []string{"assets/index-DiwrgTda.js", "a-ABCDEFGH.css", "x.3f2504e0.js.map", "a-é2345678.png", "_next/static/a.js", "", "/", "."} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if Immutable(name) && (strings.HasSuffix(name, ".html") || !strings.Contains(name, ".")) {
			t.Fatalf("%q is taken for immutable", name)
		}
	})
}
