package fileserver

import (
	"net/http"
	"time"
)

// dateFormats are the three that a recipient must accept (RFC 9110, 5.6.7).
// Times are in GMT, which stands as itself here so that no other zone passes.
var dateFormats = [...]string{
	http.TimeFormat,
	"Monday, 02-Jan-06 15:04:05 GMT", // RFC 850
	time.ANSIC,                       // asctime
}

// parseDate reads an HTTP-date. It is strict: what does not come out again as
// it went in is no date (time.Parse takes fractions and wrong weekdays).
func parseDate(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	for _, format := range dateFormats {
		t, err := time.Parse(format, s)
		if err == nil && t.Format(format) == s {
			return t, true
		}
	}
	return time.Time{}, false
}
