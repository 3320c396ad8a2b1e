package share

import "testing"

func TestPaths(t *testing.T) {
	t.Parallel()
	except := []string{"/.well-known/gserve/", "/favicon.ico"}
	tests := []struct {
		path            string
		below, excepted bool
	}{
		{"/tok", true, false},
		{"/tok/", true, false},
		{"/tok/a/b", true, false},
		{"/tok//a", true, false},
		{"/tok/../tok/a", true, false},
		{"/", false, false},
		{"", false, false},
		{"*", false, false},
		{"tok", false, false},
		{"tok/a", false, false},
		{"//tok/", false, false},
		{"/./tok/", false, false},
		{"/TOK/", false, false},
		{"/toke/", false, false},
		{"/to", false, false},
		{"/tok/..", false, false},
		{"/tok/../api", false, false},
		{"/tok/a/../../api", false, false},
		{"/api/../tok", false, false},
		{"/.well-known/gserve", false, true},
		{"/.well-known/gserve/page.css", false, true},
		{"/.well-known/gserves", false, false},
		{"/.well-known/", false, false},
		{"/.well-known/gserve/../../api", false, false},
		{"/favicon.ico", false, true},
		{"/favicon.ico2", false, false},
	}
	for _, tt := range tests {
		if below, excepted := isBelow(tt.path, "tok"), isExcepted(tt.path, except); below != tt.below || excepted != tt.excepted {
			t.Errorf("%q: below %t, excepted %t", tt.path, below, excepted)
		}
	}
}
