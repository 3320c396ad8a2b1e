package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// A program that calls Main stops it by its context, and may have listeners of
// its own.
func TestMainInProcess(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, System{
			Args: []string{t.TempDir(), "-q", "-b", "anywhere", "1234"}, Stdout: stdout, Stderr: &stderr, Getenv: environ(""),
			Listen: func(_ context.Context, addresses []string, port int) ([]net.Listener, error) {
				if len(addresses) != 1 || addresses[0] != "anywhere" || port != 1234 {
					t.Errorf("asked for %q, port %d", addresses, port)
				}
				l, err := net.Listen("tcp", "127.0.0.1:0")
				return []net.Listener{l}, err
			},
		})
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !bannerPattern.MatchString(line) {
		t.Fatalf("%q, %v", line, err)
	}
	cancel()
	if c := <-code; c != exitStopped || stderr.Len() > 0 {
		t.Errorf("exit code %d, %s", c, stderr.String())
	}
}

func TestMainCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	sys := System{
		Args: []string{t.TempDir()}, Stdout: &stdout, Stderr: &stderr, Getenv: environ(""),
		Listen: func(ctx context.Context, _ []string, _ int) ([]net.Listener, error) { return nil, ctx.Err() },
	}
	if code := Main(ctx, sys); code != exitStopped || stdout.Len()+stderr.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}

// A log that nobody reads any more does not end the server.
func TestLogReaderGone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no SIGPIPE")
	}
	reader, log, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gserve", t.TempDir(), "0", "-b", "127.0.0.1")
	cmd.Stderr = log
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	reader.Close()
	log.Close()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.Trim(regexp.MustCompile(`\(.*\)`).FindString(line), "()")
	for range 3 {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
}
