package cli

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// server is a gserve that runs in the background of a script.
type server struct {
	cmd            *exec.Cmd
	stdout, stderr output
	done           chan struct{} // closed when it has ended

	network, address, scheme string
}

func serverOf(ts *testscript.TestScript) *server {
	s := worldOf(ts).server
	if s == nil {
		ts.Fatalf("no server was started")
	}
	return s
}

// bannerPattern is what programs that start python's server look for.
var bannerPattern = regexp.MustCompile(`^Serving (HTTPS?) on (?:unix:(.+)|\S+ port (\d+) \(https?://(.+):\d+/\)) \.\.\.\n`)

func serve(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, true, neg, "serve ARG...")
	s := launch(ts, args)
	m := s.await(&s.stdout, bannerPattern)
	if m == nil {
		ts.Fatalf("no banner")
	}
	s.network, s.address, s.scheme = "unix", m[2], strings.ToLower(m[1])
	if s.address == "" {
		host := m[4]
		if host == "0.0.0.0" || host == "[::]" {
			host = "127.0.0.1"
		}
		s.network, s.address = "tcp", host+":"+m[3]
	}
	ts.Setenv("port", m[3])
	ts.Setenv("url", s.scheme+"://"+s.address)
	ts.Stdout().Write([]byte(s.stdout.String()))
}

func feed(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "feed FILE")
	worldOf(ts).input = ts.MkAbs(args[0])
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 0, neg, "ends")
	s := serverOf(ts)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	if code := s.wait(ts); code != exitStopped {
		ts.Fatalf("exit code %d", code)
	}
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, true, neg, "start ARG...")
	launch(ts, args)
}

// launch runs gserve in the background for as long as the script runs.
func launch(ts *testscript.TestScript, args []string) *server {
	s := &server{cmd: gserve(ts, args), done: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	if inherited := worldOf(ts).inherited; inherited != nil {
		s.cmd.ExtraFiles = []*os.File{inherited}
	}
	if input := worldOf(ts).input; input != "" {
		f, err := os.Open(input)
		ts.Check(err)
		defer f.Close()
		s.cmd.Stdin = f
	}
	ts.Check(s.cmd.Start())
	go func() {
		s.cmd.Wait()
		close(s.done)
	}()
	ts.Defer(func() {
		s.cmd.Process.Kill()
		<-s.done
		ts.Logf("[server stdout]\n%s[server stderr]\n%s", s.stdout.String(), s.stderr.String())
	})
	worldOf(ts).server = s
	return s
}

// gserve returns the program with the environment of the script.
func gserve(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.Command("gserve", args...)
	cmd.Dir = ts.MkAbs(".")
	names := []string{"WORK", "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "SYSTEMROOT", "GORACE", "GOCOVERDIR", "PORT"}
	for f := range allFlags() {
		names = append(names, variableName(f.name))
	}
	for _, name := range names {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// await waits for what the server writes to match, and returns the groups of
// the match; nil if the server ends or the time is up before.
func (s *server) await(out *output, pattern *regexp.Regexp) []string {
	deadline := time.After(patience)
	for {
		changed := out.changed()
		if m := pattern.FindStringSubmatch(out.String()); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-s.done: // and all its output is here
			return pattern.FindStringSubmatch(out.String())
		case <-deadline:
			return nil
		}
	}
}

func logged(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "logged PATTERN")
	s := serverOf(ts)
	if s.await(&s.stderr, regexp.MustCompile("(?m)"+args[0])) == nil {
		ts.Fatalf("not logged: %s", args[0])
	}
}

func printed(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "printed PATTERN")
	s := serverOf(ts)
	if s.await(&s.stdout, regexp.MustCompile("(?m)"+args[0])) == nil {
		ts.Fatalf("not printed: %s", args[0])
	}
}

func signalServer(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}
	arity(ts, len(args) == 1 && signals[args[0]] != nil, neg, "signal INT|TERM|HUP|KILL")
	ts.Check(serverOf(ts).cmd.Process.Signal(signals[args[0]]))
}

// wait waits for the server to end. What it wrote is then what the commands
// stdout and stderr of the script look at.
func (s *server) wait(ts *testscript.TestScript) int {
	select {
	case <-s.done:
	case <-time.After(patience):
		ts.Fatalf("the server does not end")
	}
	ts.Stdout().Write([]byte(s.stdout.String()))
	ts.Stderr().Write([]byte(s.stderr.String()))
	return s.cmd.ProcessState.ExitCode()
}

// output collects what a process writes, and tells when there is more.
type output struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	signal chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signal != nil {
		close(o.signal)
		o.signal = nil
	}
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// changed returns a channel that is closed by the next Write.
func (o *output) changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signal == nil {
		o.signal = make(chan struct{})
	}
	return o.signal
}
