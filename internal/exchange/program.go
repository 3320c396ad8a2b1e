package exchange

import (
	"os"
	"os/exec"
	"testing"
)

// Program finds a program that a test has for its real counterpart. Without it
// the test is skipped, but fails where all of them have to be there, which CI
// in the environment says.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return path
}
