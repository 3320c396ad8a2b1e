package listing

import (
	"strconv"
	"time"
)

const (
	day   = 24 * time.Hour
	month = 365 * day / 12
	year  = 365 * day
)

// appendAge appends how long before now something was: "3 h ago". A clock that
// is ahead of ours gives "in 3 h".
func appendAge(b []byte, now, then time.Time) []byte {
	age := now.Sub(then)
	ahead := age < 0
	if ahead {
		age = -age
	}
	var unit time.Duration
	var name string
	switch {
	case age < time.Minute:
		return append(b, "just now"...)
	case age < time.Hour:
		unit, name = time.Minute, " min"
	case age < day:
		unit, name = time.Hour, " h"
	case age < month:
		unit, name = day, " d"
	case age < year:
		unit, name = month, " mo"
	default:
		unit, name = year, " y"
	}
	if ahead {
		b = append(b, "in "...)
	}
	b = append(strconv.AppendInt(b, int64(age/unit), 10), name...)
	if ahead {
		return b
	}
	return append(b, " ago"...)
}
