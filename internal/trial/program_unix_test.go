//go:build unix

package trial

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "trial")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "gserve")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/gserve/gserve").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}

// program is a gserve that runs.
type program struct {
	cmd            *exec.Cmd
	address        string // host and port
	stdout, stderr output
	ended          chan struct{} // closed when it has ended
}

// patience is how long tests wait for what is to come sooner or later.
const patience = time.Minute

var banner = regexp.MustCompile(`(?m)^Serving HTTPS? on .* \(https?://(.+)/\) \.\.\.$`)

// start runs gserve on a free port of 127.0.0.1 until the test ends.
func start(t testing.TB, args ...string) *program {
	t.Helper()
	return launch(t, exec.Command(binary, append(args, "-p", "0", "-b", "127.0.0.1")...))
}

// launch runs a command that becomes gserve, and waits until it serves.
func launch(t testing.TB, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout = &p.stdout
	if cmd.Stderr == nil {
		cmd.Stderr = &p.stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("stdout:\n%sstderr:\n%s", p.stdout.tail(), p.stderr.tail())
		}
	})
	p.await(t, "the banner", func() bool {
		if m := banner.FindStringSubmatch(p.stdout.String()); m != nil {
			p.address = m[1]
		}
		return p.address != ""
	})
	return p
}

// await waits for a condition.
func (p *program) await(t testing.TB, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-p.ended:
			t.Fatalf("%s: the program has ended", what)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// stop ends the program as a service manager does, and returns its exit code.
func (p *program) stop(t testing.TB) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("it does not stop")
	}
	return p.cmd.ProcessState.ExitCode()
}

// dial opens a connection, which is closed when the test ends.
func (p *program) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// get asks for a target over a connection of its own.
func (p *program) get(ctx context.Context, target string) (status int, content []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+p.address+target, nil)
	if err != nil {
		return 0, nil, err
	}
	r.Close = true
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	content, err = io.ReadAll(answer.Body)
	return answer.StatusCode, content, err
}

// output is what a program writes, the last of it.
type output struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes.Len() > 4<<20 {
		o.bytes.Next(2 << 20)
	}
	return o.bytes.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.String()
}

func (o *output) tail() string {
	s := o.String()
	return s[max(0, len(s)-4<<10):]
}
