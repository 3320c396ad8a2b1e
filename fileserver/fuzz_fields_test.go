package fileserver

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzAccept compares with a reading of RFC 9110, 12.5.1 that asks for each
// media range what the whole field says of it, the most specific first.
func FuzzAccept(f *testing.F) {
	for _, accept := range []string{
		"", "*/*", "text/html", "text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "TEXT/HTML;Q=0", "text/html;level=1;q=0.4", "application/json, text/html;q=0.9",
		"text/html;q=2", "text/html;q=", ",,text/html ; q=0.001,", "text/*, text/html;q=0", "image/png;q=1.0000", "text/html;q=NaN", "text/html;q=0.1, text/html;q=0.9",
	} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		for _, form := range forms {
			got := preferenceOf(accept, form.mediaType)
			if !(got.weight >= 0 && got.weight <= 1) || got.match == matchNone && got.weight != 0 {
				t.Fatalf("%q: %+v of %s", accept, got, form.mediaType)
			}
			want, exact := preferenceByTheBook(accept, form.mediaType)
			if got.match != want.match || exact && got.weight != want.weight {
				t.Fatalf("%q: %+v of %s, want %+v", accept, got, form.mediaType, want)
			}
			if got.exceeds(got) {
				t.Fatalf("%q: %+v exceeds itself", accept, got)
			}
		}
		if accept != "" && namesHTML(accept) && !AcceptsHTML(accept) {
			t.Fatalf("%q names HTML, and does not take it", accept)
		}
	})
}

// qvalue is a weight as RFC 9110, 12.4.2 has it.
var qvalue = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// preferenceByTheBook is exact unless the weight is none that the grammar knows.
func preferenceByTheBook(accept, mediaType string) (p preference, exact bool) {
	kind, _, _ := strings.Cut(mediaType, "/")
	for i, name := range []string{mediaType, kind + "/*", "*/*"} {
		for member := range strings.SplitSeq(accept, ",") {
			parts := strings.Split(member, ";")
			if !strings.EqualFold(strings.Trim(parts[0], " \t"), name) {
				continue
			}
			p = preference{1, matchExact - match(i)}
			for _, parameter := range parts[1:] {
				if parameter, ok := strings.CutPrefix(strings.ToLower(strings.Trim(parameter, " \t")), "q="); ok {
					p.weight, _ = strconv.ParseFloat(parameter, 64)
					return p, qvalue.MatchString(parameter)
				}
			}
			return p, !strings.Contains(strings.ToLower(member), "q") // "q" without a value
		}
	}
	return preference{}, true
}

// FuzzDate holds that a date is one to net/http as well, the same, and comes out
// as it went in.
func FuzzDate(f *testing.F) {
	for _, date := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Thu, 31 Dec 1998 23:59:60 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Friday, 29-Feb-00 00:00:00 GMT",
		"Tue, 29 Feb 2000 23:59:60 GMT", "Sun Nov 06 08:49:37 1994", "Fri, 31 Dec 9999 23:59:60 GMT", "Sat, 01 Jan 0000 00:00:00 GMT",
	} {
		f.Add(date, int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, field string, seconds int64) {
		now := time.Unix(seconds&(1<<36-1), 0).UTC() // until the year 4147
		got, ok := parseDate(field, now)
		if !ok {
			if canonical, err := time.Parse(http.TimeFormat, field); err == nil && canonical.Format(http.TimeFormat) == field {
				t.Fatalf("%q is refused", field)
			}
			return
		}
		if got.Location() != time.UTC || got.Nanosecond() != 0 {
			t.Fatalf("%q is %v", field, got)
		}
		usual := field
		leap := strings.Contains(field, ":59:60")
		if leap {
			usual = strings.Replace(field, ":59:60", ":59:59", 1)
			got = got.Add(-time.Second)
		}
		if again := []string{got.Format(http.TimeFormat), got.Format(rfc850), got.Format(time.ANSIC)}; !slices.Contains(again, usual) {
			t.Fatalf("%q is %v", field, got)
		}
		theirs, err := http.ParseTime(usual)
		if err != nil || theirs.Format("01-02 15:04:05") != got.Format("01-02 15:04:05") || theirs.Year()%100 != got.Year()%100 {
			t.Fatalf("%q is %v, but %v to net/http: %v", field, got, theirs, err)
		}
		if strings.Contains(field, "-") { // two digits of the year
			if latest := now.AddDate(50, 0, 0); got.After(latest) || !got.AddDate(100, 0, 0).After(latest) {
				t.Fatalf("%q is %v in %v", field, got, now)
			}
		} else if theirs.Year() != got.Year() {
			t.Fatalf("%q is %v, but %v to net/http", field, got, theirs)
		}
	})
}

