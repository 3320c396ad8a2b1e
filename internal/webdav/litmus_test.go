package webdav

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// TestLitmus has the suite of litmus say whether the protocol is kept.
func TestLitmus(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "litmus")
	for _, suite := range []string{"basic", "copymove", "props", "locks", "http"} {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, all)
			cmd := exec.Command(program, s.url+"/")
			cmd.Dir = t.TempDir() // where it logs to
			cmd.Env = append(os.Environ(), "TESTS="+suite)
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "FAIL") || strings.Contains(line, "SKIPPED") || strings.Contains(line, "WARNING") {
					t.Error(line)
				}
			}
		})
	}
}
