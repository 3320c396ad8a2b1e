//go:build unix

package httpd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Not parallel: the number of a descriptor that was closed is soon that of
// another one, which a second test would then meddle with.
func TestListenInherited(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		where := "127.0.0.1:0"
		if network == "unix" {
			where = t.TempDir() + "/s"
		}
		original, err := net.Listen(network, where)
		if err != nil {
			t.Fatal(err)
		}
		if unix, ok := original.(*net.UnixListener); ok {
			unix.SetUnlinkOnClose(false)
		}
		listeners, err := listen(t, []string{passOn(t, original)}, 8000) // the port is of no meaning here
		if err != nil {
			t.Fatal(err)
		}
		original.Close()
		s := serveOn(t, &Server{Handler: text("hello")}, listeners...)
		c, err := net.Dial(network, original.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if got := clientOn(t, c).get("/"); got != "hello" {
			t.Errorf("%s: got %q", network, got)
		}
		c.Close()
		s.stop()
		s.wait(t)
		if _, err := net.Dial(network, original.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: a descriptor was left open: %v", network, err)
		}
	}
}

// passOn returns a descriptor for what f is for, which nobody else knows of.
func passOn(t *testing.T, f any) string {
	t.Helper()
	raw, err := f.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	raw.Control(func(original uintptr) { fd, err = syscall.Dup(int(original)) })
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("fd:", fd)
}

// A descriptor that is something else is left alone: it may be the runtime's.
func TestListenInheritedRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		address string
		want    string
	}{
		{passOn(t, c), "the socket does not listen"},
		{passOn(t, file), "socket operation on non-socket"},
		{"fd:9999", "bad file descriptor"},
	} {
		_, err := listen(t, []string{test.address}, 0)
		if want := fmt.Sprintf("listen on %q: %s", test.address, test.want); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		fd := strings.TrimPrefix(test.address, "fd:")
		if _, err := os.Stat("/dev/fd/" + fd); err != nil && fd != "9999" {
			t.Errorf("the descriptor was closed: %v", err)
		}
	}
}