// FuzzTags compares the reading of lists of entity tags with a regular expression.
func FuzzTags(f *testing.F) {
	for _, list := range []string{
		`"a"`, `W/"a"`, "*", ` * `, `"b", "a"`, `"b","a`, `"b" "a"`, `,, ,"a",`, `w/"a"`, `"a\"`, `"a b", "a"`, "\"\xff\", \"a\"", `"",W/""`, "\"a\x7f\", \"a\"", "**", `W/ "a"`,
	} {
		f.Add(list, "a", false)
		f.Add(list, "\xff", true)
	}
	f.Fuzz(func(t *testing.T, list, opaque string, weak bool) {
		tag := ETag(`"` + opaque + `"`)
		if weak {
			tag = "W/" + tag
		}
		if cut, rest, ok := cutETag(string(tag)); !ok || rest != "" || cut != tag {
			return // no tag
		}
		weakly, strongly := matchByTheBook(list, string(tag))
		if got := tag.Matches(list, false); got != weakly {
			t.Fatalf("%q matches %s weakly: %v", list, tag, got)
		}
		if got := tag.Matches(list, true); got != strongly {
			t.Fatalf("%q matches %s strongly: %v", list, tag, got)
		}
		// RFC 9110, 13.1.5: whatever If-Range is, a part is sent only to who has
		// this very representation.
		v := Validator{ETag: tag, LastModified: time.Unix(1_700_000_000, 0)}
		if v.rangeApplies(list, time.Unix(1_800_000_000, 0), true) && list != "" && (weak || strings.TrimRight(list, " \t") != string(tag)) {
			t.Fatalf("If-Range: %q applies to %s", list, tag)
		}
	})
}

var listedTag = regexp.MustCompile(`^[ \t,]*((?:W/)?"[\x{21}\x{23}-\x{7e}\x{80}-\x{ff}]*")[ \t]*(?:,|$)`)

func matchByTheBook(list, tag string) (weakly, strongly bool) {
	if strings.Trim(list, " \t") == "*" {
		return true, true
	}
	list, tag = octets(list), octets(tag)
	for {
		m := listedTag.FindStringSubmatch(list)
		if m == nil {
			return weakly, strongly
		}
		weakly = weakly || strings.TrimPrefix(m[1], "W/") == strings.TrimPrefix(tag, "W/")
		strongly = strongly || m[1] == tag && !strings.HasPrefix(tag, "W/")
		list = list[len(m[0]):]
	}
}

// octets has each octet of s be a character, as regular expressions want it.
func octets(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// FuzzQuery holds that parameters are what net/url reads, and that a query which
// is sent back is one, and means the same.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{"a=1&b=2&a=3", "q=%41+b&=x&&", "a=%zz&b=%4", "archive=zip&name=a%2fb", "a;b=c", "\r\nX: y", "%", "é=\xff#<>\"", "a=b=c&d"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got := parseQuery(query)
		if !strings.Contains(query, ";") { // which net/url refuses
			theirs, _ := url.ParseQuery(query)
			delete(got, "")
			delete(theirs, "")
			if got.Encode() != theirs.Encode() {
				t.Fatalf("%q is %q, but %q to net/url", query, got.Encode(), theirs.Encode())
			}
		}
		encoded := encodeQuery(query)
		for i := range len(encoded) {
			if c := encoded[i]; c <= ' ' || c > '~' || strings.IndexByte("\"#<>\\^`{|}[]", c) >= 0 {
				t.Fatalf("%q is sent as %q", query, encoded)
			}
		}
		if strings.Contains(encodedOctet.ReplaceAllString(encoded, ""), "%") {
			t.Fatalf("%q is sent as %q", query, encoded)
		}
		if again := encodeQuery(encoded); again != encoded {
			t.Fatalf("%q is sent as %q, and that as %q", query, encoded, again)
		}
		if loosely(encoded) != loosely(query) {
			t.Fatalf("%q is sent as %q", query, encoded)
		}
	})
}

