package trial

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// logged is a program whose log goes to a file of the system.
func logged(t testing.TB, log *os.File, args ...string) *program {
	t.Helper()
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "file.txt"), "content")
	cmd := exec.Command(binary, append(args, root, "-p", "0", "-b", "127.0.0.1")...)
	if log != nil {
		cmd.Stderr = log
	}
	return launch(t, cmd)
}

// serves has the program answer this many requests, also such as are faults.
func (p *program) serves(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		p.fetch(t, "/file.txt").whole(t, "file.txt", "content")
		if a := p.fetch(t, fmt.Sprintf("/missing/%d/%s", i, strings.Repeat("x", 2000))); a.status != 404 || a.err != nil {
			t.Fatalf("missing: %v", a)
		}
	}
}

// TestLogDiskFull has the disk of a log be full for a while.
func TestLogDiskFull(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"standard error", "--log-file"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, flags ...string) {
				at := t.TempDir()
				mountMemory(t, at, "256k")
				name, ballast := filepath.Join(at, "log"), filepath.Join(at, "ballast")
				writeFile(t, ballast, noise(192<<10))
				var log *os.File
				if way == "standard error" {
					var err error
					log, err = os.Create(name)
					must(t, err)
					defer log.Close()
				} else {
					flags = append(flags, way, name)
				}
				p := logged(t, log, flags...)
				p.await(t, "the disk is full", func() bool {
					p.serves(t, 5)
					return isFull(t, at)
				})
				p.serves(t, 3)
				must(t, os.Remove(ballast))
				before := countLines(t, name)
				p.await(t, "lines are written again", func() bool {
					p.serves(t, 1)
					return countLines(t, name) > before+5
				})
				content, err := os.ReadFile(name)
				must(t, err)
				oneTornLine(t, string(content))
				if code := p.stop(t); code != 0 {
					t.Errorf("exit code %d", code)
				}
			})
		})
	}
}

func isFull(t testing.TB, at string) bool {
	var s syscall.Statfs_t
	must(t, syscall.Statfs(at, &s))
	return s.Bfree == 0
}

var logLine = regexp.MustCompile(`^(127\.0\.0\.1 - - \[[^\]]+\] "GET /\S+ HTTP/1\.1" \d+ \S+|gserve: .*)$`)

// countLines returns how many lines there are in a log.
func countLines(t testing.TB, name string) int {
	content, err := os.ReadFile(name)
	must(t, err)
	return strings.Count(string(content), "\n")
}

// oneTornLine fails the test if more than one line is not whole: that during which
// the disk was full.
func oneTornLine(t testing.TB, log string) {
	t.Helper()
	var torn []string
	for line := range strings.SplitSeq(strings.TrimSuffix(log, "\n"), "\n") {
		if !logLine.MatchString(line) || strings.Count(line, "GET /") > 1 {
			torn = append(torn, fmt.Sprintf("%.100q", line))
		}
	}
	if len(torn) > 1 {
		t.Errorf("torn lines: %s", torn)
	}
}

// TestLogReaderGone has the reader of the log leave.
func TestLogReaderGone(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		r, w, err := os.Pipe()
		must(t, err)
		p := logged(t, w, flags...)
		w.Close()
		p.serves(t, 1)
		r.Close()
		p.serves(t, 5)
		time.Sleep(300 * time.Millisecond) // lines are gathered for shorter
		p.serves(t, 5)
		if code := p.stop(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// TestLogReaderStops has nobody read the log for a while.
func TestLogReaderStops(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		p := logged(t, w, flags...)
		w.Close()
		p.serves(t, 1)
		before := p.holds(t)
		p.serves(t, 700) // 1.4 MB, and the pipe takes 64 KiB
		p.letsGo(t, before)
		read := make(chan string)
		go func() {
			content, _ := io.ReadAll(r)
			read <- string(content)
		}()
		time.Sleep(300 * time.Millisecond)
		p.serves(t, 1)
		if code := p.stop(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		log := <-read
		if !regexp.MustCompile(`gserve: the log was too slow: \d+ requests are not in it\n`).MatchString(log) {
			t.Error("nothing tells that lines are missing")
		}
		if n := strings.Count(log, "\n"); !strings.HasSuffix(log, "\n") || n < 100 {
			t.Errorf("%d lines, the last %.200q", n, log[strings.LastIndexByte(strings.TrimSuffix(log, "\n"), '\n')+1:])
		}
		oneTornLine(t, log)
	})
}

// TestStopWhileLogStands ends the program while nobody reads its log.
func TestStopWhileLogStands(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		p := logged(t, w, flags...)
		w.Close()
		p.serves(t, 100)
		if code := p.stop(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// TestLogTerminalStands has a terminal stand still, as with Ctrl-S.
func TestLogTerminalStands(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		master, terminal := openTerminal(t)
		p := logged(t, terminal, flags...)
		p.serves(t, 100)
		go io.Copy(io.Discard, master)
		p.serves(t, 3)
		if code := p.stop(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// openTerminal returns both ends of a terminal. Nobody reads what is shown on it.
func openTerminal(t testing.TB) (master, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	must(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	must(t, err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { terminal.Close() })
	return master, terminal
}

// TestClosedOutput starts the program without standard output or error.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	for _, redirection := range []string{"2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"} {
		t.Run(redirection, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, flags ...string) {
				root := t.TempDir()
				writeFile(t, filepath.Join(root, "file.txt"), "content")
				args := append([]string{"-c", `exec "$@" ` + redirection, "sh", binary, root}, flags...)
				serveUnheard(t, exec.Command("sh", args...))
			})
		})
	}
}

// TestErrorsStand has nobody read standard error from the start.
func TestErrorsStand(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		root := t.TempDir()
		writeFile(t, filepath.Join(root, "file.txt"), "content")
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		defer w.Close()
		fill(t, w)
		cmd := exec.Command(binary, append(flags, root)...)
		cmd.Stderr = w
		serveUnheard(t, cmd)
	})
}

// fill writes to a pipe until it takes no more.
func fill(t testing.TB, w *os.File) {
	t.Helper()
	must(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	for {
		if _, err := w.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	must(t, w.SetWriteDeadline(time.Time{}))
}

// serveUnheard runs a command that becomes the program and cannot say where it
// listens.
func serveUnheard(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	p := &program{cmd: cmd, address: freeAddress(t), ended: make(chan struct{})}
	_, port, err := net.SplitHostPort(p.address)
	must(t, err)
	cmd.Args = append(cmd.Args, "-p", port, "-b", "127.0.0.1")
	must(t, cmd.Start())
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.ended
	})
	p.await(t, "it listens", func() bool {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	p.serves(t, 20)
	if code := p.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// freeAddress returns an address that nobody listens on, for a moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}
