package share

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		want  Terms
		err   string // a part of it
	}{
		{"1h", Terms{Time: time.Hour}, ""},
		{"1h,3", Terms{time.Hour, 3}, ""},
		{"30m", Terms{Time: 30 * time.Minute}, ""},
		{"2d", Terms{Time: 48 * time.Hour}, ""},
		{"90s,1", Terms{90 * time.Second, 1}, ""},
		{"1d12h30m", Terms{Time: 36*time.Hour + 30*time.Minute}, ""},
		{"1.5H", Terms{Time: 90 * time.Minute}, ""},
		{"1s", Terms{Time: time.Second}, ""},
		{"366d,65535", Terms{366 * day, 65535}, ""},
		{"90", Terms{}, `"90" has no unit: write 90s, 90m, 90h or 90d`},
		{"3,3", Terms{}, "has no unit"},
		{"", Terms{}, "write one such as 1h"},
		{",3", Terms{}, "write one such as 1h"},
		{"h", Terms{}, `"h" is not a time`},
		{"d", Terms{}, "not a time"},
		{"1w", Terms{}, "not a time"},
		{"-1h", Terms{}, "not a time"},
		{"1d-1h", Terms{}, "not a time"},
		{"1d+1h", Terms{}, "not a time"},
		{"1h ", Terms{}, "not a time"},
		{"1.5d", Terms{}, "not a time"},
		{"99999999999999d", Terms{}, "not a time"},
		{"0s", Terms{}, "out of range"},
		{"999ms", Terms{}, "out of range"},
		{"367d", Terms{}, "out of range"},
		{"366d1s", Terms{}, "out of range"},
		{"2000000h", Terms{}, "out of range"},
		{"65535d2000000h", Terms{}, "out of range"},
		{"1h,", Terms{}, `"" is not a number of downloads`},
		{"1h,0", Terms{}, "from 1 to 65535"},
		{"1h,65536", Terms{}, "from 1 to 65535"},
		{"1h,-1", Terms{}, "not a number"},
		{"1h,+1", Terms{}, "not a number"},
		{"1h,1,1", Terms{}, "not a number"},
		{"1h,x", Terms{}, "not a number"},
	}
	for _, tt := range tests {
		got, err := Parse(tt.value)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v, %v; want %v, %s", tt.value, got, err, tt.want, tt.err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1h,3", "2d", "90", "1d1.5h", ",", "9999999999h,1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		terms, err := Parse(value)
		if err == nil && (terms.Time < minTime || terms.Time > maxTime || terms.Downloads < 0 || terms.Downloads > maxDownloads) {
			t.Fatalf("%q: %v", value, terms)
		}
	})
}
