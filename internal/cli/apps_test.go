//go:build unix

package cli

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/gserve/gserve/internal/exchange"
)

// app is what its folder in testdata/apps needs to run, and what its
// exchanges cannot show.
type app struct {
	name     string
	modules  string // of Python, with spaces between them
	upstream string // command of a server of its own, for gserve to hand requests to
	stream   string // target whose answer comes in two lines, half a second apart
	socket   string // target of a web socket that echoes
}

// python is the one that Debian's packages are for.
const python = "/usr/bin/python3"

var apps = []app{
	{name: "basehandler", stream: "/stream"},
	{name: "bottle", modules: "bottle", stream: "/stream"},
	{name: "cgi", modules: "cgi", stream: "/cgi-bin/slow.sh"},
	{name: "cherrypy", modules: "cherrypy", stream: "/stream"},
	{name: "django", modules: "django", stream: "/stream"},
	{name: "falcon", modules: "falcon", stream: "/stream"},
	{name: "flask", modules: "flask", stream: "/stream"},
	{name: "gunicorn", modules: "gunicorn flask", upstream: "gunicorn --bind 127.0.0.1:{port} --bind unix:app.sock --threads 4 app:create_app()", stream: "/stream"},
	{name: "paste", modules: "paste", stream: "/stream"},
	{name: "pyramid", modules: "pyramid", stream: "/stream"},
	{name: "starlette", modules: "starlette uvicorn websockets", upstream: "uvicorn --port {port} app:app", stream: "/stream", socket: "/echo"},
	{name: "tornado", modules: "tornado", upstream: "python3 app.py {port}", stream: "/stream", socket: "/echo"},
	{name: "twisted", modules: "twisted", upstream: "python3 app.py {port}", stream: "/stream"},
	{name: "uwsgi", upstream: "uwsgi --plugins http,python3 --http 127.0.0.1:{port} --module app --threads 4 --master --die-on-term", stream: "/stream"},
	{name: "webob", modules: "webob", stream: "/stream"},
	{name: "webpy", modules: "web", stream: "/stream"},
	{name: "werkzeug", modules: "werkzeug", stream: "/stream"},
	{name: "wsgi", stream: "/stream"},
}

const appFolders = "../../testdata/apps"

// TestApps runs a small application of each framework as its users do, beside
// files and below a prefix, and has it answer the exchanges in its folder.
func TestApps(t *testing.T) {
	t.Parallel()
	for _, a := range apps {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			a.find(t)
			a.run(t)
		})
	}
	folders, err := os.ReadDir(appFolders)
	if err != nil {
		t.Error(err)
	}
	for _, f := range folders {
		if !slices.ContainsFunc(apps, func(a app) bool { return a.name == f.Name() }) {
			t.Errorf("%s is not run", f.Name())
		}
	}
}

// run has gserve run a once for each of its scripts, whose options are those of
// the command line.
func (a app) run(t *testing.T) {
	folder := t.TempDir() // in which it may write
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(appFolders, a.name))); err != nil {
		t.Fatal(err)
	}
	scripts, err := exchange.ReadAll(os.DirFS(folder), "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := exchange.Names{}
	if a.upstream != "" {
		a.startUpstream(t, folder, names)
	}
	for name, script := range scripts {
		address := startApp(t, folder, names, script.Options)
		for _, e := range script.Exchanges {
			runNamed(t, address, names, e)
		}
		if name == "exchanges" {
			checkStream(t, "http://"+address+a.stream)
			if a.socket != "" {
				checkSocket(t, address, a.socket)
			}
		}
	}
	if len(scripts["exchanges"].Exchanges) < 8 {
		t.Errorf("%s has %d exchanges", a.name, len(scripts["exchanges"].Exchanges))
	}
}

func runNamed(t *testing.T, address string, names exchange.Names, e exchange.Exchange) {
	e = names.Request(e)
	answer, err := exchange.HTTP1(address, e)
	if err == nil {
		err = names.Check(e, answer)
	}
	if err != nil {
		t.Errorf("%s: %s\n\t%s %s: %v", e.Place, e.Comment, e.Method, e.Target, err)
	}
}

