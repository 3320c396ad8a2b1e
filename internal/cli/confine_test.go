package cli

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/confine"
)

func TestNarrow(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	homes := []string{"/home/ann"}
	for _, test := range []struct{ top, path, want string }{
		{"/srv/www", "/srv/www/site", "/srv/www"},
		{"/", "/srv", "/srv"},
		{"/", "/srv/www/site", "/srv"},
		{"/", "/", "/"},
		{"/home/ann", "/home/ann/site", "/home/ann/site"},
		{"/home/ann", "/home/ann/project/target/doc", "/home/ann/project"},
		{"/home", "/home/ann", "/home/ann"},
		{"/home", "/home/ann/site", "/home/ann/site"},
		{"/home/ann/project", "/home/ann/project/dist", "/home/ann/project"},
		{"/home/anna", "/home/anna/site", "/home/anna"},
	} {
		if got := narrow(test.top, test.path, homes); got != test.want {
			t.Errorf("from %s down to %s: got %s, want %s", test.top, test.path, got, test.want)
		}
	}
}

func TestOutermost(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	for _, test := range []struct{ paths, want string }{
		{"/a /b", "/a /b"},
		{"/a/b /a", "/a"},
		{"/a /a /a/b", "/a"},
		{"/a /ab", "/a /ab"},
		{"/ /a", "/"},
		{"", ""},
	} {
		if got := strings.Join(outermost(strings.Fields(test.paths)), " "); got != test.want {
			t.Errorf("%s: got %s, want %s", test.paths, got, test.want)
		}
	}
}

