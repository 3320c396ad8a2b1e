package service

import (
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
	folder := t.TempDir()
	var units []string
	for _, name := range []string{"gserve.service", "gserve.socket"} {
		content := strings.ReplaceAll(readDeployed(t, name), "/usr/local/bin/gserve", "/bin/true")
		unit := filepath.Join(folder, name)
		if err := os.WriteFile(unit, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
	}
	if out, err := exec.Command(program, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// 17 is 1.7 of 10, where 10 is a service that may do everything.
	if out, err := exec.Command(program, "security", "--offline=yes", "--threshold=17", "--no-pager", units[0]).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
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
