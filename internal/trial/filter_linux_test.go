package trial

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// TestUnitFilter has the unit that the README shows allow every system call that
// serving takes, that of confining the process among them.
func TestUnitFilter(t *testing.T) {
	t.Parallel()
	strace, analyze := exchange.Program(t, "strace"), exchange.Program(t, "systemd-analyze")
	unit, err := os.ReadFile("../../testdata/deploy/gserve.service")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^SystemCallFilter=(~?)(.+)$`).FindAllStringSubmatch(string(unit), -1) {
		for _, word := range strings.Fields(m[2]) {
			for name := range callsOf(t, analyze, word) {
				allowed[name] = m[1] == ""
			}
		}
	}
	folder := t.TempDir()
	create(t, filepath.Join(folder, "a.txt"))
	trace := filepath.Join(folder, "trace")
	cmd := exec.Command(strace, "-f", "-o", trace, binary, folder, "-p", "0", "-b", "127.0.0.1", "--metrics", "--health", "--log-file", filepath.Join(folder, ".log"))
	p := launch(t, cmd)
	for _, target := range []string{"/", "/a.txt", "/healthz", "/metrics"} {
		if status, _, err := p.get(t.Context(), target); status != 200 {
			t.Errorf("%s: %d, %v", target, status, err)
		}
	}
	endTraced(t, p, trace)
	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\d+ +(?:<\.\.\. )?([a-z_0-9]+)[( ]`).FindAllStringSubmatch(string(calls), -1) {
		used[m[1]] = true
	}
	if !used["accept4"] || !used["openat"] {
		t.Fatalf("the trace has %v", used)
	}
	for name := range maps.Keys(used) {
		if !allowed[name] {
			t.Errorf("the unit does not allow %s", name)
		}
	}
}

// endTraced ends what strace has started, whose number the trace begins with.
func endTraced(t *testing.T, p *program, trace string) {
	t.Helper()
	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(calls), &pid); err != nil || pid <= 1 {
		t.Fatalf("%d, %v", pid, err)
	}
	syscall.Kill(pid, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(patience):
		syscall.Kill(pid, syscall.SIGKILL)
		t.Error("it does not stop")
	}
}

// callsOf returns the system calls that a word of a filter stands for: its own
// name, or all in a group, which may be of groups.
func callsOf(t *testing.T, analyze, word string) map[string]bool {
	t.Helper()
	if !strings.HasPrefix(word, "@") {
		return map[string]bool{word: true}
	}
	out, err := exec.Command(analyze, "syscall-filter", "--no-pager", word).Output()
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	calls := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line == "" || line == word || strings.HasPrefix(line, "#") {
			continue
		}
		maps.Copy(calls, callsOf(t, analyze, line))
	}
	return calls
}
