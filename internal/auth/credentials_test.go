package auth

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func basic(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

func TestParseBasic(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what  string
		lines []string
		want  credentials
		ok    bool
	}{
		{"plain", []string{basic("ann:secret")}, credentials{"ann", "secret"}, true},
		{"of RFC 7617", []string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, credentials{"Aladdin", "open sesame"}, true},
		{"UTF-8", []string{"Basic dGVzdDoxMjPCow=="}, credentials{"test", "123£"}, true},
		{"case and spaces", []string{"bAsIc   " + basic("a:b")[6:] + " "}, credentials{"a", "b"}, true},
		{"colons", []string{basic("a:b:c:")}, credentials{"a", "b:c:"}, true},
		{"empty", []string{basic(":")}, credentials{}, true},
		{"longest", []string{basic("a:" + strings.Repeat("x", maxCredentials-2))}, credentials{"a", strings.Repeat("x", maxCredentials-2)}, true},
		{"none", nil, credentials{}, false},
		{"empty field", []string{""}, credentials{}, false},
		{"two", []string{basic("a:b"), basic("a:b")}, credentials{}, false},
		{"scheme only", []string{"Basic"}, credentials{}, false},
		{"another scheme", []string{"Bearer " + basic("a:b")[6:]}, credentials{}, false},
		{"Digest", []string{`Digest username="a"`}, credentials{}, false},
		{"no space", []string{"Basic" + basic("a:b")[6:]}, credentials{}, false},
		{"no base64", []string{"Basic a:b"}, credentials{}, false},
		{"no padding", []string{"Basic YTpiYw"}, credentials{}, false},
		{"no colon", []string{basic("ann")}, credentials{}, false},
		{"NUL", []string{basic("a\x00:b")}, credentials{}, false},
		{"line end", []string{basic("a:b\r\n")}, credentials{}, false},
		{"C1 control", []string{basic("a:\u0085")}, credentials{}, false},
		{"Latin-1", []string{basic("a:\xe4")}, credentials{}, false},
		{"too long", []string{basic("a:" + strings.Repeat("x", maxCredentials-1))}, credentials{}, false},
		{"much too long", []string{basic(strings.Repeat("x", 1<<20))}, credentials{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, ok := parseBasic(tt.lines)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("%+v, %t", got, ok)
			}
		})
	}
}

// FuzzBasic holds parseBasic against net/http, of which it accepts less.
func FuzzBasic(f *testing.F) {
	for _, seed := range []string{basic("ann:secret"), "Basic", "basic  YTpi", "Basic ====", "Digest x", basic("\x00:"), basic("ä:\xff"), ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		c, ok := parseBasic([]string{field})
		r := http.Request{Header: http.Header{"Authorization": {field}}}
		name, password, theirs := r.BasicAuth()
		if ok && theirs && (name != c.name || password != c.password) {
			t.Fatalf("%q: %+v, and to net/http %q with %q", field, c, name, password)
		}
		if ok && (!isPlain(c.name) || !isPlain(c.password) || len(c.name)+len(c.password) > maxCredentials) {
			t.Fatalf("%q: %+v", field, c)
		}
	})
}
