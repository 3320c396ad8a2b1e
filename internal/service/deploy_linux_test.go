package service

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

const deploy = "../../testdata/deploy"

// TestUnits has systemd look at the units that the README shows. The program
// they start need not be installed here.
func TestUnits(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "systemd-analyze")
	for _, names := range [][]string{
		{"gserve.service", "gserve.socket"},
		{"gserve.service", "gserve.socket", "gserve.service.d/log.conf"},
	} {
		folder := t.TempDir()
		for _, name := range names {
			content := strings.ReplaceAll(readDeployed(t, name), "/usr/local/bin/gserve", "/bin/true")
			unit := filepath.Join(folder, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(unit), 0o700), os.WriteFile(unit, []byte(content), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		service, socket := filepath.Join(folder, "gserve.service"), filepath.Join(folder, "gserve.socket")
		if out, err := exec.Command(program, "verify", "--man=no", service, socket).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%q: verify: %v\n%s", names, err, out)
		}
		// 17 is 1.7 of 10, where 10 is a service that may do everything.
		if out, err := exec.Command(program, "security", "--offline=yes", "--threshold=17", "--no-pager", service).CombinedOutput(); err != nil {
			t.Errorf("%q: security: %v\n%s", names, err, out)
		}
	}
}

func readDeployed(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(deploy, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestDockerfile holds what the image promises: nothing but the program, for
// nobody in particular, by number, as there is no list of users in it.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	_, image, _ := strings.Cut(readDeployed(t, "Dockerfile"), "\nFROM scratch\n")
	for _, line := range []string{"USER 65532:65532\n", "ENTRYPOINT [\"/gserve\"]\n"} {
		if !strings.Contains(image, line) {
			t.Errorf("no %q below FROM scratch:\n%s", line, image)
		}
	}
	if strings.Contains(image, "FROM ") || strings.Contains(image, "RUN ") {
		t.Errorf("more than the program:\n%s", image)
	}
}
