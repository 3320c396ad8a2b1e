package trial

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/internal/exchange"
)

// needLandlock skips where the kernel confines no files, which no installation
// changes.
func needLandlock(t *testing.T) {
	t.Helper()
	if version, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); errno != 0 || version < 3 {
		t.Skipf("this kernel has no landlock, or an early one: version %d, %v", version, errno)
	}
}

// layOut makes a folder of files that everybody may read, and returns where it
// is. A name with "->" in it is a link.
func layOut(t *testing.T, files map[string]string) string {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for dir := home; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		os.Chmod(dir, 0o755) // the test may become another user
	}
	for name, content := range files {
		name, target, isLink := strings.Cut(name, " -> ")
		name = filepath.Join(home, name)
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(target, name)
		default:
			err = os.WriteFile(name, []byte(content), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// wants asks for a target, and compares the answer.
func (p *program) wants(t *testing.T, target string, status int, content string) {
	t.Helper()
	got, text, err := p.get(t.Context(), target)
	if err != nil || got != status || !strings.Contains(string(text), content) {
		t.Errorf("%s: %d %.80q, %v; want %d %q", target, got, text, err, status, content)
	}
}

// does sends a request that changes something.
func (p *program) does(t *testing.T, method, target, content string, status int, fields ...string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.address+target, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != status {
		t.Errorf("%s %s: %s %.200q, want %d", method, target, answer.Status, text, status)
	}
}

// statuses returns the values that a field of proc_pid_status(5) has in the
// threads of the program, each once.
func (p *program) statuses(t *testing.T, name string) string {
	t.Helper()
	var values []string
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.cmd.Process.Pid))
	for _, file := range files {
		status, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		line, _, _ := strings.Cut(rest, "\n")
		if value := strings.Join(strings.Fields(line), " "); !strings.Contains(" "+strings.Join(values, ",")+",", value+",") {
			values = append(values, value)
		}
	}
	return strings.Join(values, ",")
}

// TestConfined has the kernel hold the program: it opens /etc/passwd, where a link
// leads that it is told to follow, and is refused.
func TestConfined(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	home := layOut(t, map[string]string{"site/a.txt": "inside", "site/passwd -> /etc/passwd": "", "site/beside -> ../other/b.txt": "", "other/b.txt": "beside"})
	for _, test := range []struct {
		flags                       []string
		passwd, beside              int
		privileges, filter, claimed string
	}{
		{nil, 404, 404, "1", "2", "reads " + home + ", writes nothing, runs no program"},
		{[]string{"--follow-symlinks"}, 200, 200, "1", "2", "reads everything, writes nothing"},
		{[]string{"--follow-symlinks", "--confine"}, 404, 404, "1", "2", "reads " + home + "/site, writes nothing"},
		{[]string{"--follow-symlinks", "--confine", "--no-lane"}, 404, 404, "1", "2", ""},
		{[]string{"--follow-symlinks", "--no-confine"}, 200, 200, "0", "0", ""},
		{[]string{"--follow-symlinks", "--confine", "--proxy", "/p=http://localhost:9"}, 404, 404, "1", "2", "and what tells addresses"},
	} {
		p := start(t, append([]string{filepath.Join(home, "site"), "-v"}, test.flags...)...)
		p.wants(t, "/a.txt", 200, "inside")
		p.wants(t, "/passwd", test.passwd, "")
		p.wants(t, "/beside", test.beside, "")
		if got := p.statuses(t, "NoNewPrivs"); got != test.privileges {
			t.Errorf("%q: NoNewPrivs is %s", test.flags, got)
		}
		if got := p.statuses(t, "Seccomp"); got != test.filter {
			t.Errorf("%q: Seccomp is %s", test.flags, got)
		}
		if said := p.stderr.String(); !strings.Contains(said, test.claimed) || strings.Contains(said, "confinement: ") != (test.privileges == "1") {
			t.Errorf("%q: it said %q", test.flags, said)
		}
		if code := p.stop(t); code != 0 {
			t.Errorf("%q: exit code %d", test.flags, code)
		}
	}
}

