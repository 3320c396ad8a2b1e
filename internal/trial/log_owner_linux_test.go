package trial

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLogOfUser has root start the program for a folder of somebody's, who then
// owns the log, and can begin it anew. Who could not is told so at once.
func TestLogOfUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root becomes another user")
	}
	const nobody = 65534
	site, logs, roots := t.TempDir(), t.TempDir(), t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(site), 0o755), os.Chown(site, nobody, nobody), os.Chown(logs, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(logs, "access.log")
	p := start(t, site, "--log-file", log)
	for range 2 {
		info, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != nobody {
			t.Errorf("the log is of user %d", owner)
		}
		if err := os.Rename(log, log+".1"); err != nil {
			t.Fatal(err)
		}
		p.cmd.Process.Signal(syscall.SIGHUP)
		p.await(t, "a new log", func() bool {
			_, err := os.Stat(log)
			return err == nil
		})
	}
	refused := exec.Command(binary, site, "-p", "0", "-b", "127.0.0.1", "--log-file", filepath.Join(roots, "access.log"))
	out, err := refused.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "permission denied\n") || !strings.Contains(string(out), "gserve: hint: gserve goes on as user 65534, ") {
		t.Errorf("%v: %s", err, out)
	}
}
