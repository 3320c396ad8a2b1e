package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// showFields writes fields in a line.
func showFields(fields []Field) string {
	var words []string
	for _, f := range fields {
		if f.Detached {
			words = append(words, fmt.Sprintf("!%s@%d", f.Name, f.Line))
		} else {
			words = append(words, fmt.Sprintf("%s=%s@%d", f.Name, f.Value, f.Line))
		}
	}
	return strings.Join(words, "|")
}

const site = `# This is a comment
/secure/page
  X-Frame-Options: DENY
  x-content-type-options: nosniff

/static/*
  Access-Control-Allow-Origin: *
  X-Robots-Tag: nosnippet
/*.jpg
  ! Access-Control-Allow-Origin
  Cache-Control: max-age=60
  Cache-Control: public
/movies/:title
  X-Movie: You watch ":title", :titles: https://x.example:8080/:title
/docs/*/v:version.html
/a/*/b/*/c
  X-Splat: :splat
/*
  X-Robots-Tag:noindex
/c
  Set-Cookie: a=1, b
  Set-Cookie: c=2
`

func TestFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rules, path, want string }{
		{site, "/secure/page", "X-Frame-Options=DENY@3|X-Content-Type-Options=nosniff@4|X-Robots-Tag=noindex@19"},
		{site, "/secure/page/", "X-Frame-Options=DENY@3|X-Content-Type-Options=nosniff@4|X-Robots-Tag=noindex@19"},
		{site, "/secure/./p%61ge", "X-Frame-Options=DENY@3|X-Content-Type-Options=nosniff@4|X-Robots-Tag=noindex@19"},
		{site, "/Secure/page", "X-Robots-Tag=noindex@19"},
		{site, "/static/a.css", "Access-Control-Allow-Origin=*@7|X-Robots-Tag=nosnippet, noindex@19"},
		{site, "/static/b/a.jpg", "!Access-Control-Allow-Origin@10|X-Robots-Tag=nosnippet, noindex@19|Cache-Control=max-age=60, public@12"},
		{site, "/a.jpg", "!Access-Control-Allow-Origin@10|Cache-Control=max-age=60, public@12|X-Robots-Tag=noindex@19"},
		{site, "/movies/a%22%0d%0ab", `X-Movie=You watch "a%22%0D%0Ab", :titles: https://x.example:8080/a%22%0D%0Ab@14|X-Robots-Tag=noindex@19`},
		{site, "/a/1/2/b/3/c", "X-Splat=1/2@17|X-Robots-Tag=noindex@19"},
		{site, "/c", "X-Robots-Tag=noindex@19|Set-Cookie=a=1, b@21|Set-Cookie=c=2@22"},
		{site, "/", "X-Robots-Tag=noindex@19"},
		{site, "/..", ""},
		{site, "*", ""},
		{"/a\n A: 1\n/b\n B: 1", "/c", ""},
		{"/a\n A: 1\n/a/\n A: 2\n B: 3", "/a", "A=1, 2@4|B=3@5"},
		{"/a\n A: 1\n/*\n ! A\n/a/\n A: 2", "/a", "A=2@6"},
		{"/a\n A: 1\n ! A", "/a", "A=1@2"}, // a block detaches before it sets
		{"/a\n ! A\n/*\n ! a", "/a", "!A@4"},
		{"/a\n Set-Cookie: a=1\n/*\n ! Set-Cookie", "/a", "!Set-Cookie@4"},
		{"/a\n ! Set-Cookie\n/*\n Set-Cookie: a=1\n Set-Cookie: b=2", "/a", "Set-Cookie=a=1@4|Set-Cookie=b=2@5"},
		{"/a*\n A: :splat", "/a", ""},
		{"/a*\n A: x :splat", "/a", "A=x@2"},
		{"/a*\n A: :splat", "/ab/", "A=b/@2"},
		{"/*\n A: :splat:splat", "/" + strings.Repeat("a", 5000), ""},
		{"/*\n A: :splat\n/*\n A: :splat\n A: b", "/" + strings.Repeat("a", 5000), "A=" + strings.Repeat("a", 5000) + ", b@5"},
		{"/*.*2Fb\n A: 1\n/*b\n A: 2", "/a.a%2Fb", "A=2@4"},
		{"/a\nX: ü\tä", "/a", "X=ü\tä@2"},
	} {
		h, _ := ParseHeaders(HeadersName, []byte(c.rules))
		if got := showFields(h.Fields(c.path)); got != c.want {
			t.Errorf("%.40q: %.40q has\n%s, want\n%s", c.rules, c.path, got, c.want)
		}
	}
}

