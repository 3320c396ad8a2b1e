package rules

import (
	"fmt"
	"strings"
	"testing"
)

// mixedRules are n lines of all kinds, and a miss for all that none names.
func mixedRules(n int) string {
	var b strings.Builder
	for i := range n {
		switch i % 10 {
		default:
			fmt.Fprintf(&b, "/docs/v%d/guide/page-%d.html /guide/%d\n", i%7, i, i)
		case 6:
			fmt.Fprintf(&b, "/blog/%d/:year/:slug /posts/:year/:slug-%d 302\n", i, i)
		case 7:
			fmt.Fprintf(&b, "/old/section-%d/* /new/:splat?from=%d 301!\n", i, i)
		case 8:
			fmt.Fprintf(&b, "/store id=%d /products/%d\n", i, i)
		case 9:
			fmt.Fprintf(&b, "/shop/:category-%d item=:item /items/:category/:item 200\n", i)
		}
	}
	return b.String()
}

func BenchmarkMatch(b *testing.B) {
	const n = 10_000
	rs, faults := ParseRedirects("r", []byte(mixedRules(n)), nil)
	if faults != nil {
		b.Fatal(faults)
	}
	for _, c := range []struct{ name, path, query string }{
		{"first", "/docs/v0/guide/page-0.html", ""},
		{"last", "/docs/v6/guide/page-9995.html", ""},
		{"placeholders", "/blog/9996/2026/some-story", ""},
		{"splat", "/old/section-9997/a/b/c.html", ""},
		{"query", "/store", "id=9998"},
		{"segment", "/shop/shoes-9999", "item=12"},
		{"encoded", "/blog/9996/2026/some%20story", "utm=x"},
		{"miss", "/assets/css/main.css", ""},
		{"near miss", "/shop/shoes", ""},
	} {
		benchmark(b, c.name, rs, c.path, c.query, !strings.Contains(c.name, "miss"))
	}
}

// BenchmarkMatchHostile has files and requests that ask for much work.
func BenchmarkMatchHostile(b *testing.B) {
	const n = 10_000
	lines := func(line func(i int) string) *Redirects {
		var s strings.Builder
		for i := range n {
			s.WriteString(line(i) + "\n")
		}
		rs, faults := ParseRedirects("r", []byte(s.String()), nil)
		if faults != nil {
			b.Fatal(faults[:1])
		}
		return rs
	}
	placeholders := lines(func(i int) string { return fmt.Sprintf("/:a/:b/x%d /y", i) })
	benchmark(b, "placeholders", placeholders, "/1/2/x", "", false)
	benchmark(b, "1000 segments", placeholders, strings.Repeat("/a", 1000), "", false)
	both := lines(func(i int) string {
		line := ""
		for bit := range 14 {
			if i&(1<<bit) != 0 {
				line += "/a"
			} else {
				line += fmt.Sprintf("/:p%d", bit)
			}
		}
		return line + " /y"
	})
	benchmark(b, "all match", both, strings.Repeat("/a", 14), "", true)
	benchmark(b, "all but one segment", both, strings.Repeat("/a", 15), "", false)
	suffixes := lines(func(i int) string { return fmt.Sprintf("/*.x%d /y", i) })
	benchmark(b, "suffixes", suffixes, "/a/b/c.html", "", false)
	benchmark(b, "suffixes, 8 KiB", suffixes, "/"+strings.Repeat("a", 8<<10), "", false)
	queries := lines(func(i int) string { return fmt.Sprintf("/p a=%d b=:b c=:c /y", i) })
	benchmark(b, "queries", queries, "/p", "c=1&b=2&a=9999", true)
}

func benchmark(b *testing.B, name string, rs *Redirects, path, query string, found bool) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := rs.Match(path, query); ok != found {
				b.Fatalf("%s: %v", path, ok)
			}
		}
	})
}

func BenchmarkFields(b *testing.B) {
	var s strings.Builder
	s.WriteString("/*\n X-Frame-Options: DENY\n X-Robots-Tag: noindex\n/assets/*\n Cache-Control: max-age=60\n/*.js\n X-Robots-Tag: x\n")
	for i := range 10_000 {
		fmt.Fprintf(&s, "/docs/page-%d.html\n X-Page: %d\n", i, i)
	}
	h, faults := ParseHeaders("h", []byte(s.String()))
	if faults != nil {
		b.Fatal(faults)
	}
	for _, path := range []string{"/assets/main.js", "/docs/page-9999.html"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(h.Fields(path)) != 3 {
					b.Fatal(path)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	content := []byte(mixedRules(10_000))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		ParseRedirects("r", content, nil)
	}
}

func BenchmarkImmutable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Immutable("assets/index-DiwrgTda.js")
	}
}
