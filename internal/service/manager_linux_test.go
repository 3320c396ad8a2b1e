package service

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listenAs has a manager at a socket.
func listenAs(t *testing.T, socket string) func() string {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return func() string {
		b := make([]byte, 4096)
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := c.Read(b)
		if err != nil {
			t.Error(err)
		}
		return string(b[:n])
	}
}

func TestManager(t *testing.T) {
	t.Parallel()
	for _, socket := range []string{t.TempDir() + "/notify", fmt.Sprintf("@gserve-test-%d-%d", os.Getpid(), time.Now().UnixNano())} {
		heard := listenAs(t, socket)
		m, err := FindManager(environment{"NOTIFY_SOCKET": socket}.get, os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range []struct {
			tell func() error
			want string
		}{{m.Ready, "READY=1"}, {m.Reloading, "RELOADING=1\nMONOTONIC_USEC="}, {m.Ready, "READY=1"}, {m.Stopping, "STOPPING=1"}} {
			if err := one.tell(); err != nil {
				t.Error(err)
			}
			got := heard()
			if number, ok := strings.CutPrefix(got, "RELOADING=1\nMONOTONIC_USEC="); ok {
				now, err := strconv.ParseInt(number, 10, 64)
				if booted, _ := monotonic(); err != nil || now <= 0 || now > booted.Microseconds() {
					t.Errorf("%s: the clock is at %v", number, booted)
				}
				got = strings.TrimSuffix(got, number)
			}
			if got != one.want {
				t.Errorf("%s: %q, want %q", socket, got, one.want)
			}
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/notify"
	heard := listenAs(t, socket)
	m, err := FindManager(environment{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "20000"}.get, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		m.Watch(ctx)
		close(ended)
	}()
	for range 3 {
		if got := heard(); got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	cancel()
	<-ended
}
