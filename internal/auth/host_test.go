package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHostGate(t *testing.T) {
	t.Parallel()
	gate := HostGate([]string{"NAS.local.", ".example.com", "under_score"})
	tests := []struct {
		host string
		ok   bool
	}{
		{"localhost", true},
		{"localhost:8000", true},
		{"LOCALHOST.:8000", true},
		{"app.localhost:8000", true},
		{"127.0.0.1", true},
		{"127.0.0.1:8000", true},
		{"192.168.1.7:8000", true},
		{"[::1]", true},
		{"[::1]:8000", true},
		{"[fe80::1%25eth0]:8000", true},
		{"localhost:", true},
		{"nas.local", true},
		{"nas.LOCAL.:8000", true},
		{"example.com", true},
		{"a.b.example.com:1", true},
		{"under_score", true},
		{"", true}, // HTTP/1.0 without it
		{"evil.com", false},
		{"evil.com:8000", false},
		{"localhost.evil.com", false},
		{"notlocalhost", false},
		{".localhost", false},
		{"evilexample.com", false},
		{".example.com", false},
		{"sub.nas.local", false},
		{"127.0.0.1.evil.com", false},
		{"127.0.0.1.nip.io", false},
		{"2130706433", false},
		{"0x7f000001", false},
		{"127.1", false},
		{"[::1].evil.com", false},
		{"[::1]evil.com", false},
		{"[::1", false},
		{"[127.0.0.1]", false},
		{"[localhost]", false},
		{"::1", false},
		{"localhost:x", false},
		{"localhost:1:2", false},
		{"evil.com:80@localhost", false},
		{"localhost@evil.com", false},
		{"evil.com\tlocalhost", false},
		{".", false},
		{":8000", false},
		{"[]", false},
		{"\x00", false},
		{strings.Repeat("a.", 1000) + "com", false},
	}
	for _, tt := range tests {
		r := &http.Request{Method: "GET", Host: tt.host}
		status, w := answer(gate(r), r)
		if (status == 200) != tt.ok || !tt.ok && status != 421 {
			t.Errorf("%q: %d", tt.host, status)
		}
		if text := w.Body.String(); !tt.ok && (!strings.Contains(text, "--allow-host ") || len(text) > 500 || strings.ContainsAny(text, "\x00\t@[")) {
			t.Errorf("%q: %q", tt.host, text)
		}
	}
}

// TestHostGateNames has an empty name allow nothing.
func TestHostGateNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "."} {
		r := httptest.NewRequest("GET", "http://evil.com/", nil)
		if status, _ := answer(HostGate([]string{name})(r), r); status != 421 {
			t.Errorf("%q allows any name", name)
		}
	}
	r := httptest.NewRequest("GET", "http://Evil.com:8000/", nil)
	if _, w := answer(HostGate(nil)(r), r); !strings.HasSuffix(w.Body.String(), "--allow-host evil.com\n") {
		t.Errorf("%q", w.Body)
	}
}

func FuzzHost(f *testing.F) {
	for _, seed := range []string{"localhost:80", "[::1]:1", "evil.com", "", "[", ":", "]:", "[::1]:", "a:b:c"} {
		f.Add(seed)
	}
	gate := HostGate(nil)
	f.Fuzz(func(t *testing.T, host string) {
		name := strings.ToLower(host)
		if gate(&http.Request{Host: host}) == nil && host != "" && !strings.Contains(name, "localhost") && strings.Trim(name, "0123456789abcdef.:[]") == "" {
			if strings.Trim(name, "0123456789.:") != "" && !strings.HasPrefix(name, "[") {
				t.Fatalf("%q is let by", host)
			}
		}
	})
}
