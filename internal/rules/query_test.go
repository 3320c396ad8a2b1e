package rules

import (
	"slices"
	"testing"
)

func TestReadParameters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]parameter{
		"b=2&a=1":           {{"a", "1"}, {"b", "2"}},
		"&a=1&&":            {{"a", "1"}},
		"a":                 {{"a", ""}},
		"a=b=c":             {{"a", "b%3Dc"}},
		"a=%2f+%20":         {{"a", "%2F%20%20"}},
		"":                  nil,
		"&":                 nil,
		"a=1&a=2":           nil,
		"a=1&%61=2":         nil,
		"a=%":               nil,
		"%g0=a":             nil,
		"a&b&c&d&e&f&g&h&i": nil,
	} {
		got, ok := readParameters(query, nil)
		if ok != (want != nil) || ok && !slices.Equal(got, want) {
			t.Errorf("%q is %v, %v; want %v", query, got, ok, want)
		}
	}
}
