package confine

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/internal/exchange"
)

const (
	denied   = ": permission denied"
	happened = ": ok"
)

// each writes a result after names.
func each(result string, names ...string) []string {
	for i := range names {
		names[i] += result
	}
	return names
}

func TestApplyReadOnly(t *testing.T) {
	t.Parallel()
	needLandlock(t, abiTCP)
	home := tree(t)
	r := perform(t, "try", Plan{Read: []string{home + "/site"}}, home)
	r.expect(t, each(happened, "apply", "read inside", "read below", "read by link inside", "list inside", "read inside by handle", "interfaces")...)
	r.expect(t, each(denied, "read by link", "read secret", "read passwd", "read passwd by proc", "read environment", "read uploaded", "list secret", "read secret by handle")...)
	r.expect(t, each(denied, "run inside", "run true")...)
	r.expect(t, each(denied, "write uploaded", "write over uploaded", "write site", "write over site", "write secret", "write null", "truncate secret",
		"make folder uploaded", "make link uploaded", "make pipe uploaded", "move secret by handle", "remove uploaded", "remove secret", "remove site")...)
	r.expect(t, each(denied, "listen", "listen multipath", "listen unix", "listen abstract", "listen unbound", "bind", "connect")...)
	r.expect(t, "multipath socket: protocol not supported", "io_uring: operation not permitted", "foreign call: operation not permitted")
	if !strings.Contains(r["held"], ": reads "+home+"/site, writes nothing, runs no program, binds no TCP port, connects to none; seccomp: listens on nothing more; no_new_privs") {
		t.Errorf("held is %q", r["held"])
	}
}

func TestApplyUploads(t *testing.T) {
	t.Parallel()
	needLandlock(t, abiTCP)
	home := tree(t)
	r := perform(t, "try", Plan{Read: []string{home + "/site/index.html"}, Write: []string{home + "/in"}, Connect: true}, home)
	r.expect(t, each(happened, "read inside", "read uploaded", "write uploaded", "write over uploaded", "make folder uploaded", "move uploaded",
		"move to another folder", "remove uploaded", "connect")...)
	r.expect(t, each(denied, "read below", "list inside", "read secret", "read passwd", "write site", "write secret", "write over site", "truncate secret",
		"make link uploaded", "make pipe uploaded", "remove secret", "move secret by handle", "listen", "listen multipath", "listen unbound", "listen unix")...)
	r.expect(t, "move out: permission denied", "move in: permission denied")
	if r["link in"] == "ok" {
		t.Error("a file was linked into the folder for uploads")
	}
}

// TestApplyEverything is what goes without --confine: folders may be made anew,
// and yet nothing is run or listened on.
func TestApplyEverything(t *testing.T) {
	t.Parallel()
	needLandlock(t, abiTCP)
	home := tree(t)
	r := perform(t, "try", Plan{Read: []string{Everything}}, home)
	r.expect(t, each(happened, "read inside", "read secret", "read passwd", "read passwd by proc", "list secret", "read secret by handle")...)
	r.expect(t, each(denied, "write uploaded", "write secret", "truncate secret", "remove secret", "run inside", "run true", "listen", "connect")...)
	home = tree(t)
	r = perform(t, "try", Plan{Write: []string{Everything}, Connect: true}, home)
	r.expect(t, each(happened, "read secret", "read passwd", "write site", "write secret", "move to another folder", "move out", "make link uploaded", "connect")...)
	r.expect(t, each(denied, "run inside", "listen", "listen multipath", "listen unix")...)
}

func TestApplyRemove(t *testing.T) {
	t.Parallel()
	needLandlock(t, abiTCP)
	home := tree(t)
	r := perform(t, "try", Plan{Remove: []string{home + "/in"}}, home)
	r.expect(t, "remove uploaded: ok", "remove secret: permission denied", "read uploaded: permission denied", "write uploaded: permission denied", "read inside: permission denied")
}

