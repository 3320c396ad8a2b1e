package accesslog_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
)

// Whatever a client sends, a record is one line in which nothing but printable
// characters stand, and in JSON one object.
func FuzzObserve(f *testing.F) {
	f.Add("GET", "/", "curl/8", "", "index.html")
	f.Add("GE\x1bT", "/\n127.0.0.1 - - []", "\u009b2J", "\"\\", "a\x7f\xff")
	f.Add("", "\u2028\u202e\U000e0001", "\xed\xa0\x80", "\x00", "\r")
	f.Fuzz(func(t *testing.T, method, target, agent, referer, name string) {
		r := record(func(r *fileserver.Record) {
			r.Method, r.Target, r.UserAgent, r.Referer, r.Name, r.Host, r.Proto, r.Client = method, target, agent, referer, name, target, method, name
		})
		for _, format := range []accesslog.Format{accesslog.Python, accesslog.Combined, accesslog.JSON} {
			check(t, logged(accesslog.Options{Format: format}, r), format == accesslog.JSON)
		}
		r.Err, r.Status = errors.New(name), 500
		o := accesslog.Options{Quiet: true, Hint: func(*fileserver.Record) string { return "" }}
		check(t, logged(o, r), false)
		_, details, _ := strings.Cut(logged(accesslog.Options{Verbose: true}, r), "\n")
		check(t, details, false)
		o.Hint = func(r *fileserver.Record) string { return r.Target + "." }
		_, hint, _ := strings.Cut(logged(o, r), "\n")
		check(t, hint, false)
	})
}

func check(t *testing.T, got string, isJSON bool) {
	t.Helper()
	line, rest, ended := strings.Cut(got, "\n")
	if !ended || rest != "" {
		t.Errorf("not one line: %q", got)
	}
	if !utf8.ValidString(line) {
		t.Errorf("not UTF-8: %q", line)
	}
	if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%q is not printable at %d", line, i)
	}
	if isJSON && !json.Valid([]byte(line)) {
		t.Errorf("not JSON: %q", line)
	}
}
