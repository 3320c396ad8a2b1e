//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// askPython prints what Python has, a name and a version a line.
const askPython = `
import platform
from importlib.metadata import PackageNotFoundError, version

print("python", platform.python_version())
for name in ("flask", "werkzeug", "django", "gunicorn", "waitress", "watchdog"):
    try:
        print(name, version(name))
    except PackageNotFoundError:
        pass
try:
    from http.server import CGIHTTPRequestHandler

    print("http.server_--cgi", platform.python_version())
except ImportError:
    pass
`

// findVersions asks everything that takes part. What does not answer is not
// installed.
func (b *bench) findVersions(ctx context.Context) {
	b.versions = map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	for line := range strings.Lines(firstOutput(ctx, b.python, "-W", "ignore", "-c", askPython)) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		b.versions[strings.ReplaceAll(name, "_", " ")] = version
	}
	if words := strings.Fields(firstOutput(ctx, "uwsgi", "--version")); len(words) > 0 {
		b.versions["uwsgi"] = words[0]
	}
	if words := strings.Fields(firstOutput(ctx, "wrk", "--version")); len(words) > 1 { // it exits with 1
		b.versions["wrk"] = words[1]
	}
}

// firstOutput returns what a program prints, or "".
func firstOutput(ctx context.Context, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, name, args...).Output()
	return string(out)
}

// printConditions says what was measured on what.
func (b *bench) printConditions(load string, took time.Duration) {
	var versions []string
	for _, name := range []string{"go", "python", "flask", "werkzeug", "django", "gunicorn", "uwsgi", "waitress", "watchdog", "wrk"} {
		if version := b.versions[name]; version != "" {
			versions = append(versions, name+" "+version)
		}
	}
	fmt.Fprintf(b.out, "Medians of %d rounds of %s each, all servers of a table by turns, wrk with keep-alive on the same machine "+
		"(%s, %d cores, %s/%s); files for half as long, CGI for a quarter, but at least 1s; %s. The ratio is the median of those of the rounds. Nobody writes an access log. "+
		"CPU/request is what all processes of a server use, wrk aside; memory is their PSS after the load. Load average before %s, after %s; %s in all.\n\nVersions: %s.\n",
		b.rounds, b.duration, processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, b.pinning(),
		load, loadAverage(), took.Round(time.Second), strings.Join(versions, ", "))
}

// loadAverage is that of the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if words := strings.Fields(string(text)); err == nil && len(words) > 0 {
		return words[0]
	}
	return "unknown"
}

// processor is what the processor calls itself.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(text) {
		if name, ok := bytes.CutPrefix(line, []byte("model name")); ok {
			return strings.TrimSpace(strings.TrimLeft(string(name), "\t :"))
		}
	}
	return "unknown processor"
}
