package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// parse parses a file that has no faults.
func parse(t *testing.T, lines ...string) *Redirects {
	t.Helper()
	rs, faults := ParseRedirects(RedirectsName, []byte(strings.Join(lines, "\n")), func(string) bool { return true })
	for _, f := range faults {
		t.Error(f)
	}
	return rs
}

// show writes what a rule says in a line.
func show(a Redirect, ok bool) string {
	if !ok {
		return "-"
	}
	s := fmt.Sprint(a.Status)
	if a.Forced {
		s += "!"
	}
	s += " " + a.Location + a.Origin + a.Path
	if a.Query != "" {
		s += "?" + a.Query
	}
	return s
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rules, request, want string }{
		{"/home /", "/home", "301 /"},
		{"/home / 302", "/home", "302 /"},
		{"/home / 308!", "/home", "308! /"},
		{"/home /", "/homes", "-"},
		{"/home /", "/", "-"},
		{"/home /", "/Home", "-"},
		{"/home /\r\n/b /c 303\r\n", "/b", "303 /c"},
		{"\ufeff/home / # start\n", "/home", "301 /"},
		{"\t/home\t\t/\t307\t", "/home", "307 /"},
		{"/ /de/ 302", "/", "302 /de/"},

		// The first rule wins, forced or not.
		{"/a /b\n/a* /c", "/a", "301 /b"},
		{"/a* /c\n/a /b 301!", "/a", "301 /c"},
		{"/:x /c\n/a /b", "/a", "301 /c"},
		{"/* /c\n/a/b /b", "/a/b", "301 /c"},

		// A slash at the end makes no difference to a match.
		{"/blog /news", "/blog/", "301 /news"},
		{"/blog/ /news/", "/blog", "301 /news/"},
		{"/blog/* /news/:splat", "/blog", "301 /news/"},
		{"/blog/* /news/:splat", "/blog/", "301 /news/"},
		{"/blog/* /news/:splat", "/blogs", "-"},

		// Splats.
		{"/news/* /blog/:splat", "/news/2004/01/10/my-story", "301 /blog/2004/01/10/my-story"},
		{"/news/* /blog/:splat", "/news/a/", "301 /blog/a/"},
		{"/news/* /blog", "/news/a/b", "301 /blog"},
		{"/news/* https://example.com/:splat", "/news/a%20b", "301 https://example.com/a%20b"},
		{"/i/*.jpg /i/:splat.png", "/i/a/b.jpg", "301 /i/a/b.png"},
		{"/i/*.jpg /i/:splat.png", "/i/a/b.jpgs", "-"},
		{"/i/*.jpg /i/:splat.png", "/i/.jpg", "301 /i/.png"},
		{"/v* /w:splat", "/v1/x", "301 /w1/x"},
		{"/a/*/z /b/:splat", "/a/1/2/z", "301 /b/1/2"},
		{"/a/*/z /b/:splat", "/a/z", "-"},
		{"/:lang/* /:splat?lang=:lang", "/de/a/b", "301 /a/b?lang=de"},

		// Placeholders.
		{"/news/:month/:date/:year/:slug /blog/:year/:month/:date/:slug", "/news/02/12/2004/my-story", "301 /blog/2004/02/12/my-story"},
		{"/news/:month /blog/:month", "/news/", "-"},
		{"/news/:month /blog/:month", "/news/1/2", "-"},
		{"/news/:year/:month /blog-:year-:month.html 200", "/news/1/2", "200 /blog-1-2.html"},
		{"/assets/:name.svg /svg/:name", "/assets/a.svg", "301 /svg/a"},
		{"/assets/:name.svg /svg/:name", "/assets/.svg", "-"},
		{"/:a-:b /:b/:a", "/x-y-z", "301 /z/x-y"},
		{"/:a-:b /:b/:a", "/-y", "-"},
		{"/:a-:b /:b/:a", "/x-", "-"},
		{"/:a:b /:b/:a", "/x%2F", "301 /%2F/x"},
		{"/wiki/* /w/Help:Contents#:splat", "/wiki/a", "301 /w/Help:Contents#a"},
		{"/a%3Ab /c", "/a:b", "301 /c"},
		{"/a%2Ab /c", "/a*b", "301 /c"},

		// Queries.
		{"/store id=:id /blog/:id 301", "/store?id=my-blog-post", "301 /blog/my-blog-post"},
		{"/store id=:id /blog/:id 301", "/store", "-"},
		{"/store id=:id /blog/:id 301", "/store?id=", "-"},
		{"/store id=:id /blog/:id 301", "/store?id=1&x=2", "-"},
		{"/store id=:id /blog/:id 301", "/store?id=1&id=2", "-"},
		{"/store id=:id /blog/:id 301", "/store?ID=1", "-"},
		{"/store id=:id /blog/:id 301", "/store?id=%zz", "-"},
		{"/articles id=:id tag=:tag /posts/:tag/:id", "/articles?tag=x&id=1", "301 /posts/x/1"},
		{"/p id=1 /a\n/p id=2 /b\n/p id=:n /c/:n\n/p /d", "/p?id=2", "301 /b"},
		{"/p id=1 /a\n/p id=2 /b\n/p id=:n /c/:n\n/p /d", "/p?id=3", "301 /c/3"},
		{"/p id=:n /c/:n\n/p id=2 /b", "/p?id=2", "301 /c/2"},
		{"/p id=1 /a\n/p /d", "/p?x=y", "301 /d?x=y"},
		{"/p e= /empty", "/p?e", "301 /empty"},
		{"/p q=a+b /x", "/p?q=a%20b", "301 /x"},
		{"/path/* p=:v /o/:v/:splat", "/path/a/b?p=1", "301 /o/1/a/b"},
		{"/a a=:a b=:b c=:c d=:d e=:e f=:f g=:g h=:h /:a:b:c:d:e:f:g:h", "/a?h=8&g=7&f=6&e=5&d=4&c=3&b=2&a=1", "301 /12345678"},
		{"/a a=:a /b", "/a?" + strings.Repeat("x&", 99999) + "a=1", "-"},

		// The query of a request is passed on, unless the target has its own, or the rule asked for it.
		{"/a /b", "/a?x=1&y=2", "301 /b?x=1&y=2"},
		{"/a /b?z=3", "/a?x=1", "301 /b?z=3"},
		{"/a /b?", "/a?x=1", "301 /b"},
		{"/a /b#f", "/a?x=1", "301 /b?x=1#f"},
		{"/a https://example.com", "/a?x=1", "301 https://example.com?x=1"},
		{"/a /b 200", "/a?x=1", "200 /b?x=1"},
		{"/a/:b/* /c?b=:b&s=:splat 200", "/a/x%26y/1+1", "200 /c?b=x%26y&s=1%2B1"},
		{"/a /b", "/a?x=%3C\"\r\nSet-Cookie:y", "301 /b?x=%3C%22%0D%0ASet-Cookie:y"},

		// Rewrites.
		{"/* /index.html 200", "/any/where", "200 /index.html"},
		{"/en/* /en/404.html 404", "/en/x", "404 /en/404.html"},
		{"/gone /gone.html 410", "/gone", "410 /gone.html"},
		{"/api/* https://API.example.com:8080/v1/:splat 200!", "/api/x/?q=1", "200! https://api.example.com:8080/v1/x/?q=1"},
		{"/api https://api.example.com 200", "/api", "200 https://api.example.com/"},
		{"/a /b 200\n/b /c 200", "/a", "200 /b"}, // one step only
		{"/a /b 200\n/b /a 200", "/a", "200 /b"},

		// What would lead to itself is passed over.
		{"/* /index.html 200", "/index.html", "-"},
		{"/* /maintenance.html 302!", "/maintenance.html", "-"},
		{"/:lang/* /en/:splat 302\n/* /404.html 404", "/en/x", "404 /404.html"},
		{"/:lang/* /en/:splat 302\n/* /404.html 404", "/de/x", "302 /en/x"},
		{"/a id=:id /a?id=:id", "/a?id=1", "-"},
		{"/a id=:id /a?page=:id", "/a?id=1", "301 /a?page=1"},
		{"/a id=:id /a?id=", "/a?id=1", "301 /a?id="},
		{"/:a /x\n/* /y", "/x", "301 /y"},

		// Encoding, and names that are not plain.
		{"/a%20b /c", "/a%20b", "301 /c"},
		{"/%61 /c", "/a", "301 /c"},
		{"/a /c", "/%61", "301 /c"},
		{"/authors/c%C3%A9line /x", "/authors/céline", "301 /x"},
		{"/authors/céline /x/é", "/authors/c%c3%a9line", "301 /x/%C3%A9"},
		{"/a/b /c", "/a%2Fb", "-"},
		{"/a%2fb /c", "/a%2Fb", "301 /c"},
		{"/:x /y/:x", "/a%2fb", "301 /y/a%2Fb"},
		{"/a%252Fb /c", "/a%2Fb", "-"},
		{"/*2Fb /y", "/a%2Fb", "-"},
		{"/*Fb /y", "/a%2Fb", "-"},
		{"/*b /y/:splat", "/a%2Fb", "301 /y/a%2F"},
		{"/:x.2F.:y /:x", "/a%2F.2F.b", "301 /a%2F"},
		{"/a//b /c", "/a/b", "301 /c"},
		{"/a/b /c//d", "//a///b", "301 /c/d"},

		// Nothing leads out.
		{"/o/* /:splat", "/o//evil.example/", "301 /evil.example/"},
		{"/o/* /:splat", "/o/%2F%2Fevil.example", "301 /%2F%2Fevil.example"},
		{"/o/* /:splat", `/o/\evil.example`, "301 /%5Cevil.example"},
		{"/o/* /:splat", "/o/%5cevil.example", "301 /%5Cevil.example"},
		{"/o* /:splat", "/o//evil.example", "301 /evil.example"},
		{"/o/* /:splat", "/o/%0d%0aSet-Cookie:%20x", "301 /%0D%0ASet-Cookie:%20x"},
		{"/o/* /:splat", "/o/\r\nx\x00\x7f\xff", "301 /%0D%0Ax%00%7F%FF"},
		{"/o/* /p/:splat", "/o/../x", "-"},
		{"/o/* /p/:splat", "/o/%2e%2e/%2E%2e/etc", "-"},
		{"/o/* /p/:splat", "/o/a/%2e%2e/b/./c", "301 /p/b/c"},
		{"/o/* /p/:splat", "/../o/x", "-"},
		{"/o/* /p/:splat", "/o/%zz", "-"},
		{"/o u=:u /p/:u 200", "/o?u=../../etc/passwd", "200 /p/..%2F..%2Fetc%2Fpasswd"},
		{"/o u=:u /p/:u 200", "/o?u=..", "-"},
		{"/o u=:u /p/.:u 200", "/o?u=.", "-"},
		{"/o/* /p/..:splat", "/o/", "-"},
		{"/o u=:u https://example.com/v1/:u 200", "/o?u=..", "-"},
		{"/o u=:u /:u", "/o?u=//evil.example", "301 /%2F%2Fevil.example"},
		{"/o u=:u /:u", "/o?u=%5C%5Cevil.example", "301 /%5C%5Cevil.example"},
		{"/o u=:u /:u:u", "/o?u=%2F", "301 /%2F%2F"},
		{"/o /p", "", "-"},
		{"/o /p", "*", "-"},
		{"/o /p", "o", "-"},
		{"/o /p", "http://x/o", "-"},
	} {
		path, query, _ := strings.Cut(c.request, "?")
		if got := show(parse(t, c.rules).Match(path, query)); got != c.want {
			t.Errorf("%q: %q is %s, want %s", c.rules, c.request, got, c.want)
		}
	}
}

