package auth

import (
	"net"
	"testing"
)

func TestInClear(t *testing.T) {
	t.Parallel()
	tcp := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 8000} }
	unix := &net.UnixAddr{Name: "/run/socket", Net: "unix"}
	tests := []struct {
		listening []net.Addr
		warns     bool
	}{
		{[]net.Addr{tcp("127.0.0.1"), tcp("::1"), unix}, false},
		{[]net.Addr{tcp("127.0.0.1"), tcp("192.168.1.7")}, true},
		{[]net.Addr{tcp("::")}, true},
		{[]net.Addr{tcp("0.0.0.0")}, true},
		{[]net.Addr{&net.TCPAddr{}}, true},
		{nil, false},
	}
	for _, tt := range tests {
		if got := InClear(tt.listening); (got != "") != tt.warns {
			t.Errorf("%v: %q", tt.listening, got)
		}
	}
}
