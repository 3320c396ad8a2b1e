package service

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/internal/exchange"
)

// TestActivated is started by a socket, as systemd starts a service.
func TestActivated(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "systemd-socket-activate")
	folder := t.TempDir()
	first, second := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	cmd := exec.Command(program, "-l", first, "-l", second, "-E", "GSERVE_TEST_ACTIVATED=1",
		os.Args[0], "-test.run=^TestActivatedChild$")
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer kill.Stop()
	for _, socket := range []string{first, second} {
		if got := ask(socket); got != "hello" {
			t.Errorf("%s: %q", filepath.Base(socket), got)
		}
	}
	told, _ := io.ReadAll(output)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, told)
	}
}

// ask returns what is answered at a socket, which may not be there yet.
func ask(socket string) string {
	for range 200 {
		c, err := net.Dial("unix", socket)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		defer c.Close()
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		got, _ := io.ReadAll(c)
		return string(got)
	}
	return "nothing"
}

// TestActivatedChild is what TestActivated has started.
func TestActivatedChild(t *testing.T) {
	if os.Getenv("GSERVE_TEST_ACTIVATED") == "" {
		t.Skip("is for TestActivated")
	}
	addresses, err := Sockets(os.Getenv, os.Getpid())
	if err != nil || !slices.Equal(addresses, []string{"fd:3", "fd:4"}) {
		t.Fatalf("%q, %v", addresses, err)
	}
	for fd := range uintptr(2) {
		flags, err := unix.FcntlInt(firstSocket+fd, unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("other programs get descriptor %d: %v", firstSocket+fd, err)
		}
		l, err := net.FileListener(os.NewFile(firstSocket+fd, "socket"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "hello")
		c.Close()
	}
}
