//go:build unix

package cli

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interruptTwice has the process end by two interrupts, and returns its code.
func interruptTwice(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for range 2 {
		cmd.Process.Signal(os.Interrupt)
		time.Sleep(1500 * time.Millisecond) // the first one may have to wait for a reader
	}
	select {
	case err := <-ended:
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			return failed.ExitCode()
		}
		return 0
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
		return 0
	}
}

// TestNobodyReadsTheLog fills the pipe that the log goes to, and more. Answers
// go on, and Ctrl-C ends it as ever.
func TestNobodyReadsTheLog(t *testing.T) {
	t.Parallel()
	reader, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd := exec.Command("gserve", t.TempDir(), "0", "-b", "127.0.0.1")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	out.Close()
	line, err := bufio.NewReaderSize(reader, 16).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.Trim(regexp.MustCompile(`\(.*\)`).FindString(line), "()")
	client := http.Client{Timeout: 20 * time.Second}
	for range 1500 { // 3 MB of lines, of which the pipe takes 64 KiB
		answer, err := client.Get(url + strings.Repeat("x", 2000))
		if err != nil {
			t.Fatalf("the log holds up an answer: %v", err)
		}
		answer.Body.Close()
	}
	if code := interruptTwice(t, cmd); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}

// TestKeyThatNeverComes starts with a pipe that nobody writes to.
func TestKeyThatNeverComes(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "cert.pem")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gserve", t.TempDir(), "0", "-b", "127.0.0.1", "--tls-cert", pipe)
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	defer stdout.Close()
	time.Sleep(500 * time.Millisecond) // until it waits; earlier, one signal would do
	if code := interruptTwice(t, cmd); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}
