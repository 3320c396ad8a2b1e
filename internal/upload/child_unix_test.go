//go:build linux || darwin

package upload

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/store"
)

const (
	childEnv = "UPLOAD_TEST_CHILD"       // the folder that the test program serves as a child
	limitEnv = "UPLOAD_TEST_CHILD_LIMIT" // bytes of its files
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		serveAsChild(dir)
	}
	os.Exit(m.Run())
}

// serveAsChild serves until the process is killed.
func serveAsChild(dir string) {
	if limit, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 63); err == nil {
		rlimit := syscall.Rlimit{Cur: limit, Max: limit}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &rlimit); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	s, err := store.Open(dir, store.Options{ETag: sized})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	config := all
	config.Store = s
	h, err := New(config)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(httptest.NewServer(h).URL)
	time.Sleep(10 * time.Minute) // longer than any test; its parent may have been killed
	os.Exit(1)
}

// serveByChild serves a folder in another process.
func serveByChild(t *testing.T, dir string, env ...string) (site, *exec.Cmd) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(append(os.Environ(), childEnv+"="+dir), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		t.Fatalf("%q, %v", line, err)
	}
	return site{t, dir, strings.TrimSpace(line)}, cmd
}

func kill(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}