func TestMatchLine(t *testing.T) {
	t.Parallel()
	rs := parse(t, "# comment", "", "/a /b", "  ", "/c/* /d 200!")
	if a, _ := rs.Match("/a", ""); a.Line != 3 {
		t.Errorf("/a is of line %d, want 3", a.Line)
	}
	if a, _ := rs.Match("/c", ""); a.Line != 5 {
		t.Errorf("/c is of line %d, want 5", a.Line)
	}
	if !rs.HasForced() || parse(t, "/a /b").HasForced() {
		t.Error("HasForced does not tell forced rules")
	}
}

func TestNoRedirects(t *testing.T) {
	t.Parallel()
	for _, rs := range []*Redirects{nil, parse(t), parse(t, "# nothing")} {
		if a, ok := rs.Match("/a", ""); ok || rs.HasForced() {
			t.Errorf("no rules say %v", a)
		}
	}
}

func TestRedirectFaults(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"/a":                                  `"/a" has no target`,
		"/a id=:id":                           `"/a" has no target`,
		"/a 301":                              `"/a" has no target`,
		"/a/* 200! Role=admin":                `the condition "Role=" is not supported`,
		"/a # /b":                             `"/a" has no target`,
		"/a b":                                `"b" does not begin with a slash, http:// or https://`,
		"/a ftp://x/":                         `"ftp://x/" does not begin with a slash, http:// or https://`,
		"a /b":                                `"a" does not begin with a slash`,
		"X-Frame-Options: /b":                 `"X-Frame-Options: /b" looks like a field: those belong into _headers`,
		"/a /b 305":                           "the status 305 is not supported: use 200, 301, 302, 303, 307, 308, 404 or 410",
		"/a /b -1":                            "the status -1 is not supported: use 200, 301, 302, 303, 307, 308, 404 or 410",
		"/a /b 301!!":                         `"301!!" is no status`,
		"/a /b moved":                         `"moved" is no status`,
		"/a /b 301 now":                       `"now" is not understood`,
		"/a /b 302 Country=us,ca Language=en": `the condition "Country=" is not supported`,
		"/a /b Language=en":                   `the condition "Language=" is not supported`,
		"/a /b 302 Cookie=nf_ab":              `the condition "Cookie=" is not supported`,
		"/a https://x.example/ 200 Sign=KEY":  `the condition "Sign=" is not supported`,
		"https://old.example/* /:splat":       `rules for one host ("https://old.example/*") are not supported`,
		"HTTP://old.example/* /:splat":        `rules for one host ("HTTP://old.example/*") are not supported`,
		"/a /a":                               "the rule leads to itself (a slash at the end makes no difference)",
		"/a /a/ 302":                          "the rule leads to itself (a slash at the end makes no difference)",
		"/ /":                                 "the rule leads to itself (a slash at the end makes no difference)",
		"/a /a?x=1":                           "the rule leads to itself (a slash at the end makes no difference)",
		"/* /:splat":                          "the rule leads to itself (a slash at the end makes no difference)",
		"/a/:b/:c.html/* /a/:b/:c.html/:splat 200": "the rule leads to itself (a slash at the end makes no difference)",
		"/a id=:id /a 200":                         "the rule leads to itself (a slash at the end makes no difference)",
		"/a/*/b/* /c":                              `"/a/*/b/*" has more than one "*"`,
		"/a** /c":                                  `"/a**" has more than one "*"`,
		"/a/*/:b /c":                               `"/a/*/:b" has a placeholder in the segment of a "*", or behind it, which is not supported`,
		"/a/*-:b /c":                               `"/a/*-:b" has a placeholder in the segment of a "*", or behind it, which is not supported`,
		"/:a/:a /c":                                `"/:a/:a" has two placeholders of one name`,
		"/:splat/* /c":                             `"/:splat/*" has two placeholders of one name`,
		"/:a b=:a /c":                              `"/:a b=:a /c" has two placeholders of one name`,
		"/a?x=1 /b":                                `"/a?x=1" has a '?', and only a path is matched`,
		"/a#x /b":                                  `"/a#x" has a '#', and only a path is matched`,
		"/a/../b /c":                               `"/a/../b" has a dot segment, which no request has`,
		"/a/%2e /c":                                `"/a/%2e" has a dot segment, which no request has`,
		"/a% /c":                                   `"/a%" has a "%" that encodes nothing`,
		"/a /c%4":                                  `"/c%4" has a "%" that encodes nothing`,
		"/a /c?%":                                  `"/c?%" has a "%" that encodes nothing`,
		"/a x=%g0 /c":                              `"x=%g0" has a "%" that encodes nothing`,
		"/a x /b":                                  `"x" asks for no value: write name=:placeholder or name=value`,
		"/a =:x /b":                                `"=:x" asks for no value: write name=:placeholder or name=value`,
		"/a x=1 x=2 /b":                            `the parameter "x" is asked for twice`,
		"/a a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 /b": "more than 8 parameters are not supported",
		"/a /../b":                      `"/../b" has dot segments: write where it leads`,
		"/a /b/%2E%2e/c":                `"/b/%2E%2e/c" has dot segments: write where it leads`,
		"/a https://x.example/../b":     `"https://x.example/../b" has dot segments: write where it leads`,
		"/a //evil.example/":            `"//evil.example/" is neither a path nor a URL: write https: before another host`,
		`/a /\evil.example/`:            `"/\\evil.example/" is neither a path nor a URL: write https: before another host`,
		"/a /:b":                        `"/:b" has ":b", which the path of the rule does not have`,
		"/a /:splat":                    `"/:splat" has ":splat", which the path of the rule does not have`,
		"/a/* /b/*":                     `"/b/*" has a "*": write :splat for what it stands for`,
		"/:h https://:h.example/":       `"https://:h.example" is not the URL of a host, in which no placeholder and no user can stand`,
		"/* https://x.example:splat":    `"https://x.example:splat" is not the URL of a host, in which no placeholder and no user can stand`,
		"/a https://me@x.example/":      `"https://me@x.example" is not the URL of a host, in which no placeholder and no user can stand`,
		"/a https://":                   `"https://" is not the URL of a host, in which no placeholder and no user can stand`,
		"/a https://münchen.example/":   `"https://münchen.example" has a 'Ã' in its host: write it in ASCII, with xn--`,
		"/a /b#c 200":                   `"/b#c" has a fragment, which a rewrite cannot have`,
		"/a https://x.example/ 404":     `a page of another host ("https://x.example") cannot be sent with the status 404`,
		"/a https://x.example/b 200":    `a rewrite to another host ("https://x.example") is not allowed`,
		"/a /.netlify/functions/x 200":  `"/.netlify/functions/x" leads to what only Netlify has`,
		"/\xff /b":                      "the line is not UTF-8",
		"/a\x00 /b":                     "the line has a control character",
		"# a\r/a /b":                    "the line has a control character",
		"/" + strings.Repeat("a", 9000): "the line is longer than 8192 bytes",
		manyPlaceholders(17) + " /":     `"` + manyPlaceholders(17) + `" has more than 16 placeholders`,
	} {
		rs, faults := ParseRedirects(RedirectsName, []byte("/x /y\n"+line+"\n/z /y"), nil)
		if len(faults) != 1 || faults[0] != (Fault{RedirectsName, 2, want}) {
			t.Errorf("%q: %v\nwant %s", line, faults, want)
		}
		for _, path := range []string{"/x", "/z"} {
			if _, ok := rs.Match(path, ""); !ok {
				t.Errorf("%q: the rule for %s is not there", line, path)
			}
		}
		if a, ok := rs.Match("/a", ""); ok {
			t.Errorf("%q: the rule says %v", line, a)
		}
	}
}

