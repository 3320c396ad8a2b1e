//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
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

// findVersions asks what takes part in every suite. What does not answer is not
// installed.
func (b *bench) findVersions(ctx context.Context) {
	b.versions = map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	b.findVersion(ctx, "wrk", 1, "wrk", "--version") // it exits with 1
}

// findPython asks what runs applications.
func (b *bench) findPython(ctx context.Context) {
	for line := range strings.Lines(firstOutput(ctx, b.python, "-W", "ignore", "-c", askPython)) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		b.versions[strings.ReplaceAll(name, "_", " ")] = version
	}
	b.findVersion(ctx, "uwsgi", 0, "uwsgi", "--version")
}

// findVersion asks a program, whose version is a word of its answer.
func (b *bench) findVersion(ctx context.Context, name string, word int, command ...string) {
	if words := strings.Fields(firstOutput(ctx, command[0], command[1:]...)); len(words) > word {
		_, version, found := strings.Cut(words[word], "/") // as in nginx/1.22.1
		if !found {
			version = words[word]
		}
		b.versions[name] = version
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
	for _, name := range slices.Sorted(maps.Keys(b.versions)) {
		versions = append(versions, name+" "+b.versions[name])
	}
	fmt.Fprintf(b.out, "Medians of %s of %s each, all servers of a table by turns, the load on the same machine "+
		"(%s, %d cores, %s/%s%s); %s. The ratio is the median of those of the rounds. %s "+
		"CPU/request is what all processes of a server use, the load aside; memory is their PSS after the load. Load average before %s, after %s; %s in all. Again: `%s`.\n\nVersions: %s.\n",
		counted(b.rounds, "round"), b.duration, processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, kernel(), b.pinning(),
		b.suite.conditions, load, loadAverage(), took.Round(time.Second), b.command, strings.Join(versions, ", "))
	if left := b.leftOut(b.cases); left != "" && b.suite.peers {
		fmt.Fprintf(b.out, "\nLeft out: %s.\n", left)
	}
	if warning := b.busy(load); warning != "" {
		fmt.Fprintf(b.out, "\nThe figures are noisy: %s.\n", warning)
	}
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// quiet is the load average of a machine that has nothing to do but this.
const quiet = 0.5

// busy warns of what else the machine does, or is "".
func (b *bench) busy(load string) string {
	if n, err := strconv.ParseFloat(load, 64); err == nil && n > quiet {
		return fmt.Sprintf("the load average was %s before anything was measured, and a quiet machine has %.1f at most", load, quiet)
	}
	return ""
}

// kernel is the release of Linux, or "".
func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return " " + strings.TrimSpace(string(text))
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
