package hook

import (
	"os"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// What Python compiles would be put beside the applications of testdata.
func init() { os.Setenv("PYTHONDONTWRITEBYTECODE", "1") }

// pythonForTests is Debian's Python, which has the frameworks, or any other.
func pythonForTests(t testing.TB) string {
	t.Helper()
	if _, err := os.Stat("/usr/bin/python3"); err == nil {
		return "/usr/bin/python3"
	}
	return exchange.Program(t, "python3")
}