// threads applies the plan while other threads wait, and has them try.
func threads(plan Plan, home string) results {
	r := results{}
	apply := func() {
		_, err := Apply(plan)
		r.note("apply", err)
	}
	r["refused"] = strconv.Itoa(onThreads(apply, func() error {
		if err := listenUnbound(); err == nil {
			return nil
		}
		_, err := os.ReadFile("/etc/passwd")
		return err
	}))
	return r
}

func TestApplyAllThreads(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	home := tree(t)
	perform(t, "threads", Plan{Read: []string{home}}, home).expect(t, "apply: ok", "refused: 8")
}

// unnamed opens a file without a name once more by its descriptor, as
// internal/spool does.
func unnamed(plan Plan, home string) results {
	r := results{}
	f, err := os.Create(home + "/in/unnamed")
	r.note("create", err)
	r.note("remove", os.Remove(f.Name()))
	again := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if slices.Contains(plan.Read, "descriptor") {
		plan.Read = []string{again}
	}
	_, err = Apply(plan)
	r.note("apply", err)
	_, err = f.WriteString("more")
	r.note("write", err)
	content, err := os.ReadFile(again)
	r.note("read again", err)
	r["content"] = string(content)
	return r
}

func TestApplyUnnamedFile(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	home := tree(t)
	perform(t, "unnamed", Plan{}, home).expect(t, "write: ok", "read again: permission denied")
	perform(t, "unnamed", Plan{Read: []string{"descriptor"}}, home).expect(t, "apply: ok", "write: ok", "read again: ok", "content: more")
}

// rebuilt has a folder be removed and made anew by somebody who is not confined.
func rebuilt(plan Plan, home string) results {
	r := results{}
	proceed, done := make(chan struct{}), make(chan error)
	// The shell is started before, and is told by its standard input.
	cmd := exec.Command("sh", "-c", `read go; rm -r "$1"; mkdir "$1"; echo anew >"$1/index.html"`, "sh", home+"/site")
	tell, err := cmd.StdinPipe()
	r.note("pipe", err)
	r.note("start", cmd.Start())
	go func() {
		<-proceed
		tell.Write([]byte("go\n"))
		done <- cmd.Wait()
	}()
	_, err = Apply(plan)
	r.note("apply", err)
	close(proceed)
	r.note("rebuild", <-done)
	_, err = os.ReadFile(home + "/site/index.html")
	r.note("read", err)
	return r
}

// TestApplyRebuiltFolder has a folder be another one to the kernel once it has
// been made anew.
func TestApplyRebuiltFolder(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	for _, test := range []struct{ read, want string }{
		{"HOME/site", "permission denied"}, // what --confine costs
		{"HOME", "ok"},                     // how it is avoided
		{Everything, "ok"},                 // what goes without
	} {
		home := tree(t)
		read := strings.ReplaceAll(test.read, "HOME", home)
		perform(t, "rebuilt", Plan{Read: []string{read}}, home).expect(t, "apply: ok", "rebuild: ok", "read: "+test.want)
	}
}

func applyOnly(plan Plan, _ string) results {
	r := results{}
	held, err := Apply(plan)
	r.note("apply", err)
	r["held"] = held.String()
	r["zone"], _ = time.Now().Zone()
	status, err := os.ReadFile("/proc/self/status")
	r.note("status", err)
	r["no_new_privs"] = strconv.FormatBool(strings.Contains(string(status), "NoNewPrivs:\t1"))
	return r
}

// TestApplyZone has times be local, which the access log wants.
func TestApplyZone(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	if _, err := os.Stat("/usr/share/zoneinfo/Asia/Tokyo"); err != nil {
		t.Skip(err)
	}
	home := tree(t)
	perform(t, "apply", Plan{Read: []string{home}}, home).expect(t, "apply: ok", "zone: JST")
}

// notify sends to sockets that somebody had before, as a service does.
func notify(plan Plan, home string) results {
	r := results{}
	for what, name := range map[string]string{"abstract": "@" + home, "path": home + "/in/socket"} {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		r.note("listen "+what, err)
		if err == nil {
			defer l.Close()
		}
	}
	_, err := Apply(plan)
	r.note("apply", err)
	for what, name := range map[string]string{"abstract": "@" + home, "path": home + "/in/socket"} {
		_, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
		r.note(what, err)
	}
	return r
}

