package cli

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseHandler(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Handler{
		"wsgi:shop:app":                     {"", WSGI, "shop:app"},
		"/api=wsgi:shop.wsgi:application":   {"/api", WSGI, "shop.wsgi:application"},
		"/api/=wsgi:app.py":                 {"/api", WSGI, "app.py"},
		`wsgi:shop:create_app("a=b")`:       {"", WSGI, `shop:create_app("a=b")`},
		"/=wsgi:shop":                       {"", WSGI, "shop"},
		"/hook=cgi:./notify.sh":             {"/hook", CGI, "./notify.sh"},
		"handler:server.py:MyHandler":       {"", Class, "server.py:MyHandler"},
		"http://localhost:5173":             {"", Forward, "http://localhost:5173"},
		"/ws=https://localhost:8888/a?b=c":  {"/ws", Forward, "https://localhost:8888/a?b=c"},
		"unix:/run/app.sock":                {"", Forward, "unix:/run/app.sock"},
		"/app=unix:/run/app.sock":           {"/app", Forward, "unix:/run/app.sock"},
		"http+unix://%2Frun%2Fapp.sock/api": {"", Forward, "http+unix://%2Frun%2Fapp.sock/api"},
	} {
		got, err := parseHandler(value)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", value, got, err, want)
		}
	}
	for value, hint := range map[string]string{
		"":                   "wsgi:APP",
		"app.py":             "wsgi:app.py",
		"shop:app":           "wsgi:shop:app",
		"9000":               "http://localhost:9000",
		"/api":               "/api=wsgi:app.py",
		"api=wsgi:shop":      "/api=wsgi:shop",
		"wsgi:":              "",
		"http:/localhost":    "http://localhost:9000",
		"/api=localhost:900": "http://",
	} {
		_, err := parseHandler(value)
		if err == nil || !strings.Contains(hintOf(err), hint) {
			t.Errorf("%q: %v, hint %q, want one with %q", value, err, hintOf(err), hint)
		}
	}
}

func hintOf(err error) string {
	if advised, ok := errors.AsType[*advisedError](err); ok {
		return advised.hint
	}
	return ""
}

func TestHandlerFlags(t *testing.T) {
	t.Parallel()
	timeout := 2500 * time.Millisecond
	for args, want := range map[string]func(*Config){
		"--handler wsgi:a --handler /b=wsgi:b": func(c *Config) { c.Handlers = []Handler{{"", WSGI, "a"}, {"/b", WSGI, "b"}} },
		"-P http://localhost:1 -w": func(c *Config) {
			c.Handlers, c.Watch = []Handler{{"", Forward, "http://localhost:1"}}, true
		},
		"--cgi":                 func(c *Config) { c.CGIFolders = []string{"/cgi-bin", "/htbin"} },
		"--cgi=/bin/":           func(c *Config) { c.CGIFolders = []string{"/bin"} },
		"--cgi site":            func(c *Config) { c.CGIFolders, c.Paths = []string{"/cgi-bin", "/htbin"}, []string{"site"} },
		"--workers 2":           func(c *Config) { c.Workers = 2 },
		"--threads=4":           func(c *Config) { c.Threads = 4 },
		"--app-dir src":         func(c *Config) { c.AppDir = "src" },
		"--python-bin py":       func(c *Config) { c.PythonBin = "py" },
		"--handler-timeout 2.5": func(c *Config) { c.HandlerTimeout = &timeout },
	} {
		got, err := parse(strings.Fields(args), func(string) string { return "" })
		wanted, _ := parse(nil, func(string) string { return "" })
		want(&wanted)
		if err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %+v, %v, want %+v", args, got, err, wanted)
		}
	}
	for _, args := range []string{
		"--workers 0", "--workers many", "--threads -1", "--handler-timeout x", "--handler-timeout -1", "--cgi=..", "--cgi=/", "-P app.py",
		"--handler wsgi:a --handler wsgi:b", "--handler /a=wsgi:a --proxy /a=http://localhost:1",
	} {
		c, err := parse(strings.Fields(args), func(string) string { return "" })
		if err == nil {
			err = c.Check()
		}
		if err == nil {
			t.Errorf("%s is taken", args)
		}
	}
}