func TestNoHeaders(t *testing.T) {
	t.Parallel()
	var none *Headers
	empty, faults := ParseHeaders(HeadersName, nil)
	if none.Fields("/") != nil || empty.Fields("/") != nil || faults != nil {
		t.Error("no rules have fields")
	}
}

func TestHeaderFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rules, want string }{
		{"X: y", `h:1: "X: y" has no path above it that begins with a slash`},
		{"! X", `h:1: "! X" has no path above it that begins with a slash`},
		{"/a\n/b\n X: y", "h:1: the path has no fields below it"},
		{"/b\n X: y\n/a", "h:3: the path has no fields below it"},
		{"/b\n X: y\n X", `h:3: "X" is no field: write "Name: value", or "! Name" to detach one`},
		{"/b\n X: y\n !X", `h:3: "!X" is no field: write "Name: value", or "! Name" to detach one`},
		{"/b\n X: y\n Y:", `h:3: "Y:" has no value`},
		{"/b\n X: y\n : z", `h:3: "" is no name of a field`},
		{"/b\n X: y\n A b: z", `h:3: "A b" is no name of a field`},
		{"/b\n X: y\n ! A b", `h:3: "A b" is no name of a field`},
		{"/b\n X: y\n A: b\x01", "h:3: the line has a control character"},
		{"/b\n X: y\n A: b\rC: d", "h:3: the line has a control character"},
		{"/b\n X: y\n content-length: 1", "h:3: the field Content-Length is the server's own"},
		{"/b\n X: y\n ! ETag", "h:3: the field Etag is the server's own"},
		{"/b\n X: y\n Basic-Auth: me:secret", "h:3: Basic-Auth, which asks for a password at Netlify, is not supported: nobody is asked for one"},
		{"/b\n X: y\n/a b\n Y: z", `h:3: "/a b" has a space in it: write %20`},
		{"/b\n X: y\nhttps://x.example/*\n Y: z\n Z:", `h:3: rules for one host ("https://x.example/*") are not supported`},
		{"/b\n X: y\n/:a/:a\n Y: z", `h:3: "/:a/:a" has two placeholders of one name`},
		{"/b\n X: y\n/*/:a\n Y: z", `h:3: "/*/:a" has a placeholder in the segment of a "*", or behind it, which is not supported`},
		{"/b\n X: y\n/a\n Date: z", "h:4: the field Date is the server's own"},
	} {
		h, faults := ParseHeaders("h", []byte(c.rules))
		if len(faults) != 1 || faults[0].String() != c.want {
			t.Errorf("%q: %v, want %s", c.rules, faults, c.want)
		}
		if fields := h.Fields("/b"); strings.HasPrefix(c.rules, "/b") && !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == "X" && f.Value == "y" }) {
			t.Errorf("%q: the fault took %v", c.rules, fields)
		}
		if fields := h.Fields("/a"); fields != nil {
			t.Errorf("%q: /a has %v", c.rules, fields)
		}
	}
}

func TestServersOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Content-Length", "transfer-encoding", "CONNECTION", "Date", "Content-Range", "Content-Encoding", "Location", "Trailer", "Upgrade",
		"Keep-Alive", "Accept-Ranges", "Age", "Allow", "Alt-Svc", "Server", "TE", "Proxy-Connection", "ETag", "Last-Modified",
	} {
		for _, line := range []string{name + ": x", "! " + name} {
			if h, faults := ParseHeaders("h", []byte("/\n"+line)); len(faults) != 1 || h.Fields("/") != nil {
				t.Errorf("%s: %v", line, faults)
			}
		}
	}
}

func TestManyHeaders(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("/*\n")
	for i := range maxNames + 1 {
		fmt.Fprintf(&b, "X-%d: %d\n", i, i)
	}
	h, faults := ParseHeaders("h", []byte(b.String()))
	if len(faults) != 1 || faults[0].Text != "the file names more than 256 fields" || len(h.Fields("/")) != maxNames {
		t.Errorf("%v, %d fields", faults, len(h.Fields("/")))
	}
	b.Reset()
	for i := range maxRules + 1 {
		fmt.Fprintf(&b, "/%d\nX:y\n", i)
	}
	h, faults = ParseHeaders("h", []byte(b.String()))
	if len(faults) != 1 || h.Fields("/99999") == nil || h.Fields("/100000") != nil {
		t.Errorf("%v", faults)
	}
}
