package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// refused is how the system refuses to listen somewhere.
func refused(where string, errno error) error { return fmt.Errorf("listen on %s: %w", where, errno) }

func TestDefaultPort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line    string
		busy    int // ports from 8000 on that are in use
		tries   int
		ok      bool
		printed string
	}{
		{"", 0, 1, true, ""},
		{"", 1, 2, true, "gserve: port 8000 is in use, using 8001\n"},
		{"", 99, 100, true, "gserve: port 8000 is in use, using 8099\n"},
		{"", 100, 100, false, ""},
		{"8000", 1, 1, false, ""},
		{"-p 8000", 1, 1, false, ""},
		{"-b unix:s", 1, 1, false, ""},
		{"-b unix:s -b ::1", 1, 2, true, "gserve: port 8000 is in use, using 8001\n"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			c, err := parse(arguments(tt.line), environ(""))
			if err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			tries := 0
			sys := System{Stderr: &stderr, Listen: func(_ context.Context, _ []string, port int) ([]net.Listener, error) {
				if tries++; port < 8000+tt.busy {
					return nil, refused(":8000", syscall.EADDRINUSE)
				}
				return nil, nil
			}}
			if _, err := sys.listen(t.Context(), c); (err == nil) != tt.ok {
				t.Errorf("error %v", err)
			}
			if tries != tt.tries || stderr.String() != tt.printed {
				t.Errorf("%d tries, printed %q", tries, stderr.String())
			}
		})
	}
}

func TestExplainListen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line       string
		err        error
		want, hint string
	}{
		{"80", refused(":80", syscall.EACCES), "cannot listen on :80: permission denied", `ports below 1024 need privileges; try "gserve 8080"`},
		{"8000", refused(":8000", syscall.EADDRINUSE), "cannot listen on :8000: address already in use", `another program has that port; try "gserve 8001" or 0 for a free port`},
		{"65535", refused(":65535", syscall.EADDRINUSE), "cannot listen on :65535: address already in use", ""},
		{"-b unix:/s", refused(`"unix:/s"`, syscall.EACCES), `cannot listen on "unix:/s": permission denied`, ""},
		{"-b unix:/s 80", refused(`"unix:/s"`, syscall.EADDRINUSE), `cannot listen on "unix:/s": address already in use`, ""},
		{"-b ::1", errors.New("no route"), "cannot listen on [::1]:8000: no route", ""},
		{"-b a -b b", errors.New("no such host"), "cannot listen on a, b: no such host", ""},
		{"-b 192.0.2.1", refused("192.0.2.1:8000", syscall.EADDRNOTAVAIL), "cannot listen on 192.0.2.1:8000: cannot assign requested address", "no interface of this machine has that address"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			c, err := parse(arguments(tt.line), environ(""))
			if err != nil {
				t.Fatal(err)
			}
			var printed strings.Builder
			System{Stderr: &printed}.exit(explainListen(tt.err, c), exitFailed)
			want := "gserve: " + tt.want + "\n"
			if tt.hint != "" {
				want += "gserve: hint: " + tt.hint + "\n"
			}
			if printed.String() != want {
				t.Errorf("\n got %s\nwant %s", printed.String(), want)
			}
		})
	}
}

func TestBanner(t *testing.T) {
	t.Parallel()
	tcp := func(ip, zone string, port int) net.Addr {
		return &net.TCPAddr{IP: net.ParseIP(ip), Port: port, Zone: zone}
	}
	tests := []struct {
		addr   net.Addr
		secure bool
		want   string
	}{
		{tcp("0.0.0.0", "", 8000), false, "Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ..."},
		{tcp("::", "", 8000), false, "Serving HTTP on :: port 8000 (http://[::]:8000/) ..."},
		{tcp("127.0.0.1", "", 8443), true, "Serving HTTPS on 127.0.0.1 port 8443 (https://127.0.0.1:8443/) ..."},
		{tcp("fe80::1", "eth0", 80), false, "Serving HTTP on fe80::1%eth0 port 80 (http://[fe80::1%eth0]:80/) ..."},
		{&net.UnixAddr{Name: "/run/s", Net: "unix"}, false, "Serving HTTP on unix:/run/s ..."},
		{&net.UnixAddr{Name: "/run/s", Net: "unix"}, true, "Serving HTTPS on unix:/run/s ..."},
	}
	for _, tt := range tests {
		if got := banner(tt.addr, tt.secure); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}
