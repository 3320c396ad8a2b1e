package httpd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// listen is Listen, until the test ends.
func listen(t *testing.T, addresses []string, port int) ([]net.Listener, error) {
	t.Helper()
	listeners, err := Listen(t.Context(), addresses, port)
	t.Cleanup(func() {
		for _, l := range listeners {
			l.Close()
		}
	})
	return listeners, err
}

// hosts returns the addresses of listeners without their ports, which it
// expects to be the same one.
func hosts(t *testing.T, listeners []net.Listener) []string {
	t.Helper()
	var hosts []string
	ports := make(map[uint16]bool)
	for _, l := range listeners {
		addr := l.Addr().(*net.TCPAddr).AddrPort()
		hosts = append(hosts, addr.Addr().String())
		ports[addr.Port()] = true
	}
	if len(ports) != 1 || ports[0] {
		t.Errorf("got ports %v", ports)
	}
	return hosts
}

func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		addresses []string
		want      []string
	}{
		{[]string{"127.0.0.1"}, []string{"127.0.0.1"}},
		{[]string{"[::1]"}, []string{"::1"}},
		{[]string{"::1"}, []string{"::1"}},
		{[]string{"localhost"}, []string{"127.0.0.1", "::1"}},
		{[]string{"Localhost", "::1", "127.0.0.1"}, []string{"127.0.0.1", "::1"}},
		{[]string{"::1", "127.0.0.1"}, []string{"::1", "127.0.0.1"}},
		{[]string{"::ffff:127.0.0.1"}, []string{"127.0.0.1"}},
		{[]string{"0.0.0.0"}, []string{"0.0.0.0"}},
		{[]string{"0.0.0.0", "127.0.0.1"}, []string{"0.0.0.0"}},
		{[]string{"::", "127.0.0.1"}, []string{"::", "127.0.0.1"}},
		{[]string{"::", "0.0.0.0"}, []string{"::", "0.0.0.0"}},
		{[]string{"::"}, []string{"::"}},
		{[]string{""}, []string{"::"}},
		{nil, []string{"::"}},
	} {
		t.Run(strings.Join(test.addresses, ","), func(t *testing.T) {
			if !hasIPv6() && strings.Contains(strings.Join(test.want, ""), ":") {
				t.Skip("no IPv6")
			}
			listeners, err := listen(t, test.addresses, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := hosts(t, listeners); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// All interfaces are those of IPv4 and of IPv6, and 0.0.0.0 is not.
func TestListenFamilies(t *testing.T) {
	t.Parallel()
	if !hasIPv6() {
		t.Skip("no IPv6")
	}
	for _, test := range []struct {
		addresses []string
		v4, v6    bool
	}{
		{nil, true, true},
		{[]string{"::"}, true, true},
		{[]string{"0.0.0.0"}, true, false},
		{[]string{"0.0.0.0", "::"}, true, true},
		{[]string{"::1"}, false, true},
	} {
		listeners, err := listen(t, test.addresses, 0)
		if err != nil {
			t.Fatal(err)
		}
		port := strconv.Itoa(listeners[0].Addr().(*net.TCPAddr).Port)
		for host, want := range map[string]bool{"127.0.0.1": test.v4, "::1": test.v6} {
			c, err := net.Dial("tcp", net.JoinHostPort(host, port))
			if (err == nil) != want {
				t.Errorf("%q: %s: %v", test.addresses, host, err)
			}
			if err == nil {
				c.Close()
			}
		}
	}
}

// The name of an interface stands for all its addresses, link-local ones too.
func TestListenInterface(t *testing.T) {
	t.Parallel()
	cards, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, card := range cards {
		addrs, _ := card.Addrs()
		if card.Flags&net.FlagUp == 0 || len(addrs) == 0 {
			continue
		}
		listeners, err := listen(t, []string{card.Name}, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		got := hosts(t, listeners)
		for _, addr := range addrs {
			want := netip.MustParsePrefix(addr.String()).Addr()
			if want.Is6() && want.IsLinkLocalUnicast() {
				want = want.WithZone(card.Name)
			}
			if !slices.Contains(got, want.String()) {
				t.Errorf("%s: %s is not among %q", card.Name, want, got)
			}
		}
	}
}

func TestListenErrors(t *testing.T) {
	t.Parallel()
	taken, err := listen(t, []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	port := taken[0].Addr().(*net.TCPAddr).Port
	number := strconv.Itoa(port)
	long := "unix:/tmp/" + strings.Repeat("a", 200)
	for _, test := range []struct {
		addresses []string
		port      int
		want      string
		is        error
	}{
		{[]string{"127.0.0.1"}, port, "listen on 127.0.0.1:" + number + ": address already in use", syscall.EADDRINUSE},
		{nil, port, "listen on :" + number + ": address already in use", syscall.EADDRINUSE},
		{[]string{"192.0.2.254"}, 0, "listen on 192.0.2.254:0: cannot assign requested address", syscall.EADDRNOTAVAIL},
		{[]string{"no such host"}, 0, `listen on "no such host": no address or interface of this name`, nil},
		{[]string{"127.0.0.1:80"}, 0, `listen on "127.0.0.1:80": an address is given without its port`, nil},
		{[]string{"fe80::1"}, 0, `listen on "fe80::1": a link-local address needs its interface, as in fe80::1%eth0`, nil},
		{[]string{"unix:"}, 0, `listen on "unix:": no path`, nil},
		{[]string{long}, 0, `listen on "` + long + `": path too long for a socket`, nil},
		{[]string{"fd:three"}, 0, `listen on "fd:three": not a descriptor`, nil},
		{[]string{"fd:-1"}, 0, `listen on "fd:-1": not a descriptor`, nil},
		{nil, 65536, "listen on port 65536: not in the range from 0 to 65535", nil},
		{nil, -1, "listen on port -1: not in the range from 0 to 65535", nil},
	} {
		_, err := listen(t, test.addresses, test.port)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: got %v, want %s", test.addresses, err, test.want)
		}
		if test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%q: %v is not %v", test.addresses, err, test.is)
		}
	}
}

func TestListenClosesAllOnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	free, err := listen(t, []string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	port := free[0].Addr().(*net.TCPAddr).Port
	free[0].Close()
	if _, err := listen(t, []string{"127.0.0.1", "unix:" + path, "192.0.2.254"}, port); err == nil {
		t.Fatal("no error")
	}
	if _, err := listen(t, []string{"127.0.0.1", "unix:" + path, "fd:9999"}, port); err == nil {
		t.Fatal("no error")
	}
	if _, err := listen(t, []string{"127.0.0.1", "unix:" + path}, port); err != nil {
		t.Errorf("something was left open: %v", err)
	}
}

func TestListenPrivilegedPort(t *testing.T) {
	t.Parallel()
	_, err := listen(t, []string{"127.0.0.1"}, 80)
	if err == nil || errors.Is(err, syscall.EADDRINUSE) {
		t.Skip("the port is allowed, or in use")
	}
	if !errors.Is(err, syscall.EACCES) || err.Error() != "listen on 127.0.0.1:80: permission denied" {
		t.Errorf("got %v", err)
	}
}

func TestListenUnix(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	ctx, stop := context.WithCancel(t.Context())
	listeners, err := Listen(ctx, []string{"unix:" + path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = listen(t, []string{"unix:" + path}, 0)
	if want := `listen on "unix:` + path + `": address already in use`; err == nil || err.Error() != want {
		t.Errorf("in use: got %v, want %s", err, want)
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v is not EADDRINUSE", err)
	}

	// The server stops, and its file is gone.
	ended := make(chan error, 1)
	go func() { ended <- (&Server{Handler: text("hello")}).Serve(ctx, nil, listeners...) }()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if got := clientOn(t, c).get("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
	c.Close()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the file is left: %v", err)
	}

	// A server is killed, and its file is left.
	killed, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	killed.(*net.UnixListener).SetUnlinkOnClose(false)
	killed.Close()
	listeners, err = listen(t, []string{"unix:" + path}, 0)
	if err != nil {
		t.Fatalf("file of a killed server: %v", err)
	}
	if c, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
	listeners[0].Close()
}

// What is not a socket is somebody's.
func TestListenUnixOnFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir} {
		_, err := listen(t, []string{"unix:" + path}, 0)
		want := `listen on "unix:` + path + `": file exists and is not a socket`
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if content, err := os.ReadFile(file); string(content) != "precious" {
		t.Errorf("the file holds %q, %v", content, err)
	}
}

// A server that ends leaves the socket alone that another has put in its place.
func TestUnixSocketOfAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	first, err := Listen(t.Context(), []string{"unix:" + path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	second, err := Listen(t.Context(), []string{"unix:" + path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	first[0].Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket of the second server: %v", err)
	}
	second[0].Close()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after its end: %v", err)
	}
}
