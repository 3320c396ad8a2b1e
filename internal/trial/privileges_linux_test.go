package trial

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// needRoot skips for users who cannot become others. CI runs as root.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root becomes somebody else")
	}
}

// give has a folder with all that is in it belong to a user who has no name.
func give(t *testing.T, folder string) {
	t.Helper()
	err := filepath.Walk(folder, func(name string, _ os.FileInfo, err error) error {
		return errors.Join(err, os.Lchown(name, 4321, 4322))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// privileged returns a free port that only root may take.
func privileged(t *testing.T) string {
	t.Helper()
	for port := 1023; port > 600; port-- {
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			l.Close()
			return strconv.Itoa(port)
		}
	}
	t.Skip("no port below 1024 is free")
	return ""
}

// TestDropToOwner has root bind a port and read keys that are its own, and then
// become the user whom what is served belongs to, for good.
func TestDropToOwner(t *testing.T) {
	t.Parallel()
	needRoot(t)
	openssl, curl := exchange.Program(t, "openssl"), exchange.Program(t, "curl")
	home := layOut(t, map[string]string{"www/site/a.txt": "a", "www/site/secret.txt": "secret", "private/users": "ann:{SHA}/gXNGc5T7DSZIHdncW31XqLOKpk=\n"})
	site, private := filepath.Join(home, "www/site"), filepath.Join(home, "private")
	give(t, site)
	key := filepath.Join(private, "key.pem")
	if out, err := exec.CommandContext(t.Context(), openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
		"-keyout", key, "-out", filepath.Join(private, "cert.pem")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := errors.Join(os.Chown(site+"/secret.txt", 0, 0), os.Chmod(site+"/secret.txt", 0o600), os.Chmod(private, 0o700)); err != nil {
		t.Fatal(err)
	}
	p := launch(t, exec.Command(binary, site, "-b", "127.0.0.1", "-p", privileged(t), "--upload", "--auth", "@"+private+"/users", "--auth-for", "write",
		"--tls-cert", private+"/cert.pem", "--tls-key", key, "--auth", "bob:builder"))
	ask := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), curl, append([]string{"-sSk", "-w", " %{http_code}"}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return string(out)
	}
	url := "https://" + p.address
	if got := ask(url + "/a.txt"); got != "a 200" {
		t.Errorf("got %q", got)
	}
	if got := ask(url + "/secret.txt"); strings.Contains(got, "secret") || !strings.HasSuffix(got, " 404") {
		t.Errorf("what root alone may read: got %q", got)
	}
	if got := ask("-T", site+"/a.txt", "-u", "bob:builder", url+"/new.txt"); !strings.HasSuffix(got, " 201") {
		t.Errorf("upload: got %q", got)
	}
	if info, err := os.Stat(site + "/new.txt"); err != nil || info.Sys().(*syscall.Stat_t).Uid != 4321 || info.Sys().(*syscall.Stat_t).Gid != 4322 {
		t.Errorf("the upload is %+v, %v", info, err)
	}
	for name, want := range map[string]string{"Uid": "4321 4321 4321 4321", "Gid": "4322 4322 4322 4322", "Groups": "4322", "CapEff": "0000000000000000", "CapPrm": "0000000000000000"} {
		if got := p.statuses(t, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if want := `gserve: goes on as 4321, whom "` + site + `" belongs to, instead of root`; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("it said %q, without %q", p.stderr.String(), want)
	}
	if err := os.WriteFile(private+"/users", []byte("eve:{SHA}rTNsZ8wkJMVgd7TjSlMBoV8zwLE=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.await(t, "word of the file that cannot be read", func() bool {
		ask("-T", site+"/a.txt", "-u", "eve:x", url+"/more.txt")
		return strings.Contains(p.stderr.String(), "users: permission denied (the users that were in it before still count)")
	})
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestDropByName has root become who is named, and apps run as that user.
func TestDropByName(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exchange.Program(t, "python3")
	home := layOut(t, map[string]string{"site/a.txt": "a", "site/cgi-bin/tell": "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; id -u; id -G\n", "app/app.py": `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr((os.getuid(), os.getgroups())).encode()]
`})
	p := start(t, filepath.Join(home, "site"), "--user", "4321:4322", "--cgi", "--handler", "/app=wsgi:"+filepath.Join(home, "app/app.py"), "--python-bin", "/usr/bin/python3")
	p.wants(t, "/a.txt", 200, "a")
	p.wants(t, "/cgi-bin/tell", 200, "4321\n4322\n")
	p.wants(t, "/app", 200, "(4321, [4322])")
	p.stop(t)
	if said := p.stderr.String(); strings.Contains(said, "as root") || strings.Contains(said, "instead of root") {
		t.Errorf("it said %q", said)
	}
}

// TestStayRoot has root be root where there is nobody else to be, or that is
// what the user wants, and nothing be said.
func TestStayRoot(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := layOut(t, map[string]string{"mine/a.txt": "a", "theirs/a.txt": "a"})
	give(t, filepath.Join(home, "theirs"))
	for _, args := range [][]string{
		{filepath.Join(home, "mine")},
		{filepath.Join(home, "theirs"), "--user", "root"},
		{filepath.Join(home, "theirs"), filepath.Join(home, "mine")},
	} {
		p := start(t, args...)
		p.wants(t, "/", 200, "")
		if got := p.statuses(t, "Uid"); got != "0 0 0 0" {
			t.Errorf("%q: Uid is %s", args, got)
		}
		p.stop(t)
		if strings.Contains(p.stderr.String(), "gserve:") {
			t.Errorf("%q: it said %q", args, p.stderr.String())
		}
	}
}

// TestStayRootInContainer has root of a container go on as it did where it is not
// allowed to become the owner, and fail where it is told to.
func TestStayRootInContainer(t *testing.T) {
	t.Parallel()
	needRoot(t)
	setpriv := exchange.Program(t, "setpriv")
	home := layOut(t, map[string]string{"site/a.txt": "a"})
	give(t, home)
	args := []string{"--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid", binary, filepath.Join(home, "site"), "-p", "0", "-b", "127.0.0.1"}
	p := launch(t, exec.Command(setpriv, args...))
	p.wants(t, "/a.txt", 200, "a")
	if got := p.statuses(t, "Uid"); got != "0 0 0 0" {
		t.Errorf("Uid is %s", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, setpriv, append(args, "--user", "4321:4322")...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "gserve: --user 4321:4322: root is not allowed to become another user here (there is no CAP_SETUID)") {
		t.Errorf("%v, %q", err, out)
	}
}

// TestDropMistakes has what cannot be meant say what to do.
func TestDropMistakes(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := layOut(t, map[string]string{"closed/site/a.txt": "a"})
	give(t, filepath.Join(home, "closed/site"))
	site := filepath.Join(home, "closed/site")
	if err := os.Chmod(filepath.Join(home, "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		command []string
		want    string
	}{
		{[]string{binary, site, "--user", "nobody-at-all"}, `gserve: --user nobody-at-all: there is no user "nobody-at-all"`},
		{[]string{binary, site}, `gserve: cannot serve "` + site + `" as 4321: permission denied` + "\ngserve: hint: let 4321 read it"},
		{[]string{binary, site, "--user", "4444:4444"}, `as 4444:4444: permission denied`},
		{[]string{exchange.Program(t, "setpriv"), "--reuid=65534", "--clear-groups", binary, home, "--user", "4321:4322"}, "only root becomes another user"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		out, err := exec.CommandContext(ctx, test.command[0], append(test.command[1:], "-p", "0", "-b", "127.0.0.1")...).CombinedOutput()
		cancel()
		if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 1 || !strings.Contains(string(out), test.want) {
			t.Errorf("%q: %v, %q; want %q", test.command, err, out, test.want)
		}
	}
}
