package fileserver

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestNewValidator(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	at := func(modified time.Time, content string) Validator {
		info, err := fstest.MapFS{"f": {Data: []byte(content), ModTime: modified}}.Stat("f")
		if err != nil {
			t.Fatal(err)
		}
		return newValidator(info, now, "")
	}
	hour := now.Add(-time.Hour)
	base := at(hour, "content")
	if base.ETag.IsWeak() || base.ETag == "" || !base.LastModified.Equal(hour) {
		t.Errorf("a settled file has %+v", base)
	}
	if again := at(hour, "CONTENT"); again.ETag != base.ETag {
		t.Errorf("same time and size: %s, was %s", again.ETag, base.ETag)
	}
	for name, other := range map[string]Validator{
		"one nanosecond later": at(hour.Add(1), "content"),
		"one byte longer":      at(hour, "content."),
		"time and size apart":  at(hour.Add(-1), "content."),
	} {
		if other.ETag == base.ETag {
			t.Errorf("%s: the tag is the same", name)
		}
	}
	if v := at(now.Add(-settled+1), "x"); !v.ETag.IsWeak() {
		t.Errorf("just written: %s, want a weak tag", v.ETag)
	}
	if v := at(now.Add(-settled), "x"); v.ETag.IsWeak() {
		t.Errorf("settled: %s, want a strong tag", v.ETag)
	}
	if v := at(now.Add(time.Hour), "x"); v.LastModified.After(now) || !v.ETag.IsWeak() {
		t.Errorf("modified in the future: %+v", v)
	}
	if v := at(time.Time{}, "x"); v != (Validator{}) {
		t.Errorf("without a time: %+v", v)
	}
	info, _ := fstest.MapFS{"f": {Data: []byte("content"), ModTime: hour}}.Stat("f")
	if v := newValidator(info, now, "br"); v.ETag == base.ETag || v.ETag.IsWeak() || !strings.HasSuffix(string(v.ETag), `-br"`) {
		t.Errorf("coded: %s, as it is: %s", v.ETag, base.ETag)
	}
}

func TestMatchAny(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list         string
		tag          ETag
		strong, weak bool
	}{
		{`"a"`, `"a"`, true, true},
		{`"b"`, `"a"`, false, false},
		{`W/"a"`, `"a"`, false, true},
		{`"a"`, `W/"a"`, false, true},
		{`W/"a"`, `W/"a"`, false, true},
		{`"b", "a"`, `"a"`, true, true},
		{`"b","a"`, `"a"`, true, true},
		{`"b" , W/"a"`, `"a"`, false, true},
		{`, ,"a",`, `"a"`, true, true},
		{`"a,b"`, `"a"`, false, false},
		{`"a,b"`, `"a,b"`, true, true},
		{`*`, `"a"`, true, true},
		{` * `, `"a"`, true, true},
		{`*`, ``, true, true},
		{`*, "b"`, `"a"`, false, false},
		{`a`, `"a"`, false, false},
		{`w/"a"`, `"a"`, false, false},
		{`"a`, `"a"`, false, false},
		{`"a" "b"`, `"b"`, false, false},
		{`"a" "b"`, `"a"`, false, false},
		{`""`, `""`, true, true},
		{`"a"`, ``, false, false},
		{"\"\xe9\"", "\"\xe9\"", true, true},
		{"\"a b\"", "\"a b\"", false, false},
	} {
		if got := matchAny(c.list, c.tag, ETag.matchStrongly); got != c.strong {
			t.Errorf("%s has %s strongly: %v", c.list, c.tag, got)
		}
		if got := matchAny(c.list, c.tag, ETag.matchWeakly); got != c.weak {
			t.Errorf("%s has %s weakly: %v", c.list, c.tag, got)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	} {
		if got, ok := parseDate(s, now); !ok || !got.Equal(want) {
			t.Errorf("parseDate(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "garbage", "0", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37.5 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 EST", "Sun Nov 06 08:49:37 1994",
		"sun, 06 nov 1994 08:49:37 gmt", "Sun, 31 Feb 1994 08:49:37 GMT", " Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
		strings.Repeat(":59:60", 10_000),
	} {
		if got, ok := parseDate(s, now); ok {
			t.Errorf("parseDate(%q) = %v, want none", s, got)
		}
	}
}

// RFC 9110, 5.6.7: a year of two digits is never more than 50 years ahead.
func TestParseDateOfTwoDigits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for s, year := range map[string]int{
		"Sunday, 06-Nov-94 08:49:37 GMT":    1994,
		"Friday, 02-Jan-26 03:04:05 GMT":    2026,
		"Tuesday, 01-Jan-75 00:00:00 GMT":   2075,
		"Thursday, 19-Nov-76 10:00:00 GMT":  2076,
		"Saturday, 20-Nov-76 10:00:00 GMT":  0, // right in 1976, which it is not
		"Sunday, 21-Nov-76 10:00:00 GMT":    1976,
		"Saturday, 31-Dec-16 23:59:60 GMT":  2017,
		"Wednesday, 01-Jan-75 00:00:00 GMT": 0,
	} {
		got, ok := parseDate(s, now)
		if ok != (year != 0) || ok && got.Year() != year {
			t.Errorf("parseDate(%q) = %v, %v; want the year %d", s, got, ok, year)
		}
	}
}
