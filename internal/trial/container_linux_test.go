package trial

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestImage runs the program as the image does that the README shows: built by
// the same command, in a tree where nothing else is and nothing can be written,
// by the same user, who may do nothing.
func TestImage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the program")
	}
	image, err := os.ReadFile("../../testdata/deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	build := field(t, string(image), `(?m)^RUN (.* go build .* -o) /gserve \.$`)
	user, err := strconv.Atoi(field(t, string(image), `(?m)^USER (\d+):\d+$`))
	if err != nil {
		t.Fatal(err)
	}
	tree := t.TempDir()
	if err := syscall.Mount("none", tree, "tmpfs", 0, "size=64m,mode=755"); err != nil {
		t.Skip("mount a file system: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(tree, syscall.MNT_DETACH) })
	compile := exec.Command("sh", "-c", build+" "+filepath.Join(tree, "gserve")+" github.com/gserve/gserve")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err = errors.Join(os.Mkdir(filepath.Join(tree, "srv"), 0o755), os.WriteFile(filepath.Join(tree, "srv", "a.txt"), []byte("hello"), 0o644),
		syscall.Mount("none", tree, "", syscall.MS_REMOUNT|syscall.MS_RDONLY|syscall.MS_NOSUID, ""))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/gserve", "/srv", "--health", "--metrics", "-p", "0", "-b", "127.0.0.1")
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: tree, Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	p := launch(t, cmd)
	for target, want := range map[string]string{"/a.txt": "hello", "/healthz": "ok\n"} {
		if status, content, err := p.get(t.Context(), target); status != 200 || string(content) != want {
			t.Errorf("%s: %d %q, %v", target, status, content, err)
		}
	}
	if got := number(t, p, "gserve_requests_total"); got < 2 {
		t.Errorf("%v requests", got)
	}
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)); err != nil || !strings.Contains(string(status), fmt.Sprintf("\nUid:\t%d\t", user)) {
		t.Errorf("it runs as another user: %v\n%s", err, status)
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if told := p.stderr.String(); strings.Contains(told, "gserve: ") {
		t.Errorf("it says %q", told)
	}
}

// field returns the group that a pattern has in a text.
func field(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	return m[1]
}
