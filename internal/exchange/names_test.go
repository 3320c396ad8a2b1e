package exchange

import (
	"net/http"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	names := Names{"port": "80"}
	for _, test := range []struct {
		asked  string
		cookie string
		answer string
		want   string // the error
	}{
		{"> GET /\n< 200\n| {port} {\"a\": {}} {Port} {", "", `80 {"a": {}} {Port} {`, ""},
		{"> GET /\n< 200\n< Set-Cookie: id={id}; Path=/", "id=a.b; Path=/", "", ""},
		{"> GET /\n< 200\n| {id}", "", "a.b", ""},
		{"> GET /\n< 200\n| {id}", "", "axb", `content "axb", want "a.b"`},
		{"> GET /\n< 200\n| <{one}|{two}>\n| {*}", "", "<1|2\n>>\n\n3", ""},
		{"> GET /\n< 200\n| {one} {two}", "", "1 2\n>", ""},
		{"> GET /\n< 200\n| {*} and {*}", "", "3 and 4", ""},
		{"> GET /\n< 200\n| {*} and {none}", "", "3 or 4", `content "3 or 4", want "{*} and {none}"`},
		{"> GET /\n< 200\n| {none}!", "", "now!", ""},
		{"> GET /\n< 200\n| a.{*}", "", "axb", `content "axb", want "a.{*}"`},
	} {
		script, err := parse("names.txt", test.asked)
		if err != nil {
			t.Fatal(err)
		}
		e := script.Exchanges[0]
		err = names.Check(e, Answer{200, http.Header{"Set-Cookie": {test.cookie}}, []byte(test.answer)})
		if got := errorText(err); got != test.want {
			t.Errorf("%q: error %q, want %q", test.asked, got, test.want)
		}
	}

	script, err := parse("names.txt", "> POST /{id}?{unknown}\n> Cookie: id={id}\n>| {id}{*}\n< 200\n")
	if err != nil {
		t.Fatal(err)
	}
	given := script.Exchanges[0]
	e := names.Request(given)
	if e.Target != "/a.b?{unknown}" || e.Fields[0].Value != "id=a.b" || e.content() != "a.b{*}" {
		t.Errorf("request %q %q %q", e.Target, e.Fields, e.Sent)
	}
	if given.Fields[0].Value != "id={id}" || given.Sent[0] != "{id}{*}" {
		t.Errorf("the exchange became %q %q", given.Fields, given.Sent)
	}
}