func TestNeverUsed(t *testing.T) {
	t.Parallel()
	_, faults := ParseRedirects("r", []byte("/a/:b /c\n/a/:x/ /d\n/q x=1 /a\n/q x=1 /b\n/q x=:x /b\n/q x=:z /c\n/q /d\n/q x=2 /b\n"), nil)
	var got []string
	for _, f := range faults {
		got = append(got, f.String())
	}
	want := []string{
		"r:2: the rule is never used: that of line 1 comes first",
		"r:4: the rule is never used: that of line 3 comes first",
		"r:6: the rule is never used: that of line 5 comes first",
		"r:8: the rule is never used: that of line 7 comes first",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	var asked []string
	rs, faults := ParseRedirects("r", []byte("/a/* HTTPS://Api.Example/:splat 200\n/b http://other.example:81/ 200\n/c https://x.example/"), func(origin string) bool {
		asked = append(asked, origin)
		return origin == "https://api.example"
	})
	if !slices.Equal(asked, []string{"https://api.example", "http://other.example:81"}) {
		t.Errorf("asked for %q", asked)
	}
	if len(faults) != 1 || faults[0].Line != 2 {
		t.Errorf("faults: %v", faults)
	}
	if a, _ := rs.Match("/a/x", ""); a.Origin != "https://api.example" || a.Path != "/x" {
		t.Errorf("/a/x is %v", a)
	}
}

func TestFileFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		content string
		want    string
		count   int
	}{
		{"too large", strings.Repeat("# comment\n", MaxSize/10+1), "r: is larger than 4 MiB, so it is ignored", 1},
		{"UTF-16", "\xff\xfe/\x00a\x00", "r: is in UTF-16, so it is ignored: save it as UTF-8", 1},
		{"too many faults", strings.Repeat("x\n", 1000), "r: 900 more lines have faults", 101},
		{"too many rules", manyRules(maxRules + 2), "r:100001: there are more than 100000 rules: the rest of the file is ignored", 1},
		{"too many segments", deepRules(501), "r:500: the paths of the file are too many and too long: the rule is ignored", 2},
	} {
		rs, faults := ParseRedirects("r", []byte(c.content), nil)
		if len(faults) != c.count {
			t.Errorf("%s: %d faults, want %d", c.name, len(faults), c.count)
		}
		if !slices.ContainsFunc(faults, func(f Fault) bool { return f.String() == c.want }) {
			t.Errorf("%s: %.10v lack %s", c.name, faults, c.want)
		}
		if rs == nil {
			t.Errorf("%s: no rules", c.name)
		}
	}
}

func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/r/%d /x\n", i)
	}
	return b.String()
}

func deepRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/%d%s /x\n", i, strings.Repeat("/a", 1000))
	}
	return b.String()
}

func manyPlaceholders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/:p%d", i)
	}
	return b.String()
}