// TestAround has room be where the user's paths lead.
func TestAround(t *testing.T) {
	t.Parallel()
	home := exact(t.TempDir())[0]
	if err := errors.Join(os.MkdirAll(filepath.Join(home, "releases/1"), 0o755), os.MkdirAll(filepath.Join(home, "www"), 0o755)); err != nil {
		t.Fatal(err)
	}
	current := filepath.Join(home, "www/current")
	if err := os.Symlink(filepath.Join(home, "releases/1"), current); err != nil {
		t.Skip(err)
	}
	if got, want := around(current), []string{filepath.Join(home, "www"), filepath.Join(home, "releases")}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := exact(current), []string{filepath.Join(home, "releases/1")}; !slices.Equal(got, want) {
		t.Errorf("exactly: got %q, want %q", got, want)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{".": filepath.Dir(here), "testdata/fuzz": here, "../listing": filepath.Dir(here)} {
		if got := around(path)[0]; got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// planned returns the plan of a command line, whose last word is the folder that
// is served. The source is not opened.
func planned(t *testing.T, line, folder string) confine.Plan {
	t.Helper()
	c, err := parse(append(arguments(line), folder), environ(""))
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.settle()
	r := &run{config: c}
	r.source.folder, r.source.root = folder, unconfined{}
	return r.plan()
}

func TestPlan(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it is for Linux")
	}
	home := exact(t.TempDir())[0]
	site, inbox, elsewhere := filepath.Join(home, "www/site"), filepath.Join(home, "www/site/inbox"), filepath.Join(home, "elsewhere")
	users, log := filepath.Join(elsewhere, "users"), filepath.Join(elsewhere, "access.log")
	if err := errors.Join(os.MkdirAll(inbox, 0o755), os.MkdirAll(elsewhere, 0o755), os.WriteFile(users, nil, 0o600), os.WriteFile(log, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		line, reads, writes string
		is                  func(confine.Plan) bool
	}{
		{line: "", reads: "www", is: func(p confine.Plan) bool { return !p.Connect && !p.Exec && !p.Verify && p.Remove == nil }},
		{line: "--confine", reads: "www/site"},
		{line: "--follow-symlinks", reads: "/"},
		{line: "--follow-symlinks --confine", reads: "www/site"},
		{line: "--python", reads: "/"},
		{line: "--upload=inbox", reads: "www", writes: "www/site/inbox"},
		{line: "--webdav", reads: "www"},
		{line: "--webdav -A", reads: "www", writes: "www/site"},
		{line: "--auth @" + users, reads: "www elsewhere"},
		{line: "--confine --auth @" + users, reads: "www/site elsewhere/users"},
		{line: "--log-file " + log, reads: "www", writes: "elsewhere"},
		{line: "--bind unix:" + elsewhere + "/s", reads: "www", is: func(p confine.Plan) bool { return slices.Equal(p.Remove, []string{elsewhere}) }},
		{line: "--proxy http://localhost:1", reads: "www", is: func(p confine.Plan) bool {
			return p.Connect && !p.Verify && slices.Equal(p.Hosts, []string{"localhost"})
		}},
		{line: "--proxy https://[::1]:1", reads: "www", is: func(p confine.Plan) bool { return p.Connect && p.Verify && slices.Equal(p.Hosts, []string{"::1"}) }},
		{line: "--proxy unix:/run/app.sock", reads: "www", is: func(p confine.Plan) bool { return p.Connect && p.Hosts == nil }},
		{line: "--handler wsgi:app", is: func(p confine.Plan) bool { return p.Exec && !p.Setuid }},
		{line: "--handler wsgi:app --open", is: func(p confine.Plan) bool { return p.Exec && p.Setuid }},
		{line: "--cgi", is: func(p confine.Plan) bool { return p.Exec }},
	} {
		p := planned(t, test.line, site)
		for what, paths := range map[string][2]string{"reads": {strings.Join(p.Read, " "), test.reads}, "writes": {strings.Join(p.Write, " "), test.writes}} {
			if got := strings.ReplaceAll(paths[0], home+"/", ""); got != paths[1] {
				t.Errorf("%q %s %q, want %q", test.line, what, got, paths[1])
			}
		}
		if test.is != nil && !test.is(p) {
			t.Errorf("%q: %+v", test.line, p)
		}
	}
}

// TestPlanSetuid has programs that gain privileges go on to do so.
func TestPlanSetuid(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it is for Linux")
	}
	site := t.TempDir()
	program := filepath.Join(site, "cgi-bin/deep/program")
	if err := errors.Join(os.MkdirAll(filepath.Dir(program), 0o755), os.WriteFile(program, nil, 0o755)); err != nil {
		t.Fatal(err)
	}
	r := &run{config: Config{CGIFolders: []string{"/cgi-bin", "/htbin"}}}
	r.source.root = unconfined{fileserver.Unconfined(site)}
	if r.runsSetuid() {
		t.Error("no program gains privileges")
	}
	if err := os.Chmod(program, 0o755|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if !r.runsSetuid() {
		t.Error("a program gains those of a group")
	}
	r = &run{config: Config{Handlers: []Handler{{Kind: CGI, Spec: program}}}}
	if !r.runsSetuid() {
		t.Error("a program that is named gains those of a group")
	}
}

// TestPlanBucket has keys of object storage be had when the first ones end.
func TestPlanBucket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it is for Linux")
	}
	home := exact(t.TempDir())[0]
	keys, token := filepath.Join(home, ".aws/credentials"), filepath.Join(home, "run/token")
	if err := errors.Join(os.MkdirAll(filepath.Dir(keys), 0o755), os.MkdirAll(filepath.Dir(token), 0o755),
		os.WriteFile(keys, []byte("[default]\n"), 0o600), os.WriteFile(token, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	sys := System{Getenv: environ("HOME=" + home + "\nAWS_WEB_IDENTITY_TOKEN_FILE=" + token + "\nAWS_ENDPOINT_URL=http://localhost:9000")}
	var p confine.Plan
	sys.allowBucket(&p)
	if want := []string{filepath.Dir(keys), filepath.Dir(token)}; !slices.Equal(outermost(p.Read), want) {
		t.Errorf("reads %q, want %q", p.Read, want)
	}
	if !p.Connect || !p.Verify || p.Exec || !slices.Equal(p.Hosts, []string{"localhost"}) {
		t.Errorf("got %+v", p)
	}
	if err := os.WriteFile(keys, []byte("[default]\ncredential_process = sso\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sys.allowBucket(&p); !p.Exec {
		t.Error("the program that makes keys cannot run")
	}
	sys.Getenv = environ("")
	p = confine.Plan{}
	if sys.allowBucket(&p); !slices.Equal(p.Hosts, []string{"amazonaws.com"}) || p.Read != nil {
		t.Errorf("without settings: %+v", p)
	}
}