// TestConfinedQuietly has nothing be said where nothing is asked.
func TestConfinedQuietly(t *testing.T) {
	t.Parallel()
	home := layOut(t, map[string]string{"site/a.txt": "a"})
	p := start(t, filepath.Join(home, "site"))
	p.wants(t, "/a.txt", 200, "a")
	p.stop(t)
	if said := p.stderr.String(); strings.Contains(said, "gserve:") {
		t.Errorf("it said %q", said)
	}
}

// TestConfinedRebuilt has what is served be removed and made anew, in the ways
// that builds and deployments do it.
func TestConfinedRebuilt(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	home := layOut(t, map[string]string{"project/dist/a.txt": "1", "releases/1/a.txt": "1", "releases/2/a.txt": "2", "www/current -> ../releases/1": ""})
	shell := func(script string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
		cmd.Dir = home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	p := start(t, filepath.Join(home, "project/dist"))
	p.wants(t, "/a.txt", 200, "1")
	shell(`rm -r project/dist; mkdir project/dist; echo 2 >project/dist/a.txt; echo b >project/dist/b.txt`)
	p.wants(t, "/b.txt", 200, "b")
	p.wants(t, "/a.txt", 200, "2")
	shell(`mkdir project/new; echo c >project/new/c.txt; mv project/dist project/old; mv project/new project/dist`)
	p.wants(t, "/c.txt", 200, "c")

	p = start(t, filepath.Join(home, "www/current"))
	p.wants(t, "/a.txt", 200, "1")
	shell(`echo new >releases/2/b.txt; ln -s ../releases/2 www/next; mv -T www/next www/current`)
	p.wants(t, "/b.txt", 200, "new")

	cmd := exec.Command(binary, "project/dist/deep", "-p", "0", "-b", "127.0.0.1")
	cmd.Dir = home
	shell(`mkdir project/dist/deep`)
	p = launch(t, cmd)
	shell(`rm -r project; mkdir -p project/dist/deep; echo d >project/dist/deep/d.txt`)
	p.wants(t, "/d.txt", 200, "d")

	p = start(t, filepath.Join(home, "project/dist"), "--confine")
	shell(`rm -r project/dist; mkdir project/dist; echo e >project/dist/e.txt`)
	p.wants(t, "/e.txt", 404, "")
	p.wants(t, "/e.txt", 404, "")
	p.wants(t, "/", 404, "")
	p.toldOnce(t)

	p = start(t, filepath.Join(home, "project/dist"), "--upload")
	p.does(t, "PUT", "/f.txt", "f", 201)
	shell(`rm -r project/dist; mkdir project/dist; echo g >project/dist/g.txt`)
	p.wants(t, "/g.txt", 200, "g")
	p.does(t, "PUT", "/h.txt", "h", 403)
	p.toldOnce(t)
}

// toldOnce holds that the user was told what can be done about a folder that was
// made anew.
func (p *program) toldOnce(t *testing.T) {
	t.Helper()
	p.stop(t)
	if n := strings.Count(p.stderr.String(), "was made anew, and is not the folder that gserve is confined to"); n != 1 {
		t.Errorf("it was told %d times:\n%s", n, p.stderr.String())
	}
}

// TestConfinedChanges has clients do all that flags let them.
func TestConfinedChanges(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	home := layOut(t, map[string]string{"site/a.txt": "a", "site/in/old.txt": "old"})
	p := start(t, filepath.Join(home, "site"), "-A", "--webdav")
	p.does(t, "PUT", "/new.txt", "new", 201)
	p.does(t, "PUT", "/new.txt", "newer", 204)
	p.does(t, "MKCOL", "/made", "", 201)
	p.does(t, "MOVE", "/new.txt", "", 201, "Destination: /made/moved.txt")
	p.does(t, "COPY", "/made", "", 201, "Destination: /copied")
	p.does(t, "PROPFIND", "/", "", 207, "Depth: 1")
	p.does(t, "DELETE", "/made", "", 204)
	p.wants(t, "/copied/moved.txt", 200, "newer")
	p.wants(t, "/?archive=tar", 200, "")

	p = start(t, filepath.Join(home, "site"), "--upload=in", "--overwrite")
	p.does(t, "PUT", "/in/new.txt", "new", 201)
	p.does(t, "PUT", "/in/old.txt", "new", 204)
	p.wants(t, "/in/old.txt", 200, "new")
	p.wants(t, "/a.txt", 200, "a")
}

// TestConfinedReading has what is read anew while the program runs be read.
func TestConfinedReading(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	secret := func(word string) string { return "ann:{SHA}" + word + "\n" } // SHA-1 in base64
	const one, two = "/gXNGc5T7DSZIHdncW31XqLOKpk=", "rTNsZ8wkJMVgd7TjSlMBoV8zwLE="
	home := layOut(t, map[string]string{"site/a.txt": "a", "b.txt": "b", "etc/users": secret(one)})
	p := start(t, filepath.Join(home, "site"), filepath.Join(home, "b.txt"))
	p.wants(t, "/site/a.txt", 200, "a")
	p.wants(t, "/b.txt", 200, "b")

	p = start(t, filepath.Join(home, "site"), "--auth", "@"+filepath.Join(home, "etc/users"))
	p.wants(t, "/a.txt", 401, "")
	renamed := filepath.Join(home, "etc/users.new")
	if err := os.WriteFile(renamed, []byte(secret(two)+"bob:x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(renamed, filepath.Join(home, "etc/users")); err != nil {
		t.Fatal(err)
	}
	p.await(t, "the new users", func() bool {
		p.does(t, "GET", "/a.txt", "", 401, "Authorization: Basic YW5uOndyb25n")
		said := p.stderr.String()
		return strings.Contains(said, "read again") || strings.Contains(said, "still count")
	})
	if strings.Contains(p.stderr.String(), "permission denied") {
		t.Error("the file is not read")
	}

	cmd := exec.Command(binary, "-", "-p", "0", "-b", "127.0.0.1")
	cmd.Stdin = strings.NewReader(strings.Repeat("words\n", 1000))
	p = launch(t, cmd)
	p.wants(t, "/stdin.txt", 200, strings.Repeat("words\n", 1000))
}

// TestConfinedArchive has an archive that is replaced be served.
func TestConfinedArchive(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	program := exchange.Program(t, "zip")
	home := layOut(t, map[string]string{"a.txt": "a", "b.txt": "b"})
	pack := func(names ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, append([]string{"-q", "new.zip"}, names...)...)
		cmd.Dir = home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := os.Rename(filepath.Join(home, "new.zip"), filepath.Join(home, "s.zip")); err != nil {
			t.Fatal(err)
		}
	}
	pack("a.txt")
	p := start(t, filepath.Join(home, "s.zip"))
	p.wants(t, "/a.txt", 200, "a")
	pack("a.txt", "b.txt")
	p.await(t, "the new archive", func() bool {
		status, _, err := p.get(t.Context(), "/b.txt")
		return err == nil && status == 200
	})
}

// TestConfinedProxy has servers be found by their names.
func TestConfinedProxy(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	home := layOut(t, map[string]string{"site/a.txt": "a"})
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "from afar") })
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	port := func(s *httptest.Server) string { return s.URL[strings.LastIndexByte(s.URL, ':')+1:] }
	p := start(t, filepath.Join(home, "site"), "--proxy", "/plain=http://localhost:"+port(plain), "--proxy", "/secure=https://127.0.0.1:"+port(secure))
	p.wants(t, "/plain/x", 200, "from afar")
	p.wants(t, "/secure/x", 200, "from afar")
	p.wants(t, "/a.txt", 200, "a")
}

