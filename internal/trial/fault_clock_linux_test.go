package trial

import (
	"bufio"
	endian "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is that of a program whose package time has been built anew: it is ahead of
// the machine's by as many seconds as a file says. Monotonic time and timers are the
// machine's, as they are when somebody sets a clock.
type clock struct{ name string }

func (c clock) jump(t testing.TB, ahead time.Duration) {
	t.Helper()
	f, err := os.OpenFile(c.name, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteAt(endian.NativeEndian.AppendUint64(nil, uint64(ahead/time.Second)), 0)
	must(t, err)
}

const clockVariable = "GSERVE_TRIAL_CLOCK"

// clockSource is added to package time.
const clockSource = `package time

import "unsafe"

var clockAhead = openClock()

func openClock() *int64 {
	name, ok := syscall.Getenv("` + clockVariable + `")
	if !ok {
		return nil
	}
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	ahead, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return (*int64)(unsafe.Pointer(&ahead[0]))
}
`

// clocked builds the program with a clock that can be set.
var clocked = sync.OnceValues(func() (string, error) {
	folder := filepath.Dir(binary)
	goRoot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(goRoot)), "src/time/time.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const reading = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(text), reading) != 1 {
		return "", fmt.Errorf("time.Now of %s is another one", runtime.Version())
	}
	changed := strings.Replace(string(text), reading, reading+"\tif clockAhead != nil {\n\t\tsec += *clockAhead\n\t}\n", 1)
	added := strings.Replace(clockSource, "import \"unsafe\"", "import (\n\t\"syscall\"\n\t\"unsafe\"\n)", 1)
	replace := map[string]string{}
	for name, text := range map[string]string{source: changed, filepath.Join(filepath.Dir(source), "trial_clock.go"): added} {
		file := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[name] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		return "", err
	}
	program := filepath.Join(folder, "gserve-clock")
	if out, err := exec.Command("go", "build", "-p", "1", "-overlay", list, "-o", program, "github.com/gserve/gserve").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s%v", out, err)
	}
	return program, nil
})

func startClocked(t testing.TB, args ...string) (*program, clock) {
	t.Helper()
	if testing.Short() {
		t.Skip("all of the program is built anew for it")
	}
	built, err := clocked()
	if err != nil {
		t.Skip(err)
	}
	c := clock{filepath.Join(t.TempDir(), "clock")}
	must(t, os.WriteFile(c.name, make([]byte, 8), 0o644))
	cmd := exec.Command(built, append(args, "-p", "0", "-b", "127.0.0.1")...)
	cmd.Env = append(os.Environ(), clockVariable+"="+c.name)
	return launch(t, cmd), c
}

// jumps are how far a clock may be set, beyond the ends of what is kept in 31, 32
// and, of Go's monotonic times, 33 bits.
func jumps() map[string]time.Duration {
	all := map[string]time.Duration{"an hour back": -time.Hour, "a day ahead": 24 * time.Hour}
	for _, year := range []int{1970, 2039, 2107, 2158} {
		at := time.Date(year, 1, 2, 0, 0, 0, 0, time.UTC)
		all[fmt.Sprint(year)] = time.Until(at)
	}
	return all
}

// TestClockJumps sets the clock while the program runs.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		root := t.TempDir()
		content, big := prose(5<<10), noise(24<<20)
		writeFile(t, filepath.Join(root, "file.txt"), content)
		writeFile(t, filepath.Join(root, "big.bin"), big)
		settle()
		p, c := startClocked(t, append(flags, root)...)
		for range 3 {
			p.fetch(t, "/file.txt").whole(t, "at first", content)
		}
		before := p.holds(t)
		for when, ahead := range jumps() {
			idle := newHeld(t, p)
			download := newHeld(t, p)
			download.begin(t, "/big.bin")
			c.jump(t, ahead)
			a := p.fetch(t, "/file.txt")
			a.whole(t, when, content)
			date, err := http.ParseTime(a.header.Get("Date"))
			if off := time.Until(date) - ahead; err != nil || off.Abs() > patience {
				t.Errorf("%s: Date is %q, %v", when, a.header.Get("Date"), err)
			}
			// The fast lane remembers the field with the answer.
			if modified, err := http.ParseTime(a.header.Get("Last-Modified")); len(flags) > 0 && err == nil && modified.After(date) {
				t.Errorf("%s: Last-Modified %v is later than Date %v", when, modified, date)
			}
			p.fetch(t, "/file.txt", gzipped).whole(t, when+", encoded", string(p.fetch(t, "/file.txt", gzipped).content))
			for _, target := range []string{"/", "/?archive=zip", "/?q=file&deep=1"} {
				if a := p.fetch(t, target); a.status != 200 || a.err != nil {
					t.Errorf("%s: %s: %v", when, target, a)
				}
			}
			time.Sleep(1500 * time.Millisecond) // for what looks at the clock every second
			idle.begin(t, "/file.txt")
			if got := idle.end(t); got != content {
				t.Errorf("%s: %d bytes on a connection that was open", when, len(got))
			}
			if got := download.end(t); got != big {
				t.Errorf("%s: %d bytes of a download", when, len(got))
			}
			idle.Close()
			download.Close()
			c.jump(t, 0)
			p.fetch(t, "/file.txt").whole(t, when+", and back", content)
		}
		p.letsGo(t, before)
	})
}

// TestRulesWhenClockIsSetBack has rules be read anew when they change, whatever the
// clock did.
func TestRulesWhenClockIsSetBack(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rules := filepath.Join(root, "_redirects")
	writeFile(t, rules, "/old /before 302\n")
	p, c := startClocked(t, root)
	leadsTo := func(want string) func() bool {
		return func() bool { return p.fetch(t, "/old").header.Get("Location") == want }
	}
	p.await(t, "rules are read", leadsTo("/before"))
	c.jump(t, -time.Hour)
	writeFile(t, rules, "/old /afterwards 302\n")
	p.await(t, "rules are read anew", leadsTo("/afterwards"))
}

// TestLinkEndsByTheClock has a link that ends in an hour end when the clock says so.
func TestLinkEndsByTheClock(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "file.txt"), "content")
	p, c := startClocked(t, "--share", "1h", root)
	c.jump(t, -24*time.Hour)
	select {
	case <-p.ended:
		t.Fatal("it ends when the clock is set back")
	case <-time.After(2 * time.Second):
	}
	c.jump(t, 2*time.Hour)
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		t.Error("it does not end when the hour is over")
	}
}

// heldConn is a connection that stays open.
type heldConn struct {
	net.Conn
	in       *bufio.Reader
	response *http.Response
}

func newHeld(t testing.TB, p *program) *heldConn {
	t.Helper()
	conn := p.dial(t)
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	h := &heldConn{Conn: conn, in: bufio.NewReader(conn)}
	h.begin(t, "/file.txt")
	h.end(t)
	return h
}

func (h *heldConn) begin(t testing.TB, target string) {
	t.Helper()
	fmt.Fprintf(h, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", target)
	var err error
	if h.response, err = http.ReadResponse(h.in, nil); err != nil {
		t.Fatal(err)
	}
}

func (h *heldConn) end(t testing.TB) string {
	t.Helper()
	content, err := io.ReadAll(h.response.Body)
	if err != nil {
		t.Errorf("%d bytes: %v", len(content), err)
	}
	return string(content)
}
