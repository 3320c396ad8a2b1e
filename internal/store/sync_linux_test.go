package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// TestSynchronised sees that a file gets its name after it has reached the
// disk, and that it is told of when its name has.
func TestSynchronised(t *testing.T) {
	const env = "STORE_TEST_SYNCHRONISED"
	if dir := os.Getenv(env); dir != "" {
		s := openIn(t, dir, Options{})
		if _, err := put(s, ".", "told", "x", Conditions{}); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(dir, "told")) // to be seen in the calls
		return
	}
	strace := exchange.Program(t, "strace")
	calls := filepath.Join(t.TempDir(), "calls")
	cmd := exec.Command(strace, "-f", "-e", "trace=fsync,renameat2,unlink,unlinkat", "-o", calls, os.Args[0], "-test.run=^TestSynchronised$")
	cmd.Env = append(os.Environ(), env+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("cannot trace: %v: %s", err, out)
	}
	trace, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	order := regexp.MustCompile(`(?s) fsync\(.* renameat2\([^\n]*"told".* fsync\(.* unlink[^\n]*told`)
	if !order.Match(trace) {
		t.Errorf("%s", trace)
	}
}
