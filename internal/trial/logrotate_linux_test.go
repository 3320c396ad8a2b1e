package trial

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// TestLogrotate has the real logrotate move the log away again and again, as the
// README shows it, while requests go on. Every one of them is in one of the logs.
func TestLogrotate(t *testing.T) {
	t.Parallel()
	logrotate := exchange.Program(t, "logrotate")
	const rotations, clients = 4, 3
	logs, site := t.TempDir(), t.TempDir()
	create(t, filepath.Join(site, "a.txt"))
	log := filepath.Join(logs, "access.log")
	p := start(t, site, "--log-file", log)
	conf := rotation(t, log, fmt.Sprintf("kill -HUP %d", p.cmd.Process.Pid))

	var asked atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				if status, _, err := p.get(t.Context(), fmt.Sprintf("/a.txt?%d", asked.Add(1))); status != 200 {
					t.Errorf("%d, %v", status, err)
					return
				}
			}
		})
	}
	for range rotations {
		before := asked.Load()
		p.await(t, "more requests", func() bool {
			info, err := os.Stat(log)
			return asked.Load() > before+50 && err == nil && info.Size() > 0 // or else it is left as it is
		})
		if out, err := exec.Command(logrotate, "-f", "-s", filepath.Join(logs, "state"), conf).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		p.await(t, "a new log", func() bool {
			_, err := os.Stat(log)
			return err == nil
		})
	}
	stop()
	all.Wait()
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if told := p.stderr.String(); told != "" {
		t.Errorf("it says %q", told)
	}
	names, _ := filepath.Glob(log + "*")
	seen := map[string]int{}
	for _, name := range names {
		for line := range strings.Lines(readLog(t, name)) {
			seen[line[strings.Index(line, `"GET `):]]++
		}
	}
	if len(names) != rotations+1 || len(seen) != int(asked.Load()) {
		t.Errorf("%d requests, and %d lines in %q", asked.Load(), len(seen), names)
	}
}

// rotation returns a file for logrotate: that of the README, but for the place
// of the log and for how the signal is sent, as no systemd runs here.
func rotation(t *testing.T, log, signal string) string {
	t.Helper()
	shown, err := os.ReadFile("../../testdata/deploy/logrotate.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(shown)
	for from, to := range map[string]string{
		"/var/log/gserve/access.log": log, "systemctl kill --signal=HUP --kill-whom=main gserve.service": signal,
	} {
		if strings.Count(text, from) != 1 {
			t.Fatalf("no %q in %s", from, text)
		}
		text = strings.Replace(text, from, to, 1)
	}
	name := filepath.Join(t.TempDir(), "logrotate.conf")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func readLog(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
