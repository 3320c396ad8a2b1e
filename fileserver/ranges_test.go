package fileserver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSelectRanges(t *testing.T) {
	t.Parallel()
	singles := func(n int) string { // bytes 0, 2, 4...
		var specs []string
		for i := range n {
			specs = append(specs, fmt.Sprintf("%d-%d", 2*i, 2*i))
		}
		return "bytes=" + strings.Join(specs, ",")
	}
	for _, c := range []struct {
		field  string
		length int64
		want   string // ranges; "whole" or "none" if there are none
	}{
		{"bytes=2-5", 10, "2-5"},
		{"bytes=0-", 10, "0-9"},
		{"bytes=9-", 10, "9-9"},
		{"bytes=-3", 10, "7-9"},
		{"bytes=-10", 10, "0-9"},
		{"bytes=-11", 10, "0-9"},
		{"bytes=5-99", 10, "5-9"},
		{"bytes=0-99999999999999999999", 10, "0-9"},
		{"bytes=-99999999999999999999", 10, "0-9"},
		{"Bytes=2-5", 10, "2-5"},
		{"bytes= 2-5 ", 10, "2-5"},
		{"bytes=,2-5,", 10, "2-5"},
		{"bytes=\t2-5\t,\t7-7", 10, "2-5 7-7"},

		{"bytes=10-", 10, "none"},
		{"bytes=10-11", 10, "none"},
		{"bytes=-0", 10, "none"},
		{"bytes=99999999999999999999-", 10, "none"},
		{"bytes=-0,10-", 10, "none"},
		{"bytes=2-5,10-", 10, "2-5"},

		{"bytes=7-8,0-1", 10, "7-8 0-1"},
		{"bytes=0-3,2-5", 10, "0-5"},
		{"bytes=0-3,4-5", 10, "0-5"},
		{"bytes=0-3,5-6", 10, "0-3 5-6"},
		{"bytes=4-5,0-1,2-3", 10, "0-5"},
		{"bytes=0-1,4-5,2-3", 10, "0-5"},
		{"bytes=8-9,0-1,4-5,1-4", 20, "8-9 0-5"},
		{"bytes=0-0,0-0", 10, "0-0"},

		{"bytes=0-,0-", 10, "whole"},
		{"bytes=0-5,5-9", 10, "whole"},
		{"bytes=0-9,-1", 10, "whole"},
		{singles(maxRanges), 1000, "many"},
		{singles(maxRanges + 1), 1000, "whole"},

		{"bytes=", 10, "whole"},
		{"bytes=,", 10, "whole"},
		{"bytes", 10, "whole"},
		{"", 10, "whole"},
		{"items=0-1", 10, "whole"},
		{"bytes =0-1", 10, "whole"},
		{"bytes=5-2", 10, "whole"},
		{"bytes=2-5,x", 10, "whole"},
		{"bytes=a-b", 10, "whole"},
		{"bytes=-", 10, "whole"},
		{"bytes=--1", 10, "whole"},
		{"bytes=1", 10, "whole"},
		{"bytes=1-2-3", 10, "whole"},
		{"bytes=+1-2", 10, "whole"},
		{"bytes=1 -2", 10, "whole"},
		{"bytes=0x1-2", 10, "whole"},
		{"bytes=2-5, bytes=7-8", 10, "whole"},
		{"bytes=0-0", 0, "whole"},
		{"bytes=-1", 0, "whole"},
	} {
		ranges, selected := selectRanges(c.field, c.length, nil)
		got := map[selection]string{selectWhole: "whole", selectUnsatisfiable: "none"}[selected]
		if selected == selectParts {
			got = strings.Trim(strings.ReplaceAll(fmt.Sprint(ranges), "} {", "|"), "[{}]")
			got = strings.ReplaceAll(strings.ReplaceAll(got, " ", "-"), "|", " ")
		}
		if c.want == "many" && len(ranges) == maxRanges {
			continue
		}
		if got != c.want {
			t.Errorf("%q of %d: %s, want %s", c.field, c.length, got, c.want)
		}
	}
}

func TestCoalesceKeepsWhatIsApart(t *testing.T) {
	t.Parallel()
	var ranges []ByteRange
	for _, r := range []ByteRange{{20, 29}, {0, 9}, {40, 49}, {30, 39}} {
		ranges = coalesce(ranges, r)
	}
	if want := []ByteRange{{20, 49}, {0, 9}}; !slices.Equal(ranges, want) {
		t.Errorf("%v, want %v", ranges, want)
	}
}