func TestApplySockets(t *testing.T) {
	t.Parallel()
	needLandlock(t, abiScope)
	home := tree(t)
	perform(t, "notify", Plan{}, home).expect(t, "listen abstract: ok", "apply: ok", "abstract: operation not permitted")
	home = tree(t)
	perform(t, "notify", Plan{Connect: true}, home).expect(t, "apply: ok", "abstract: ok", "path: ok")
	home = tree(t)
	perform(t, "notify", Plan{Sockets: []string{"@" + home}}, home).expect(t, "apply: ok", "abstract: ok")
	home = tree(t)
	perform(t, "notify", Plan{Sockets: []string{home + "/in/socket"}}, home).expect(t, "apply: ok", "path: ok", "abstract: operation not permitted")
}

// TestApplyNames has names be found without all of the files of the system, and
// none for addresses.
func TestApplyNames(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	home := tree(t)
	r := perform(t, "names", Plan{Hosts: []string{"localhost"}, Connect: true}, home)
	r.expect(t, "apply: ok", "hosts: ok", "localhost: ok", "shadow: permission denied")
	if strings.Contains(r["held"], "/etc") || !strings.Contains(r["held"], "reads nothing and what tells addresses") {
		t.Errorf("held is %q", r["held"])
	}
	perform(t, "names", Plan{Hosts: []string{"127.0.0.1"}, Connect: true}, home).expect(t, "apply: ok", "hosts: permission denied")
}

func names(plan Plan, _ string) results {
	r := results{}
	held, err := Apply(plan)
	r.note("apply", err)
	r["held"] = held.String()
	_, err = os.ReadFile("/etc/hosts")
	r.note("hosts", err)
	_, err = os.ReadFile("/etc/shadow")
	r.note("shadow", err)
	_, err = net.LookupHost("localhost")
	r.note("localhost", err)
	return r
}

func TestApplyMissing(t *testing.T) {
	t.Parallel()
	needLandlock(t, 1)
	home := tree(t)
	r := perform(t, "apply", Plan{Read: []string{home + "/none"}}, home)
	r.expect(t, "apply: no such file or directory", "status: ok")
}

func TestApplyPrograms(t *testing.T) {
	t.Parallel()
	home := tree(t)
	r := perform(t, "apply", Plan{Read: []string{home}, Exec: true}, home)
	r.expect(t, "apply: ok", "no_new_privs: true", "held: no_new_privs; files and ports are not confined: programs are run, which would be, too")
	r = perform(t, "apply", Plan{Exec: true, Setuid: true}, home)
	r.expect(t, "apply: ok", "no_new_privs: false", "held: nothing is confined: programs are run, and may gain privileges")
	r = perform(t, "run", Plan{Exec: true}, home)
	r.expect(t, "run: ok", "child has no_new_privs: true")
}

func runProgram(plan Plan, _ string) results {
	r := results{}
	missing := onThreads(func() { Apply(plan) }, func() error {
		set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
		if err == nil && set != 1 {
			err = errStillRoot
		}
		return err
	})
	out, err := exec.Command("cat", "/proc/self/status").Output()
	r.note("run", err)
	r["child has no_new_privs"] = strconv.FormatBool(missing == 0 && strings.Contains(string(out), "NoNewPrivs:\t1"))
	return r
}

// TestOtherBuild has the same be true with and without cgo, which have different
// ways to reach all threads.
func TestOtherBuild(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the tests twice")
	}
	needLandlock(t, abiTCP)
	for _, cgo := range []string{"0", "1"} {
		if cgo == "1" {
			exchange.Program(t, "gcc")
		}
		build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", filepath.Join(t.TempDir(), "tests"), ".")
		build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("CGO_ENABLED=%s: %v\n%s", cgo, err, out)
		}
		run := exec.CommandContext(t.Context(), build.Args[4], "-test.short")
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("CGO_ENABLED=%s: %v\n%s", cgo, err, out)
		}
	}
}
