package live

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

// injected returns the page with "§" where the tag is.
func injected(text, mediaType string) string {
	p := page{head: []byte(text), whole: true, mediaType: mediaType}
	edits, last := p.edits("§")
	var b strings.Builder
	if err := write(&b, p.head, edits); err != nil {
		panic(err)
	}
	return b.String() + last
}

const (
	known   = "text/html; charset=utf-8"
	unknown = "text/html"
)

// TestPlace puts the tag where it disturbs nothing.
func TestPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []string{
		"<!doctype html><html><head><meta charset=utf-8><title>t</title>§<link rel=stylesheet href=a.css></head><body>b",
		"§", "<!doctype html>§", "  <!-- c -->\n§", "§<p>b", "<!doctype html>\n§<p>b", " §b", "\r\n§b", "§&nbsp;b",
		"<html>§<body class=x>b", "<head>§</head>b", "<head></head>", "<HTML><HEAD>§</HEAD>", "§</body>b", "§</html>",
		"<!doctype html><title><p></title>§<script>1</script>", "<title></title>§<p>", "<title/></p></title>§<p>",
		"<base href=x>§<style>a</style>", "§<script><!--<script></script></body>--></script><p>",
		"</p></div>§b", "<?xml version='1.0'?>\n<!DOCTYPE html>\n<html xmlns='x'><head>\n§</head>",
		"<!-- <script> </head> --> §<p>", "<head><noscript></noscript>", "§<frameset>", "§<svg>", "<meta name=a><head>§<script>",
		"\ufeff<!doctype html>§<p>", "\ufeff§b", "§<template><p></template>", "<head>§<div", "§\x00",
		"<!-- no end", // where the tag follows and is of no consequence
	} {
		text := strings.ReplaceAll(c, "§", "")
		want := c
		switch c {
		case "<head></head>":
			want = "<head>§</head>"
		case "<head><noscript></noscript>":
			want = "<head>§<noscript></noscript>"
		case "<!-- no end":
			want = c + "§"
		}
		if got := injected(text, known); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// TestCharset leaves declarations where browsers look for them.
func TestCharset(t *testing.T) {
	t.Parallel()
	long := "<!--" + strings.Repeat("-", declarationSize) + "-->"
	for _, c := range []struct{ mediaType, want string }{
		{unknown, "<head><script>1</script><meta charset=latin1>§<script>2</script>"},
		{unknown, "<head><script>1</script><meta http-equiv=Content-Type content='text/html; CHARSET=latin1'>§</head>"},
		{unknown, "<head><script>1</script><meta http-equiv=refresh content='charset'></head><p>§"},
		{unknown, "<p>b</p>§"},
		{unknown, "<p><meta charset=latin1><script>1</script>§"},
		{unknown, "<head>" + long + "§<script>1</script>"},
		{unknown, "<template></template><meta charset=latin1>§<link>"},
		{unknown, "<template><meta charset=latin1><script></script></template><link>§"},
		{"text/html; charset=windows-1252", "<head>§<script>1</script><meta charset=latin1>"},
		{`text/html;Charset="utf-8"`, "§<script>1</script><meta charset=latin1>"},
		{"text/html; charset=utf-16le", "<head><script>1</script>"},
	} {
		if got := injected(strings.ReplaceAll(c.want, "§", ""), c.mediaType); got != c.want {
			t.Errorf("%s: got %q\nwant %q", c.mediaType, got, c.want)
		}
	}
	latin := "<meta charset=latin1><title>\xe9</title>"
	if got := injected(latin+"<p>\xe9", unknown); got != latin+"§<p>\xe9" {
		t.Errorf("latin1: %q", got)
	}
}

// TestUTF16 has the tag in the charset of the page.
func TestUTF16(t *testing.T) {
	t.Parallel()
	const want = "<!doctype html><title>é§漢</title>§<meta http-equiv=content-security-policy content=\"img-src 漢; script-src 'none'\"><script>1</script>"
	for mark, order := range map[string]func(uint16) []byte{
		littleEndian: func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} },
		bigEndian:    func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} },
	} {
		encode := func(text string) string {
			b := []byte(mark)
			for _, u := range utf16.Encode([]rune(text)) {
				b = append(b, order(u)...)
			}
			return string(b)
		}
		text := strings.Replace(want, "</title>§<meta", "</title><meta", 1)
		p := page{head: []byte(encode(text)), whole: true, mediaType: unknown}
		edits, last := p.edits("T")
		var b bytes.Buffer
		if err := write(&b, p.head, edits); err != nil {
			t.Fatal(err)
		}
		// The policy is not ASCII, and stays.
		place := strings.Replace(text, "<script>", "T<script>", 1)
		if got := b.String() + last; got != encode(place) {
			t.Errorf("%q: got %q, want %q", mark, got, encode(place))
		}
		ascii := `<meta http-equiv="content-security-policy" content="script-src *">`
		p.head = []byte(encode(ascii))
		b.Reset()
		edits, _ = p.edits("T")
		if err := write(&b, p.head, edits); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), encode(`<meta http-equiv="content-security-policy" content=" script-src * `+scriptHash+`">T`); got != want {
			t.Errorf("%q: got %q, want %q", mark, got, want)
		}
	}
}

