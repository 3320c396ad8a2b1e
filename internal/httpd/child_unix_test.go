//go:build unix

package httpd

import (
	"os"
	"os/exec"
	"testing"
)

// childEnv names the role that the test program plays when a test runs it again.
const childEnv = "HTTPD_TEST_CHILD"

// child is the test program as the child that plays a test's role.
func child(t *testing.T) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+t.Name())
	return cmd
}

func isChild(t *testing.T) bool { return os.Getenv(childEnv) == t.Name() }
