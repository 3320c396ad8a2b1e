package cli

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/service"
)

// TestHangup has gserve run on a terminal of its own. SIGHUP begins a new log as
// long as that is there, and ends gserve with it.
func TestHangup(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		command string
		ends    bool
	}{
		"usual": {`exec gserve "$@"`, true},
		"nohup": {`trap "" HUP; exec gserve "$@"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keyboard, terminal := openTerminal(t)
			log := filepath.Join(t.TempDir(), "log")
			cmd := exec.Command("sh", "-c", tt.command, "sh", t.TempDir(), "0", "-b", "127.0.0.1", "--no-qr", "--log-file", log)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() { cmd.Wait(); close(ended) }()
			defer func() { cmd.Process.Kill(); <-ended }()
			line, err := bufio.NewReader(keyboard).ReadString('\n')
			if err != nil || !strings.HasPrefix(line, "Serving HTTP") {
				t.Fatalf("%q, %v", line, err)
			}
			beginsLog(t, cmd.Process, log)
			terminal.Close()
			keyboard.Close() // at which the system sends SIGHUP
			if !tt.ends {
				beginsLog(t, cmd.Process, log)
				cmd.Process.Signal(syscall.SIGTERM)
			}
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Fatal("it outlives its terminal")
			}
			if code := cmd.ProcessState.ExitCode(); code != exitStopped {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// beginsLog has SIGHUP begin a new log.
func beginsLog(t *testing.T, process *os.Process, log string) {
	t.Helper()
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	if err := process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(log); err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("no new log")
		}
	}
}

// A manager that waits for gserve to be ready takes no reload for it.
func TestReloadBeforeReady(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "notify")
	heard, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	r := &run{}
	if r.manager, err = service.FindManager(environ("NOTIFY_SOCKET="+socket), os.Getpid()); err != nil {
		t.Fatal(err)
	}
	r.hangUp()
	r.toManager(r.manager.Stopping)
	r.isReady.Store(true)
	r.hangUp()
	for _, want := range []string{"STOPPING=1", "RELOADING=1", "READY=1"} {
		b := make([]byte, 256)
		heard.SetReadDeadline(time.Now().Add(time.Minute))
		n, err := heard.Read(b)
		if word, _, _ := strings.Cut(string(b[:n]), "\n"); word != want {
			t.Errorf("heard %q (%v), want %q", word, err, want)
		}
	}
}
