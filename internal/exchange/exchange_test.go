package exchange

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/compress"
)

// TestParse reads a script with all that one may hold.
func TestParse(t *testing.T) {
	const text = `= hidden no-index
= fields

# a comment
# of two lines
> GET /a?b
> Range: bytes=0-1
> X-Escaped: "a\tb"
> If-Match: "tag"
> Accept:
< 206
< ETag: "tag"
! Vary
! Allow
| one
|  two
|

> OPTIONS * HTTP/1.1
< 204


> GET /coded
< 200
~ fly/app.js
| "a\tb"
| "ab"

# the last one ends with the file
> GET "/\x01 x" HTTP/1.0
< 400`
	script, err := parse("all.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(script.Options, " "); got != "hidden no-index fields" {
		t.Errorf("options %q", got)
	}
	if len(script.Exchanges) != 4 {
		t.Fatalf("%d exchanges, want 4", len(script.Exchanges))
	}
	first, second, coded, last := script.Exchanges[0], script.Exchanges[1], script.Exchanges[2], script.Exchanges[3]
	if first.Place != "all.txt:4" || first.Comment != "a comment of two lines" {
		t.Errorf("place %q, comment %q", first.Place, first.Comment)
	}
	if first.Method != "GET" || first.Target != "/a?b" || first.Proto != "" || first.Status != 206 {
		t.Errorf("request %q %q %q, status %d", first.Method, first.Target, first.Proto, first.Status)
	}
	want := []Field{{"Range", "bytes=0-1"}, {"X-Escaped", "a\tb"}, {"If-Match", `"tag"`}, {"Accept", ""}}
	if len(first.Fields) != len(want) {
		t.Fatalf("fields %q", first.Fields)
	}
	for i, f := range first.Fields {
		if f != want[i] {
			t.Errorf("field %q, want %q", f, want[i])
		}
	}
	if len(first.Want) != 1 || first.Want[0] != (Field{"ETag", `"tag"`}) || strings.Join(first.Absent, " ") != "Vary Allow" {
		t.Errorf("requires %q and the absence of %q", first.Want, first.Absent)
	}
	if first.Content == nil || *first.Content != "one\n two\n" {
		t.Errorf("content %v", first.Content)
	}
	if second.Method != "OPTIONS" || second.Target != "*" || second.Proto != "HTTP/1.1" || second.Content != nil {
		t.Errorf("second: %+v", second)
	}
	if first.Decode || !coded.Decode || coded.File != "fly/app.js" || coded.Content == nil || *coded.Content != "a\tb\n\"ab\"" {
		t.Errorf("coded: %+v", coded)
	}
	if last.Target != "/\x01 x" || last.Proto != "HTTP/1.0" || last.Status != 400 {
		t.Errorf("last: %+v", last)
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"> GET /\n", "f.txt:1: no status is required"},
		{"> GET /\n\n> GET /\n< 200\n", "f.txt:1: no status is required"},
		{"> GET\n< 200\n", "f.txt:1: request line without a target"},
		{"> GET \"/\\q\"\n< 200\n", "f.txt:1: invalid syntax"},
		{"> GET \"/x\n< 200\n", "f.txt:1: invalid syntax"},
		{"> GET /\n> Range\n< 200\n", "f.txt:2: field without a colon"},
		{"> GET /\n> X: \"a\\q\"\n< 200\n", "f.txt:2: invalid syntax"},
		{"> GET /\n< 200\n| \"a\\q\"\n", "f.txt:3: invalid syntax"},
		{"> POST /\n>| \"a\\q\"\n< 200\n", "f.txt:2: invalid syntax"},
		{"> POST /\n>| a\n>* -1\n< 200\n", `f.txt:3: strconv.ParseUint: parsing "-1"`},
		{"> GET /\n< 200\n| a\n|* many\n", `f.txt:4: strconv.ParseUint: parsing "many"`},
		{"> GET /\n< OK\n", `f.txt:2: strconv.Atoi: parsing "OK"`},
		{"> GET /\n< 200\n< ETag\n", "f.txt:3: field without a colon"},
		{"> GET /\n< 200\ncontent\n", "f.txt:3: line with an unknown mark"},
	} {
		_, err := parse("f.txt", test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", test.text, err, test.want)
		}
	}
}

func TestReadAll(t *testing.T) {
	files := fstest.MapFS{
		"e/one.txt":  {Data: []byte("> GET /\n< 200\n")},
		"e/two.txt":  {Data: []byte("= hidden\n")},
		"e/note.md":  {Data: []byte("not a script")},
		"bad/it.txt": {Data: []byte("not a script")},
	}
	scripts, err := ReadAll(files, "e/*.txt")
	if err != nil || len(scripts) != 2 || len(scripts["one"].Exchanges) != 1 || len(scripts["two"].Options) != 1 {
		t.Errorf("scripts %v, error %v", scripts, err)
	}
	if _, err := ReadAll(files, "bad/*.txt"); err == nil || !strings.HasPrefix(err.Error(), "it.txt:1: ") {
		t.Errorf("error %v, want one of it.txt, line 1", err)
	}
	if _, err := ReadAll(files, "["); err == nil {
		t.Error("a malformed pattern is no error")
	}
}