// encodedOctet is one that stands percent-encoded.
var encodedOctet = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// loosely decodes what is percent-encoded, and leaves a "%" that encodes nothing.
func loosely(s string) string {
	return encodedOctet.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// FuzzLocation holds that the redirect from a folder without its slash leads to
// the folder with it, on the same host, as a client reads it.
func FuzzLocation(f *testing.F) {
	for _, path := range []string{"/a", "/a/b", "/a/%2e", "/a//b", "/%2f%2fevil.example", "/a:b", "/x/a:b", "/%5cevil", "//evil.example/a", "/a%3fb", "/a%23b", "/%zz", "/é", "/http:"} {
		f.Add(path, "q=1")
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		target, err := parseTarget(path)
		if err != nil || target.slash || strings.Contains(path, "?") || strings.Contains(path, "#") {
			return
		}
		base, err := url.Parse("http://host.example" + strings.ReplaceAll(path, `\`, "%5C"))
		if err != nil || base.Host != "host.example" {
			return
		}
		location := withSlash(target, query)
		to, err := base.Parse(location)
		if err != nil || to.Host != base.Host || to.Scheme != "http" || to.Fragment != "" {
			t.Fatalf("%q leads to %q: %v, %v", path, location, to, err)
		}
		again, err := parseTarget(to.EscapedPath())
		if err != nil || again.name != target.name || !again.slash {
			t.Fatalf("%q leads by %q to %q, which is %+v and was %+v", path, location, to.EscapedPath(), again, target)
		}
	})
}

// FuzzAttachment holds that the field which names a download is one that
// programs read, and names nothing but a file in the folder for downloads.
func FuzzAttachment(f *testing.F) {
	for _, name := range []string{"a.zip", `a"b\c.zip`, "é.zip", "a\r\nX: y", "\u202egpj.exe", "a%2fb", "", "\xff", "a;filename=b", "a/b", "a'b''c", "\u2028"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		field := attachment(name)
		for i := range len(field) {
			if field[i] < ' ' || field[i] > '~' {
				t.Fatalf("%q is sent as %q", name, field)
			}
		}
		kind, parameters, err := mime.ParseMediaType(field)
		if err != nil || kind != "attachment" || len(parameters) != 1 {
			t.Fatalf("%q is sent as %q: %q, %v", name, field, parameters, err)
		}
		got := parameters["filename"]
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(strings.ToValidUTF8(name, "\ufffd")) || strings.ContainsAny(got, "\r\n\x00\u202e\u2028") {
			t.Fatalf("%q is sent as %q, which is %q", name, field, got)
		}
		_, plain, _ := strings.Cut(field, `filename="`)
		if plain, _, _ = strings.Cut(plain, `"`); strings.ContainsAny(plain, `/\%:*?<>|`) && plain != name {
			t.Fatalf("%q is called %q where only ASCII is read", name, plain)
		}
	})
}

// FuzzText holds that text is UTF-8 only if it is, or is cut within a character.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "a", "é", "\xc3", "a\xe2\x82", "\xf0\x9f\x98", "\xff", "\xc3\xa9\xc3", "\x80", "\xe2\x82a", "\xed\xa0", "\xf4\x90"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if isUTF8(text, false) != utf8.Valid(text) {
			t.Fatalf("%q: %v", text, isUTF8(text, false))
		}
		want := utf8.Valid(text)
		for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
			head, last := text[:len(text)-i], text[len(text)-i:]
			want = want || utf8.Valid(head) && begun.MatchString(octets(string(last)))
		}
		if got := isUTF8(text, true); got != want {
			t.Fatalf("%q, cut: %v, want %v", text, got, want)
		}
		if kind := withCharset("text/plain", text); strings.HasSuffix(kind, "utf-8") && !utf8.Valid(text) && len(text) != sniffSize {
			t.Fatalf("%q is told to be %s", text, kind)
		}
	})
}

// begun is the beginning of a character, and not all of it (Unicode, table 3-7).
var begun = regexp.MustCompile(`^(?:[\x{c2}-\x{df}]|\x{e0}[\x{a0}-\x{bf}]?|[\x{e1}-\x{ec}\x{ee}\x{ef}][\x{80}-\x{bf}]?|\x{ed}[\x{80}-\x{9f}]?` +
	`|\x{f0}(?:[\x{90}-\x{bf}][\x{80}-\x{bf}]?)?|[\x{f1}-\x{f3}](?:[\x{80}-\x{bf}][\x{80}-\x{bf}]?)?|\x{f4}(?:[\x{80}-\x{8f}][\x{80}-\x{bf}]?)?)$`)