// TestConfinedVerification has certificates be verified by a program that may not
// read those it trusts any more. The server goes by the name of this machine:
// localhost is trusted without.
func TestConfinedVerification(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	openssl := exchange.Program(t, "openssl")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	found, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip4", host)
	if err != nil || !found[0].IsLoopback() {
		t.Skipf("the name of this machine, %q, does not lead to itself: %v, %v", host, found, err)
	}
	home, elsewhere := layOut(t, map[string]string{"site/a.txt": "a"}), layOut(t, map[string]string{"none/x": ""})
	cert, key := filepath.Join(elsewhere, "cert.pem"), filepath.Join(elsewhere, "key.pem")
	if out, err := exec.CommandContext(t.Context(), openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN="+host,
		"-addext", "subjectAltName=DNS:"+host, "-keyout", key, "-out", cert).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", net.JoinHostPort(found[0].String(), "0"), &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "from afar") })}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for file, status := range map[string]int{cert: 200, filepath.Join(elsewhere, "none/x"): 502} {
		cmd := exec.Command(binary, filepath.Join(home, "site"), "-p", "0", "-b", "127.0.0.1", "--proxy", "/far=https://"+net.JoinHostPort(host, port))
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+elsewhere+"/none")
		launch(t, cmd).wants(t, "/far/x", status, "")
	}
}

