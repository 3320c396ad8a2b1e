package trial

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// One client has its share of the connections, and nobody else gets to feel what it
// does with them.
func TestLoadClientIsBounded(t *testing.T) {
	from, site := distantAddress(t), loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		const most, each = 40, 10
		p := start(t, append(flags, "-q", "--max-connections", fmt.Sprintf("%d,%d", most, each), site)...)
		before := p.use(t)
		near := openAll(t, p, nil, 5, (*wire).fetch)

		// Idle ones of its own make room for more.
		far := openAll(t, p, from, 3*each, (*wire).fetch)
		stay(t, p, far, each)
		// Busy ones do not.
		busy := openAll(t, p, from, each, beginDownload)
		for range 20 {
			if _, err := openAnd(p, from, (*wire).fetch); err == nil {
				t.Error("a client is served beyond its share")
			}
		}
		for i, c := range near {
			if err := c.fetch(); err != nil {
				t.Errorf("near connection %d: %v", i, err)
			}
		}
		closeAll(busy)
		p.await(t, "the client is served again", func() bool {
			c, err := openAnd(p, from, (*wire).fetch)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		p.await(t, "it is told", func() bool { return strings.Contains(p.stderr.String(), "a client has all 10 connections") })
		p.recovers(t, before)
	})
}

// The oldest idle connection makes room for a new one, and if all are busy, new
// ones wait.
func TestLoadConnectionsAreBounded(t *testing.T) {
	site := loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		const most = 20
		p := start(t, append(flags, "-q", "--max-connections", fmt.Sprint(most), site)...)
		before := p.use(t)
		idle := openAll(t, p, nil, 3*most, (*wire).fetch)
		stay(t, p, idle, most)
		silent := openAll(t, p, nil, most, func(*wire) error { return nil })
		busy := openAll(t, p, nil, most, beginDownload) // in the place of all of them, after a moment
		for _, c := range append(idle, silent...) {
			if !c.ends() {
				t.Error("one that waits has not made room")
			}
		}
		late, err := p.open(nil)
		if err != nil {
			t.Fatal(err)
		}
		late.ask(smallFile)
		time.Sleep(200 * time.Millisecond)
		if !late.isOpen() {
			t.Error("a new one does not wait")
		}
		for i, c := range busy {
			if _, err := io.CopyN(io.Discard, c.r, 1<<20); err != nil {
				t.Errorf("busy connection %d: %v", i, err)
			}
		}
		busy[0].abort()
		if _, err := late.begin(http.StatusOK); err != nil {
			t.Errorf("after one has left: %v", err)
		}
		late.Close()
		closeAll(busy)
		p.recovers(t, before)
	})
}

// With few descriptors, new connections wait for their turn, and all is well when
// those that hold them have left.
func TestLoadFewDescriptors(t *testing.T) {
	site := loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		args := append([]string{"-c", `ulimit -n 128; exec "$0" "$@"`, binary, "-p", "0", "-b", "127.0.0.1", "-q", "--max-connections", "1000"}, flags...)
		p := launch(t, exec.Command("sh", append(args, site)...))
		before := p.use(t)
		p.await(t, "it is told", func() bool {
			return strings.Contains(p.stderr.String(), "only 48, as no more than 128 files may be open")
		})

		old := openAll(t, p, nil, 10, beginDownload)
		people := serveOrdinary(t, 4, "http://"+p.address+"/"+smallFile, plainTransport)
		idle := openAll(t, p, nil, 500, (*wire).fetch)
		people.end(t, 10)
		t.Logf("%d of %d idle connections are left; %v", countOpen(idle), len(idle), p.use(t))

		// All that there is room for, and many more, are busy.
		busy := openAll(t, p, nil, 400, func(c *wire) error { return c.ask(largeFile) })
		served := begun(t, busy)
		t.Logf("%d of %d downloads have begun, %v", served, len(busy), p.use(t))
		if served < 30 {
			t.Errorf("only %d downloads have begun", served)
		}
		for i, c := range old {
			if _, err := io.CopyN(io.Discard, c.r, 1<<20); err != nil {
				t.Errorf("old connection %d: %v", i, err)
			}
		}
		closeAll(busy)
		people = serveOrdinary(t, 4, "http://"+p.address+"/"+smallFile, plainTransport)
		p.await(t, "clients are served again", func() bool { return people.served() > 100 })
		people.end(t, 100)
		for i, c := range old {
			if n, err := io.Copy(io.Discard, io.LimitReader(c.r, largeSize-1<<20)); n != largeSize-1<<20 {
				t.Errorf("old connection %d: %d bytes, %v", i, n, err)
			}
		}
		closeAll(old)
		p.recovers(t, before)
	})
}

// openAll opens connections from an address one after the other, and has each begin.
func openAll(t *testing.T, p *program, from net.IP, n int, begin func(*wire) error) []*wire {
	t.Helper()
	all := make([]*wire, n)
	for i := range all {
		c, err := openAnd(p, from, begin)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		t.Cleanup(func() { c.Close() })
		all[i] = c
	}
	return all
}

func closeAll(all []*wire) {
	for _, c := range all {
		c.abort()
	}
}

func countOpen(all []*wire) (open int) {
	for _, c := range all {
		if c.isOpen() {
			open++
		}
	}
	return open
}

// stay holds that of idle connections, so many are left, which work, and but for one
// none of the first third. Which of two that became idle one after the other was
// first, the program may see otherwise, and one may have been busy when room was
// looked for.
func stay(t *testing.T, p *program, all []*wire, most int) {
	t.Helper()
	p.await(t, "the first ones are closed", func() bool { return countOpen(all) <= most })
	served, early := 0, 0
	for i, c := range all {
		if c.isOpen() && c.fetch() == nil {
			if served++; i < len(all)/3 {
				early++
			}
		}
	}
	if early > 1 {
		t.Errorf("%d of the first third of %d are left", early, len(all))
	}
	if served < most/2 {
		t.Errorf("only %d are left", served)
	}
}

// begun counts the connections on which an answer of 200 begins while no others do
// for a second, and holds that there is no other answer.
func begun(t *testing.T, all []*wire) (served int) {
	t.Helper()
	waiting := all
	for last := time.Now(); time.Since(last) < time.Second; time.Sleep(10 * time.Millisecond) {
		var still []*wire
		for _, c := range waiting {
			if c.isOpen() {
				still = append(still, c)
				continue
			}
			last = time.Now()
			if _, err := c.begin(http.StatusOK); err != nil {
				t.Errorf("busy connection: %v", err)
				continue
			}
			served++
		}
		waiting = still
	}
	return served
}
