package cli

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// TestArchiveMemory fetches archives of 10 GiB from the program, and looks how
// much memory it had at most.
func TestArchiveMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	program := filepath.Join(t.TempDir(), "gserve")
	if out, err := exec.Command(exchange.Program(t, "go"), "build", "-o", program, "github.com/gserve/gserve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	largeTree(t, dir)
	server := exec.Command(program, "0", "-q", "-b", "127.0.0.1", dir)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	banner, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://[^)]*`).FindString(banner)
	for _, kind := range []string{"tar", "zip"} {
		response, err := http.Get(url + "?archive=" + kind)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || n < 10<<30 || n != response.ContentLength {
			t.Fatalf("%s: %d of %d bytes: %v", kind, n, response.ContentLength, err)
		}
		const most = 64 << 10 // KiB, of which the program itself has half
		peak := peakMemory(t, server.Process.Pid)
		t.Logf("%s: the program had %d KiB at most", kind, peak)
		if peak > most {
			t.Errorf("%s: the program had %d KiB, want at most %d", kind, peak, most)
		}
	}
}

// largeTree makes a folder of 10 GiB and many small files.
func largeTree(t *testing.T, dir string) {
	t.Helper()
	for i := range 5 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("sparse-%d.bin", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(2 << 30); err != nil {
			t.Skipf("no room for a sparse file: %v", err)
		}
		f.Close()
	}
	for i := range 10 {
		folder := filepath.Join(dir, fmt.Sprintf("folder-%d", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for j := range 2000 {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file-%d.txt", j)), []byte("small"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// peakMemory returns the most that was ever resident of a process, in KiB.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	var peak int
	if _, err := fmt.Sscan(rest, &peak); !ok || err != nil {
		t.Skipf("the system does not tell: %v", err)
	}
	return peak
}