func TestCheck(t *testing.T) {
	const parts = "multipart/byteranges; boundary=xyz"
	coded := map[string][]string{"Content-Encoding": {"gzip"}}
	ten := encode(compress.Gzip, "0123456789")
	for _, test := range []struct {
		name   string
		asked  string
		status int
		header map[string][]string
		answer string
		want   string // "" if the answer is as required
	}{
		{"as required", "> GET /\n< 200\n< X: 1\n! Y\n| ab", 200, map[string][]string{"X": {"1"}, "Content-Length": {"2"}}, "ab", ""},
		{"another status", "> GET /\n< 200", 404, nil, "", "status 404, want 200"},
		{"another value", "> GET /\n< 200\n< X: 1", 200, map[string][]string{"X": {"2"}}, "", `X: "2", want "1"`},
		{"a field is missing", "> GET /\n< 200\n< X: 1", 200, nil, "", `X: "", want "1"`},
		{"several lines are one", "> GET /\n< 200\n< x: 1, 2", 200, map[string][]string{"X": {"1", "2"}}, "", ""},
		{"a field too many", "> GET /\n< 200\n! y", 200, map[string][]string{"Y": {""}}, "", `y: [""], want none`},
		{"other content", "> GET /\n< 200\n| ab", 200, nil, "abc", `content "abc", want "ab"`},
		{"content where there is to be none", "> GET /\n< 200\n|", 200, nil, "x", `content "x", want ""`},
		{"content that is repeated", "> GET /\n< 200\n| a\n|*3\n| b", 200, nil, "aaa\nb", ""},
		{"content of an asterisk", "> GET /\n< 200\n|* 3", 200, nil, "* 3", ""},
		{"any content", "> GET /\n< 200", 200, nil, "x", ""},
		{"a wrong length", "> GET /\n< 200", 200, map[string][]string{"Content-Length": {"3"}}, "ab", "Content-Length 3, but 2 bytes of content"},
		{"HEAD with a length", "> HEAD /\n< 200", 200, map[string][]string{"Content-Length": {"3"}}, "", ""},
		{"HEAD with content", "> HEAD /\n< 200", 200, nil, "abc", "3 bytes of content for HEAD"},
		{"304 with a length", "> GET /\n< 304", 304, map[string][]string{"Content-Length": {"0"}}, "", `Content-Length "0" with 0 bytes of content, want neither`},
		{"204 with content", "> GET /\n< 204", 204, nil, "x", `Content-Length "" with 1 bytes of content, want neither`},
		{"a boundary", "> GET /\n< 206\n< Content-Type: multipart/byteranges; boundary=BOUNDARY\n| --BOUNDARY\n| x\n| --BOUNDARY--", 206,
			map[string][]string{"Content-Type": {parts}, "Content-Length": {"17"}}, "--xyz\r\nx\r\n--xyz--", ""},
		{"coded content", "> GET /\n< 200\n~\n| 0123456789", 200, coded, ten, ""},
		{"coded content of a file", "> GET /\n< 200\n~ ten.txt", 200, coded, ten, ""},
		{"coded content that is another", "> GET /\n< 200\n~\n| 012", 200, coded, ten, `content "0123456789", want "012"`},
		{"coded content of another file", "> GET /\n< 200\n~ hundred.txt", 200, coded, ten, "content is 10 bytes that are not those of hundred.txt"},
		{"coded content of no file", "> GET /\n< 200\n~ missing", 200, coded, ten, "open missing: file does not exist"},
		{"coded content, as it is", "> GET /\n< 200\n| 0123456789", 200, coded, "0123456789", ""},
		{"content that is not coded", "> GET /\n< 200\n~ ten.txt", 200, nil, "0123456789", ""},
		{"content that is not what it says", "> GET /\n< 200\n~ ten.txt", 200, coded, "0123456789", "content is not gzip: gzip: invalid header"},
		{"coded content that is cut short", "> GET /\n< 200\n~ ten.txt", 200, coded, ten[:len(ten)-1], "content is not gzip: unexpected EOF"},
		{"content in a coding that nobody knows", "> GET /\n< 200\n~ ten.txt", 200, map[string][]string{"Content-Encoding": {"rot13"}}, "", `Content-Encoding: "rot13", which is not known`},
	} {
		script, err := parse("check.txt", test.asked)
		if err != nil {
			t.Fatal(err)
		}
		err = script.Exchanges[0].Check(Answer{test.status, http.Header(test.header), []byte(test.answer)})
		if got := errorText(err); got != test.want {
			t.Errorf("%s: error %q, want %q", test.name, got, test.want)
		}
	}
}

// TestCheckLeavesAnswer makes sure that a check changes nothing that another
// one looks at.
func TestCheckLeavesAnswer(t *testing.T) {
	a := Answer{206, http.Header{"Content-Type": {"multipart/byteranges; boundary=xyz"}}, []byte("--xyz\r\n")}
	if err := (Exchange{Method: "GET", Status: 206}).Check(a); err != nil {
		t.Fatal(err)
	}
	if a.Header.Get("Content-Type") != "multipart/byteranges; boundary=xyz" || string(a.Content) != "--xyz\r\n" {
		t.Errorf("the answer became %q %q", a.Header, a.Content)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
