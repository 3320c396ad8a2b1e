package share

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Terms say when a link ends.
type Terms struct {
	Time      time.Duration
	Downloads int // 0: as many as there are in the time
}

// Bounds of what may be asked for.
const (
	minTime      = time.Second
	maxTime      = 366 * day
	maxDownloads = 1<<16 - 1
	day          = 24 * time.Hour
)

// Parse reads "1h" or "1h,3": a time, such as 90s, 30m, 1h30m or 2d, and how
// many downloads there may be.
func Parse(value string) (Terms, error) {
	text, number, counted := strings.Cut(value, ",")
	t, err := parseTime(text)
	if err != nil {
		return Terms{}, err
	}
	terms := Terms{Time: t}
	if counted {
		if terms.Downloads, err = parseDownloads(number); err != nil {
			return Terms{}, err
		}
	}
	return terms, nil
}

func parseTime(text string) (time.Duration, error) {
	if text == "" {
		return 0, errors.New("no time: write one such as 1h, or 1h,3 for three downloads in an hour")
	}
	if isNumber(text) {
		return 0, fmt.Errorf("%[1]q has no unit: write %[1]ss, %[1]sm, %[1]sh or %[1]sd", text)
	}
	rest := strings.ToLower(text)
	total := time.Duration(0)
	if days, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time: write one such as 30m, 1h or 2d", text)
		}
		total, rest = time.Duration(n)*day, after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || strings.HasPrefix(rest, "+") {
			return 0, fmt.Errorf("%q is not a time: write one such as 30m, 1h or 2d", text)
		}
		total += d // more than fits comes out below zero
	}
	if total < minTime || total > maxTime {
		return 0, fmt.Errorf("%q is out of range: a link lives from 1s to 366d", text)
	}
	return total, nil
}

func parseDownloads(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || !isNumber(text) || n < 1 || n > maxDownloads {
		return 0, fmt.Errorf("%q is not a number of downloads from 1 to %d", text, maxDownloads)
	}
	return n, nil
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
