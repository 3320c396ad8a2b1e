package auth

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		want  Spec
		err   string // a part of it
	}{
		{"ann:SECRET", Spec{Name: "ann", Secret: "SECRET"}, ""},
		{"ann:SE:CR:ET", Spec{Name: "ann", Secret: "SE:CR:ET"}, ""},
		{"ann", Spec{Name: "ann"}, ""},
		{"@users", Spec{File: "users"}, ""},
		{"@a:b", Spec{File: "a:b"}, ""},
		{"ann: ", Spec{Name: "ann", Secret: " "}, ""},
		{"Ann Müller:€", Spec{Name: "Ann Müller", Secret: "€"}, ""},
		{"", Spec{}, "USER:PASSWORD"},
		{":SECRET", Spec{}, "no name"},
		{"ann:", Spec{}, "to be asked"},
		{"@", Spec{}, "@FILE"},
		{"ann:SECRET\n", Spec{}, "control characters"},
		{"a\x00n:SECRET", Spec{}, "control characters"},
		{"ann:SECRET\xff", Spec{}, "UTF-8"},
		{"ann:" + strings.Repeat("SECRET", 130), Spec{}, "longer"},
	}
	for _, tt := range tests {
		got, err := ParseSpec(tt.value)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v, %v; want %v, %s", tt.value, got, err, tt.want, tt.err)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s %q %v %v", got, got, got, got, got, err, []Spec{got}); strings.Contains(shown, "SECRET") {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
}
