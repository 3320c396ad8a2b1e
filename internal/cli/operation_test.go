package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/service"
)

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"/healthz": true, "/a/b": true, "/.well-known/health": true, "/ü": true, "/a b": true,
		"": false, "/": false, "up": false, "/up/": false, "//up": false, "/a/../b": false, "/.": false,
		"/a?b": false, "/a#b": false, "/%61": false, "/a\nb": false, "/a\x00": false, `/a\b`: false, "http://x/up": false,
	} {
		if got := isOwnPath(value); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}

func TestOperationFlags(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Config{
		"":                                {},
		"--health --metrics":              {Health: "/healthz", Metrics: "/metrics"},
		"--health=/up --metrics=/numbers": {Health: "/up", Metrics: "/numbers"},
		"--health=/metrics":               {Health: "/metrics"},
		"--log-file a.log -q":             {LogFile: "a.log"},
	} {
		c, err := parse(arguments(line), environ(""))
		if err == nil {
			err = c.Check()
		}
		if err != nil || c.Health != want.Health || c.Metrics != want.Metrics || c.LogFile != want.LogFile {
			t.Errorf("%q: %q %q %q, %v", line, c.Health, c.Metrics, c.LogFile, err)
		}
	}
	for _, line := range []string{
		"--health=/metrics --metrics", "--health=/x --metrics=/x", "--health --share 1h", "--metrics --share 1h", "--health=", "--metrics=metrics",
	} {
		c, err := parse(arguments(line), environ(""))
		if err == nil {
			err = c.Check()
		}
		if err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}

// TestWithoutProbes leaves out what found all well, and nothing else.
func TestWithoutProbes(t *testing.T) {
	t.Parallel()
	var logged []string
	observe := withoutProbes("/up", func(r *fileserver.Record) { logged = append(logged, r.Target) })
	for _, r := range []struct {
		path   string
		status int
	}{{"/up", 200}, {"/up", 503}, {"/up", 405}, {"/up/", 200}, {"/", 200}} {
		observe(&fileserver.Record{Status: r.status, Target: r.path, Request: &http.Request{URL: &url.URL{Path: r.path}}})
	}
	if want := []string{"/up", "/up", "/up/", "/"}; !slices.Equal(logged, want) {
		t.Errorf("logged %q", logged)
	}
}

// TestServesFile tells of a log, before there is one, whether clients could have
// it.
func TestServesFile(t *testing.T) {
	t.Parallel()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	site, other := filepath.Join(folder, "site"), filepath.Join(folder, "other")
	for _, name := range []string{filepath.Join(site, ".private"), filepath.Join(site, ".well-known"), other} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(site, "log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	linked := os.Symlink(filepath.Join(site, "log"), filepath.Join(other, "link")) == nil
	for _, tt := range []struct {
		name   string
		hidden bool // are served
		want   bool
	}{
		{filepath.Join(site, "new.log"), false, true},
		{filepath.Join(site, "log"), false, true},
		{filepath.Join(site, ".private", "log"), false, false},
		{filepath.Join(site, ".log"), false, false},
		{filepath.Join(site, ".log"), true, true},
		{filepath.Join(site, ".well-known", "log"), false, true},
		{filepath.Join(site, "..", "log"), false, false},
		{filepath.Join(other, "log"), true, false},
		{filepath.Join(other, "link"), false, linked},
		{filepath.Join(site, "no", "such", "log"), false, false}, // cannot be made
	} {
		r := &run{config: Config{Hidden: tt.hidden}, source: source{folder: site}}
		if _, got := r.servesFile(tt.name); got != tt.want {
			t.Errorf("%s, hidden %t: %t", tt.name, tt.hidden, got)
		}
		r.source = source{folders: []string{filepath.Join(folder, "third"), site}}
		if _, got := r.servesFile(tt.name); got != tt.want {
			t.Errorf("%s, hidden %t, of several folders: %t", tt.name, tt.hidden, got)
		}
	}
}

// TestUseSockets has those of the manager be taken only by who said nothing.
func TestUseSockets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line    string
		sockets []string
		want    []string
		warns   bool
	}{
		{"", []string{"fd:3", "fd:4"}, []string{"fd:3", "fd:4"}, false},
		{"", nil, nil, false},
		{"8000", []string{"fd:3"}, nil, true},
		{"-p 0", []string{"fd:3"}, nil, true},
		{"-b localhost", []string{"fd:3"}, []string{"localhost"}, true},
		{"-b fd:4", []string{"fd:3", "fd:4"}, []string{"fd:4"}, false},
		{"-b localhost", nil, []string{"localhost"}, false},
	} {
		c, err := parse(arguments(tt.line), environ(""))
		if err != nil {
			t.Fatal(err)
		}
		var told bytes.Buffer
		r := &run{System: System{Stderr: &told}, config: c}
		r.useSockets(tt.sockets)
		if !slices.Equal(r.config.Bind, tt.want) || strings.Contains(told.String(), "sockets are not used") != tt.warns {
			t.Errorf("%q with %q: %q, %s", tt.line, tt.sockets, r.config.Bind, &told)
		}
	}
}

// A manager that does not hear is told of, and no reason not to serve.
func TestManagerThatIsGone(t *testing.T) {
	t.Parallel()
	gone, err := service.FindManager(environ("NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "none")), os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	r := &run{System: System{Stderr: &told}, manager: gone}
	r.toManager(r.manager.Ready)
	if !strings.HasPrefix(told.String(), "gserve: cannot tell the service manager at ") {
		t.Errorf("%q", &told)
	}
	r = &run{System: System{Stderr: &told, Getenv: environ("NOTIFY_SOCKET=nonsense")}}
	if err := r.findManager(t.Context()); err != nil || r.manager != nil {
		t.Errorf("%v, %v", r.manager, err)
	}
	r = &run{System: System{Stderr: &told, Getenv: environ(fmt.Sprintf("LISTEN_PID=%d\nLISTEN_FDS=many", os.Getpid()))}}
	if err := r.findManager(t.Context()); err == nil || err.Error() != `LISTEN_FDS="many" is not a number of sockets` {
		t.Error(err)
	}
}
