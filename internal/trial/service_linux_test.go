package trial

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// manager hears what services tell, as systemd does.
type manager struct {
	socket string
	heard  *net.UnixConn
}

func newManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{socket: filepath.Join(t.TempDir(), "notify")}
	var err error
	if m.heard, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.socket, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.heard.Close() })
	return m
}

// expect waits for the next word, which begins in this way. Signs of life are
// counted, and nothing else.
func (m *manager) expect(t *testing.T, prefix string) (alive int) {
	t.Helper()
	b := make([]byte, 4096)
	for {
		m.heard.SetReadDeadline(time.Now().Add(patience))
		n, err := m.heard.Read(b)
		switch word := string(b[:n]); {
		case err != nil:
			t.Fatalf("%q: %v", prefix, err)
		case strings.HasPrefix(word, prefix):
			return alive
		case word == "WATCHDOG=1":
			alive++
		default:
			t.Fatalf("heard %q, want %q", word, prefix)
		}
	}
}

// TestSocketActivation has the first request start the program, as a socket unit
// does. It takes both sockets, tells what becomes of it, and keeps all of that
// from the programs that it starts.
func TestSocketActivation(t *testing.T) {
	t.Parallel()
	activate, curl := exchange.Program(t, "systemd-socket-activate"), exchange.Program(t, "curl")
	m := newManager(t)
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
	site, script := filepath.Join(folder, "site"), filepath.Join(folder, "env.sh")
	if err := os.Mkdir(site, 0o755); err != nil {
		t.Fatal(err)
	}
	const tells = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; env; ls -l /proc/$$/fd\n"
	if err := os.WriteFile(script, []byte(tells), 0o755); err != nil {
		t.Fatal(err)
	}
	p := &program{ended: make(chan struct{}), cmd: exec.Command(activate, "-l", first, "-l", second,
		"-E", "NOTIFY_SOCKET="+m.socket, "-E", "WATCHDOG_USEC=100000", "-E", "PATH",
		binary, site, "--handler", "/env=cgi:"+script)}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("stdout:\n%sstderr:\n%s", p.stdout.tail(), p.stderr.tail())
		}
	})
	p.await(t, "the sockets", func() bool {
		_, err := os.Stat(second)
		return err == nil
	})
	ask := func(socket, target string) string {
		out, err := exec.Command(curl, "-sS", "--max-time", "60", "--unix-socket", socket, "http://localhost"+target).Output()
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		return string(out)
	}
	if got := ask(first, "/absent"); got != "404 Not Found\n" {
		t.Errorf("%q", got)
	}
	m.expect(t, "READY=1")
	told := ask(second, "/env")
	if !strings.Contains(told, "SERVER_SOFTWARE=") {
		t.Fatalf("%q", told)
	}
	for line := range strings.Lines(told) {
		for _, secret := range []string{"LISTEN_", "NOTIFY_", "WATCHDOG_", "3 -> socket:", "4 -> socket:"} {
			if strings.Contains(line, secret) {
				t.Errorf("a handler is told %s", line)
			}
		}
	}
	for range 3 {
		m.expect(t, "WATCHDOG=1")
	}
	p.cmd.Process.Signal(syscall.SIGHUP)
	m.expect(t, "RELOADING=1\nMONOTONIC_USEC=")
	m.expect(t, "READY=1")
	if got := ask(second, "/absent"); got != "404 Not Found\n" {
		t.Errorf("after SIGHUP: %q", got)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	m.expect(t, "STOPPING=1")
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestStopping has the manager be told at the first signal, and not when the last
// transfer has ended.
func TestStopping(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	site := t.TempDir()
	if err := os.Truncate(create(t, filepath.Join(site, "large")), 64<<20); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, site, "-p", "0", "-b", "127.0.0.1")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.socket)
	p := launch(t, cmd)
	m.expect(t, "READY=1")
	conn := p.dial(t)
	fmt.Fprint(conn, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	m.expect(t, "STOPPING=1")
	if n, err := io.Copy(io.Discard, conn); n < 64<<20 || err != nil {
		t.Errorf("%d bytes came after that: %v", n, err)
	}
}

func create(t *testing.T, name string) string {
	t.Helper()
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
