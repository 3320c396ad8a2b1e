package trial

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// inModes runs a trial with plain requests answered in front of net/http, and
// by it. Trials under load run one after the other, each with the machine to itself.
func inModes(t *testing.T, trial func(t *testing.T, flags ...string)) {
	t.Run("lane", func(t *testing.T) { trial(t) })
	t.Run("no lane", func(t *testing.T) { trial(t, "--no-lane") })
}

const (
	smallFile = "small.txt"
	largeFile = "large.bin"
	largeSize = 64 << 20 // more than any buffers hold
)

var smallContent = strings.Repeat("All work and no play makes Jack a dull boy.\n", 20)

// loadSite returns a folder with a small file and a large one.
func loadSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, smallFile), []byte(smallContent), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, largeFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(largeSize); err != nil { // without taking space
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond) // what was just written is not remembered
	return dir
}

// use is what a process has of the machine.
type use struct {
	memory int // resident, in KiB
	files  int // open
	cpu    time.Duration
}

func (u use) String() string {
	return fmt.Sprintf("%.1f MiB, %d files, %v of CPU", float64(u.memory)/1024, u.files, u.cpu)
}

// useOf returns what a process has now.
func useOf(t testing.TB, pid int) use {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		t.Fatal(err)
	}
	var u use
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(rest, &u.memory); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir + "fd")
	if err != nil {
		t.Fatal(err)
	}
	u.files = len(files)
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):])) // of which the first is the state
	user, _ := strconv.Atoi(fields[12])
	system, _ := strconv.Atoi(fields[13])
	u.cpu = time.Duration(user+system) * 10 * time.Millisecond // of the kernel's hundred a second
	return u
}

func (p *program) use(t testing.TB) use {
	t.Helper()
	return useOf(t, p.cmd.Process.Pid)
}

// recovers waits until the program has as many files open as it had before, or a
// few that it may keep, sees that it serves, and ends it.
func (p *program) recovers(t *testing.T, before use) {
	t.Helper()
	const kept = 24 // such as folders that are remembered
	p.await(t, "files are closed", func() bool { return p.use(t).files <= before.files+kept })
	if status, content, err := p.get(t.Context(), "/"+smallFile); status != 200 || string(content) != smallContent {
		t.Errorf("afterwards: %d, %v", status, err)
	}
	t.Logf("afterwards: %v; before: %v", p.use(t), before)
	p.endsQuiet(t)
}

// endsQuiet ends the program, and holds that nothing runs in there for clients that
// have left.
func (p *program) endsQuiet(t *testing.T) {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGQUIT) // has the runtime tell of its goroutines
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	const own = 40
	if n := strings.Count(p.stderr.String(), "\ngoroutine "); n == 0 || n > own {
		t.Errorf("%d goroutines are left", n)
	}
}

// needFiles skips a trial where fewer files may be open than it needs.
func needFiles(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < n {
		t.Skipf("it needs %d descriptors, and there are %d", n, limit.Cur)
	}
}

// distantAddress returns an address of this machine that is not a loopback one:
// who comes from there is no program of this machine, as far as one can tell.
func distantAddress(t *testing.T) net.IP {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP
		}
	}
	t.Skip("the machine has no address but loopback")
	return nil
}

// wire is a connection of which the test has every byte in its hands.
type wire struct {
	net.Conn
	r *bufio.Reader
}

// open opens a connection from an address, or from any if that is nil. It is not
// closed when the test ends.
func (p *program) open(from net.IP) (*wire, error) {
	d := net.Dialer{Timeout: patience}
	if from != nil {
		d.LocalAddr = &net.TCPAddr{IP: from}
	}
	c, err := d.Dial("tcp", p.address)
	if err != nil {
		return nil, err
	}
	c.SetReadDeadline(time.Now().Add(patience))
	return &wire{c, bufio.NewReaderSize(c, 512)}, nil
}

// ask sends a request for a file.
func (w *wire) ask(name string) error {
	_, err := io.WriteString(w, "GET /"+name+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return err
}

// begin reads the head of an answer that has this status.
func (w *wire) begin(status int) (*http.Response, error) {
	w.SetReadDeadline(time.Now().Add(patience))
	answer, err := http.ReadResponse(w.r, nil)
	if err == nil && answer.StatusCode != status {
		err = fmt.Errorf("%s", answer.Status)
	}
	return answer, err
}

// fetch asks for the small file, and checks that it comes.
func (w *wire) fetch() error {
	if err := w.ask(smallFile); err != nil {
		return err
	}
	answer, err := w.begin(http.StatusOK)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(answer.Body)
	if err == nil && string(content) != smallContent {
		err = fmt.Errorf("got %q", content)
	}
	return err
}

// isOpen reports whether the server has left a connection open on which nothing
// is to come.
func (w *wire) isOpen() bool {
	w.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := w.r.Peek(1)
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// ends reports whether the server ends a connection.
func (w *wire) ends() bool {
	w.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, w.r)
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

// abort ends a connection by a reset, which leaves nothing behind.
func (w *wire) abort() {
	w.Conn.(*net.TCPConn).SetLinger(0)
	w.Close()
}

// each calls f with the numbers below n, some at once, and returns the first error.
func each(n int, f func(i int) error) error {
	const workers = 8
	var next atomic.Int64
	var running sync.WaitGroup
	failed := make(chan error, workers)
	for range workers {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					failed <- fmt.Errorf("number %d: %w", i, err)
					return
				}
			}
		})
	}
	running.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
