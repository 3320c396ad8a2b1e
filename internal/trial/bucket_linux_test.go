package trial

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/bucket/storetest"
)

// inBucket returns gserve as a command that finds a store at a URL.
func inBucket(s *storetest.Store, at string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, append(args, "-p", "0", "-b", "127.0.0.1")...)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(s.Folder))
	for name, value := range s.Environment(at) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// TestBucket serves a site from object storage: also when connections to the store
// have to be opened long after the start, when the process is confined; and with
// the rules that lie in the bucket. Nobody is told of the keys.
func TestBucket(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "web/index.html", "<h1>home</h1>")
	s.Put(t, "web/docs/a.bin", "a")
	s.Put(t, "web/404.html", "<h1>nothing</h1>")
	s.Put(t, "web/_redirects", "/old /docs/a.bin 301\n")
	s.Put(t, "web/_headers", "/docs/*\n  X-Own: yes\n")
	s.Put(t, "secret.txt", "secret")
	proxy := storetest.NewProxy(t, s)
	p := launch(t, inBucket(s, proxy.URL, "s3://"+s.Bucket+"/web", "-v"))
	for target, want := range map[string]string{
		"/": "200 <h1>home</h1>", "/docs/a.bin": "200 a", "/old": "301", "/none": "404 <h1>nothing</h1>",
		"/../secret.txt": "404 <h1>nothing</h1>", "/_redirects": "404 <h1>nothing</h1>",
	} {
		proxy.Drop()
		status, content, err := p.get(context.Background(), target)
		if got := fmt.Sprintf("%d %s", status, content); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, %v", target, got, err)
		}
	}
	s.Stop()
	var status int
	var content []byte
	var err error
	p.await(t, "what the store has told is believed no longer", func() bool {
		status, content, err = p.get(context.Background(), "/docs/")
		return err != nil || status != http.StatusOK
	})
	if err != nil || status != http.StatusServiceUnavailable || strings.Contains(string(content), "127.0.0.1") {
		t.Errorf("without the store: %d, %q, %v", status, content, err)
	}
	p.await(t, "the cause", func() bool { return regexp.MustCompile(`503 \d+\n.*store: `).MatchString(p.stderr.String()) })
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, secret := range []string{storetest.ID, storetest.Secret} {
		if strings.Contains(p.stdout.String()+p.stderr.String(), secret) {
			t.Errorf("%s is told", secret)
		}
	}
}

// TestBucketMemory sends an object that is larger than the process may become.
func TestBucketMemory(t *testing.T) {
	t.Parallel()
	const size, room = 512 << 20, 96 << 20
	s := storetest.Start(t)
	s.Put(t, "index.html", "<h1>home</h1>")
	name := filepath.Join(s.Folder, "large.bin")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
	p := launch(t, inBucket(s, s.URL, "s3://"+s.Bucket))
	answer, err := http.Get("http://" + p.address + "/large.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if peak := peakMemory(t, p.cmd.Process.Pid); peak > room {
		t.Errorf("%d MiB are used to send %d MiB", peak>>20, size>>20)
	} else {
		t.Logf("%d MiB are used to send %d MiB", peak>>20, size>>20)
	}
}

// peakMemory returns the most memory that a process has had.
func peakMemory(t testing.TB, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatal("no peak of memory is told")
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// TestBucketRefused has the program end with a hint if there is nothing to serve.
func TestBucketRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	cmd := inBucket(s, s.URL, "s3://other")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v", err)
	}
	if want := "gserve: cannot serve s3://other: there is no such bucket\ngserve: hint: it is looked for at " + s.URL; !strings.HasPrefix(said.String(), want) {
		t.Errorf("%s", said.String())
	}
}