// TestConfinedPrograms has programs run as they did, but gain no privileges.
func TestConfinedPrograms(t *testing.T) {
	t.Parallel()
	exchange.Program(t, "python3")
	home := layOut(t, map[string]string{
		"site/cgi-bin/tell": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; grep NoNewPrivs /proc/self/status; head -n 1 /etc/passwd\n",
		"app.py": `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [open("/proc/self/status", "rb").read(), open("/etc/passwd", "rb").readline()]
`})
	p := start(t, filepath.Join(home, "site"), "--cgi", "--handler", "/app=wsgi:"+filepath.Join(home, "app.py"))
	p.wants(t, "/cgi-bin/tell", 200, "NoNewPrivs:\t1\nroot:")
	p.wants(t, "/app", 200, "NoNewPrivs:\t1\n")
	p.wants(t, "/app", 200, "root:")
}

// TestConfinedEnd has the program tell its manager what becomes of it, begin its
// log anew and remove its socket, all of which it does as a confined one.
func TestConfinedEnd(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	home := layOut(t, map[string]string{"site/a.txt": "a", "run/x": "", "log/x": ""})
	name := "@" + filepath.Join(home, "notify")
	heard, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{socket: name, heard: heard}
	t.Cleanup(func() { heard.Close() })
	socket, log := filepath.Join(home, "run/s"), filepath.Join(home, "log/access.log")
	cmd := exec.Command(binary, filepath.Join(home, "site"), "-p", "0", "-b", "127.0.0.1", "-b", "unix:"+socket, "--log-file", log)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+name)
	p := launch(t, cmd)
	m.expect(t, "READY=1")
	p.wants(t, "/a.txt", 200, "a")
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	m.expect(t, "RELOADING=1")
	m.expect(t, "READY=1")
	if _, err := os.Stat(log); err != nil {
		t.Error(err)
	}
	p.stop(t)
	m.expect(t, "STOPPING=1")
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the socket is still there")
	}
}

// TestConfinedCertificate has handshakes be answered by a program that may not
// read its keys any more.
func TestConfinedCertificate(t *testing.T) {
	t.Parallel()
	needLandlock(t)
	curl := exchange.Program(t, "curl")
	home := layOut(t, map[string]string{"site/a.txt": "by TLS", "config/x": ""})
	cmd := exec.Command(binary, filepath.Join(home, "site"), "-S", "-p", "0", "-b", "127.0.0.1", "-v")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(home, "config"))
	p := launch(t, cmd)
	for range 2 {
		out, err := exec.CommandContext(t.Context(), curl, "-sSk", "https://"+p.address+"/a.txt").CombinedOutput()
		if err != nil || string(out) != "by TLS" {
			t.Errorf("%q, %v", out, err)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "config/gserve/leaf.pem")); err != nil {
		t.Errorf("the certificate was not kept while it could be: %v", err)
	}
	if claim := regexp.MustCompile(`reads \S+, writes nothing`).FindString(p.stderr.String()); claim != "reads "+home+", writes nothing" {
		t.Errorf("it %q", claim)
	}
	p.stop(t)
}

// TestConfinedThreads has the program have no more threads for being confined.
func TestConfinedThreads(t *testing.T) {
	t.Parallel()
	home := layOut(t, map[string]string{"site/a.txt": "a"})
	var counts []int
	for _, flag := range []string{"--no-confine", "--hidden"} {
		least := 1 << 10
		for range 3 {
			p := start(t, filepath.Join(home, "site"), flag)
			p.wants(t, "/a.txt", 200, "a")
			entries, err := os.ReadDir("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/task")
			if err != nil {
				t.Fatal(err)
			}
			least = min(least, len(entries))
			p.stop(t)
		}
		counts = append(counts, least)
	}
	if counts[1] > counts[0]+3 { // how many Go starts is not the same each time
		t.Errorf("%d threads, and %d without", counts[1], counts[0])
	}
}