// TestMeta has policies in the page admit the script, where they count.
func TestMeta(t *testing.T) {
	t.Parallel()
	const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`
	edited := `<meta http-equiv="Content-Security-Policy" content=" script-src 'self' ` + scriptHash + `">`
	for _, c := range []struct{ page, want string }{
		{policy + "<p>", edited + "§<p>"},
		{policy + policy + "<p>", edited + edited + "§<p>"},
		{"<script>" + policy + "</script>" + policy + "<p>", "§<script>" + policy + "</script>" + edited + "<p>"},
		{"<!-- " + policy + "--><p>", "<!-- " + policy + "-->§<p>"},
		{"<p>" + policy, "§<p>" + policy},
		{"<head></head>" + policy + "<body>" + policy, "<head>§</head>" + edited + "<body>" + policy},
		{"<noscript>" + policy + "</noscript>" + policy, "§<noscript>" + policy + "</noscript>" + edited},
		{"<template>" + policy + "<template></template></template>" + policy, "§<template>" + policy + "<template></template></template>" + edited},
		{"<title>" + policy + "</title>" + policy, "<title>" + policy + "</title>" + edited + "§"},
		{`<META CONTENT='script-src &#39;self&#39;&#59; report-uri "a&amp;b"' HTTP-EQUIV=content-security-policy id=x />`,
			`<meta content=" script-src 'self' ` + scriptHash + `; report-uri &quot;a&amp;b&quot;" http-equiv="content-security-policy" id="x">§`},
		{`<meta http-equiv=content-security-policy content="script-src 'unsafe-inline'"><p>`, `<meta http-equiv=content-security-policy content="script-src 'unsafe-inline'">§<p>`},
		{`<meta http-equiv=content-security-policy-report-only content="script-src 'none'"><p>`, `<meta http-equiv=content-security-policy-report-only content="script-src 'none'">§<p>`},
		{`<meta http-equiv=content-security-policy><p>`, `<meta http-equiv=content-security-policy>§<p>`},
	} {
		if got := injected(c.page, known); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.page, got, c.want)
		}
	}
}

// TestLarge places the tag in pages that are larger than what is looked at.
func TestLarge(t *testing.T) {
	t.Parallel()
	l := New(Options{})
	rest := strings.Repeat("<p>text</p>\n", windowSize/4)
	blank := strings.Repeat(" ", windowSize-4)
	for name, c := range map[string]struct{ before, after string }{
		"body":                   {"<!doctype html>", rest},
		"comment":                {"<!doctype html><!--" + rest + "-->" + rest, ""},
		"styles":                 {"<head>", "<style>" + rest + "</style>" + rest},
		"cut off tag":            {blank + "<!doctype html>" + rest, ""},
		"cut off text":           {blank + "    text" + rest, ""},
		"as large as the window": {"<title>", strings.Repeat("x", windowSize-7-len("</title><p>"))},
	} {
		if name == "as large as the window" {
			c.before += c.after + "</title>"
			c.after = "<p>"
		}
		var b strings.Builder
		if err := l.Inject(&b, strings.NewReader(c.before+c.after), known); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.before+l.tag()+c.after {
			t.Errorf("%s: the tag is at %d of %d", name, strings.Index(b.String(), l.tag()), b.Len())
		}
	}
}

// TestInjectFails passes errors on.
func TestInjectFails(t *testing.T) {
	t.Parallel()
	l := New(Options{})
	fault := errors.New("fault")
	large := strings.NewReader(strings.Repeat("x", windowSize))
	for name, r := range map[string]io.Reader{
		"at once": iotest.ErrReader(fault),
		"later":   io.MultiReader(large, iotest.ErrReader(fault)),
	} {
		if err := l.Inject(io.Discard, r, known); err != fault {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range 4 {
		w := &failing{after: n}
		err := l.Inject(w, strings.NewReader("<title></title><p>"), known)
		if (err != nil) != (n < 3) {
			t.Errorf("writer that fails after %d: %v", n, err)
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("fault")
	}
	return len(b), nil
}

// FuzzInject leaves pages as they are, but for the tag and policies.
func FuzzInject(f *testing.F) {
	for _, seed := range []string{
		"<!doctype html><title>t</title><p>", "<script><!--<script></script>", "\xff\xfe<\x00p\x00>\x00", "\xfe\xff\x00<", "<a b", "<meta charset=x><!--",
		"<meta http-equiv=content-security-policy content=\"script-src 'none'\">",
	} {
		f.Add([]byte(seed), known)
		f.Add([]byte(seed), unknown)
	}
	l := New(Options{})
	f.Fuzz(func(t *testing.T, text []byte, mediaType string) {
		var b bytes.Buffer
		if err := l.Inject(&b, iotest.OneByteReader(bytes.NewReader(text)), mediaType); err != nil {
			t.Fatal(err)
		}
		tag := l.tag()
		for _, mark := range []string{"", littleEndian, bigEndian} {
			wide := tag
			if mark != "" {
				wide = widen([]edit{{text: tag}}, mark)[0].text
			}
			if n := bytes.Count(b.Bytes(), []byte(wide)); n > 1 {
				t.Fatalf("%d tags in %q", n, b.String())
			} else if n == 1 {
				b = *bytes.NewBuffer(bytes.Replace(b.Bytes(), []byte(wide), nil, 1))
			}
		}
		if hasPolicy := bytes.Contains(bytes.ToLower(text), []byte("security")) || bytes.ContainsAny(text, "&\x00"); !hasPolicy && !bytes.Equal(b.Bytes(), text) {
			t.Fatalf("%q became %q", text, b.String())
		}
	})
}