// missing are the modules that Python does not find, of all that are needed.
var missing = sync.OnceValues(func() ([]string, error) {
	find := "import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if not u.find_spec(m)])"
	args := []string{"-c", find}
	for _, a := range apps {
		args = append(args, strings.Fields(a.modules)...)
	}
	out, err := exec.Command(python, args...).Output()
	return strings.Fields(string(out)), err
})

// find skips the test if something is not there, but not in CI.
func (a app) find(t *testing.T) {
	exchange.Program(t, python)
	if program, _, _ := strings.Cut(a.upstream, " "); program != "" {
		exchange.Program(t, program)
	}
	absent, err := missing()
	if err != nil {
		t.Fatal(err)
	}
	for module := range strings.FieldsSeq(a.modules) {
		switch {
		case !slices.Contains(absent, module):
		case os.Getenv("CI") != "":
			t.Fatalf("%s has no %s", python, module)
		default:
			t.Skipf("%s has no %s", python, module)
		}
	}
}

// startUpstream runs the server of a in its folder, and waits until it listens.
// It sets what {port} and {socket} stand for.
func (a app) startUpstream(t *testing.T, folder string, names exchange.Names) {
	network, address := "tcp", "127.0.0.1:"+freePort(t)
	names["port"] = address[len("127.0.0.1:"):]
	args := strings.Fields(names.Fill(a.upstream))
	for _, arg := range args {
		if path, ok := strings.CutPrefix(arg, "unix:"); ok {
			network, address = "unix", filepath.Join(folder, path)
			names["socket"] = address
		}
	}
	if args[0] == "python3" {
		args[0] = python
	}
	s := runProgram(t, folder, args[0], args[1:]...)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial(network, address)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-s.done:
			t.Fatalf("%s has ended", args[0])
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", args[0], err)
		}
	}
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// startApp runs gserve in a folder, and returns its address.
func startApp(t *testing.T, folder string, names exchange.Names, options []string) string {
	args := []string{"--port", "0", "--bind", "127.0.0.1", "--allow-host", ".test", "--python-bin", python}
	for _, option := range options {
		args = append(args, names.Fill(option))
	}
	s := runProgram(t, folder, "gserve", args...)
	m := s.await(&s.stdout, bannerPattern)
	if m == nil {
		t.Fatal("gserve does not serve")
	}
	return "127.0.0.1:" + m[3]
}

// runProgram runs a program for as long as the test runs.
func runProgram(t *testing.T, folder, name string, args ...string) *server {
	s := &server{cmd: exec.Command(name, args...), done: make(chan struct{})}
	s.cmd.Dir = folder
	s.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "PYTHONUNBUFFERED=1")
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	// What it leaves behind would keep its output open.
	s.cmd.WaitDelay = patience
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.done:
		case <-time.After(patience):
			t.Errorf("%s does not end", name)
			s.cmd.Process.Kill()
			<-s.done
		}
		if t.Failed() {
			t.Logf("[%s stdout]\n%s[%[1]s stderr]\n%[3]s", name, s.stdout.String(), s.stderr.String())
		}
	})
	return s
}

// checkStream holds that the first line comes before there is a second one.
func checkStream(t *testing.T, url string) {
	answer, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	r := bufio.NewReader(answer.Body)
	first, _ := r.ReadString('\n')
	start := time.Now()
	rest, err := io.ReadAll(r)
	if waited := time.Since(start); first != "one\n" || string(rest) != "two\n" || err != nil || waited < 100*time.Millisecond {
		t.Errorf("%s: %s, %q, and after %v %q, %v", url, answer.Status, first, waited, rest, err)
	}
}

// checkSocket has messages of all sizes echoed.
func checkSocket(t *testing.T, address, target string) {
	config, err := websocket.NewConfig("ws://"+address+target, "http://"+address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.DialContext(t.Context())
	if err != nil {
		t.Errorf("%s: %v", target, err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	for _, message := range []string{"hello", "Grüße", strings.Repeat("long ", 20_000), "bye"} {
		var echo string
		err := websocket.Message.Send(c, message)
		if err == nil {
			err = websocket.Message.Receive(c, &echo)
		}
		if err != nil || echo != message {
			t.Fatalf("%s: %.100q became %.100q, %v", target, message, echo, err)
		}
	}
}
