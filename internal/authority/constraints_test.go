package authority

import (
	"slices"
	"strings"
	"testing"
)

func TestPermittedDomains(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ hostname, want string }{ // "": what everybody has
		{"laptop", "laptop"},
		{"LAPTOP", "laptop"},
		{"desktop-4f3k2l", "desktop-4f3k2l"},
		{"laptop.lan", "laptop.lan"},
		{"laptop.home.arpa", "laptop.home.arpa"},
		{"laptop.internal.", "laptop.internal"},
		{"laptop.fritz.box", "laptop.fritz.box"},
		{"www.example.com", "www.example.com"},
		{"www.example.co.uk", "www.example.co.uk"},
		{"vm.user.github.io", "vm.user.github.io"},
		{"", ""},
		{"localhost", ""},
		{"localhost.localdomain", "localhost.localdomain"},
		{"laptop.local", ""},
		{"local", ""},
		{"dev", ""},
		{"com", ""},
		{"uk", ""},
		{"co.uk", ""},
		{"example.com", ""},
		{"google.com", ""},
		{"example.co.uk", ""},
		{"github.io", ""},
		{"user.github.io", ""},
		{"home.arpa", ""},
		{"10.0.0.1", ""},
		{"8.8.8.8", ""},
		{"::1", ""},
		{"1234", ""},
		{"my laptop", ""},
		{"*.example.com", ""},
		{"*", ""},
		{".", ""},
		{".laptop", ""},
		{"laptop..lan", ""},
		{"-laptop", ""},
		{"läptop", ""},
		{strings.Repeat("a", 64), ""},
		{strings.Repeat("a.", 127) + "a", ""},
	} {
		want := []string{"localhost", "local"}
		if test.want != "" {
			want = append(want, test.want)
		}
		if got := permittedDomains(test.hostname); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", test.hostname, got, want)
		}
	}
}

func TestPermits(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	for name, want := range map[string]bool{
		"localhost": true, "a.localhost": true, "LOCALHOST": true, "localhost.": true,
		"laptop.local": true, "a.b.local": true, "laptop": true, "www.laptop": true,
		"127.0.0.1": true, "127.255.255.255": true, "10.1.2.3": true, "172.16.0.1": true, "172.31.255.255": true,
		"192.168.1.7": true, "169.254.1.1": true, "100.64.0.1": true, "100.127.255.255": true,
		"::1": true, "fd00::1": true, "fe80::1": true, "fe80::1%eth0": true, "::ffff:192.168.1.7": true,

		"": false, ".": false, "example.com": false, "notlocalhost": false, "xlocal": false, "local.example.com": false,
		"alaptop": false, "*": false, "*.com": false, "a_b": false, "a b.local": false, "a\x00.local": false,
		"8.8.8.8": false, "128.0.0.1": false, "172.15.255.255": false, "172.32.0.1": false, "192.169.0.1": false,
		"100.63.255.255": false, "100.128.0.0": false, "11.0.0.1": false, "0.0.0.0": false, "255.255.255.255": false,
		"::": false, "::2": false, "2001:db8::1": false, "fb00::1": false, "fec0::1": false, "::ffff:8.8.8.8": false,
		"192.168.1.07": false, "192.168.257": false, "[::1]": false, "127.0.0.1:8000": false,
	} {
		if got := a.Permits(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"localhost", "a.local.", "fe80::1%x", "::ffff:1.2.3.4", "1.2.3", "-", "A_b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseSubject(s)
		if !ok {
			return
		}
		if (got.name == "") != got.addr.IsValid() {
			t.Fatalf("%q: both or neither: %+v", s, got)
		}
		written := got.name
		if got.addr.IsValid() {
			written = got.addr.String()
		}
		if again, ok := parseSubject(written); !ok || again != got {
			t.Errorf("%q: got %+v, which is %+v when written", s, got, again)
		}
		if strings.IndexFunc(got.name, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
			t.Errorf("%q: got %q", s, got.name)
		}
	})
}
