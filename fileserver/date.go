package fileserver

import (
	"net/http"
	"strings"
	"time"
)

// rfc850 is the obsolete format, with a year of two digits.
const rfc850 = "Monday, 02-Jan-06 15:04:05 GMT"

// dateFormats are the three that a recipient must accept (RFC 9110, 5.6.7).
// Times are in GMT, which stands as itself here so that no other zone passes.
var dateFormats = [...]string{http.TimeFormat, rfc850, time.ANSIC}

// parseDate reads an HTTP-date. It is strict: what does not come out again as
// it went in is no date (time.Parse takes fractions and wrong weekdays).
func parseDate(s string, now time.Time) (time.Time, bool) {
	if s == "" || len(s) > len("Wednesday, 02-Jan-06 15:04:05 GMT") {
		return time.Time{}, false
	}
	if before, after, ok := strings.Cut(s, ":59:60"); ok {
		// A leap second, which package time does not know, is the next one.
		t, ok := parseDate(before+":59:59"+after, now)
		return t.Add(time.Second), ok
	}
	var again [64]byte
	for _, format := range dateFormats {
		t, err := time.Parse(format, s)
		if err != nil {
			continue
		}
		if format == rfc850 {
			t = nearCentury(t, now)
		}
		if string(t.AppendFormat(again[:0], format)) == s {
			return t, true
		}
	}
	return time.Time{}, false
}

// nearCentury moves a date, of whose year two digits are known, to the last
// century in which it is not more than 50 years in the future (RFC 9110, 5.6.7).
func nearCentury(t, now time.Time) time.Time {
	for t.After(now.AddDate(50, 0, 0)) {
		t = t.AddDate(-100, 0, 0)
	}
	for next := t.AddDate(100, 0, 0); !next.After(now.AddDate(50, 0, 0)); next = t.AddDate(100, 0, 0) {
		t = next
	}
	return t
}
