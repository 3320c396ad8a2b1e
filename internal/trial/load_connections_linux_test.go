package trial

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// While thousands of connections are idle, and others are as slow as they can be,
// ordinary clients are served as if nothing was.
func TestLoadConnections(t *testing.T) {
	idle, slow, length := 10_000, 2_000, 15*time.Second // longer than a head may take
	if testing.Short() {
		idle, slow, length = 500, 100, 2*time.Second
	}
	needFiles(t, uint64(idle+2*slow)*5/4)
	site := loadSite(t)
	inModes(t, func(t *testing.T, flags ...string) {
		p := start(t, append(flags, "-q", "--upload", site)...)
		before := p.use(t)
		resting := openIdle(t, p, idle)
		crawling := openSlow(t, p, slow)
		t.Logf("with %d idle and %d slow connections: %v", idle, slow, p.use(t))

		people := serveOrdinary(t, 8, "http://"+p.address+"/"+smallFile, plainTransport)
		for end := time.Now().Add(length); time.Now().Before(end); {
			crawling.move(t)
			time.Sleep(250 * time.Millisecond)
		}
		people.end(t, 100)
		t.Logf("then: %v; %d slow ones were ended and came again", p.use(t), crawling.renewed)
		if read := crawling.read.Load(); read < int64(len(crawling.reads))*1024 {
			t.Errorf("only %d bytes of downloads have come", read)
		}
		for i := 0; i < len(resting); i += 50 {
			if err := resting[i].fetch(); err != nil {
				t.Fatalf("idle connection %d: %v", i, err)
			}
		}
		for _, c := range append(resting, crawling.all()...) {
			c.abort()
		}
		p.recovers(t, before)
	})
}

// openIdle opens connections that have had an answer each.
func openIdle(t *testing.T, p *program, n int) []*wire {
	t.Helper()
	resting := make([]*wire, n)
	err := each(n, func(i int) (err error) {
		if resting[i], err = p.open(nil); err == nil {
			err = resting[i].fetch()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range resting {
			c.Close()
		}
	})
	return resting
}

// slow are connections that move, but for nothing: of a third each, a head comes,
// content comes, and content is taken.
type slow struct {
	p                    *program
	heads, bodies, reads []*wire
	read                 atomic.Int64
	renewed              int
}

// openSlow opens so many slow connections.
func openSlow(t *testing.T, p *program, n int) *slow {
	t.Helper()
	s := &slow{p: p, heads: make([]*wire, n/3), bodies: make([]*wire, n/3), reads: make([]*wire, n-n/3*2)}
	for _, part := range []struct {
		conns []*wire
		begin func(*wire) error
	}{{s.heads, beginHead}, {s.bodies, beginUpload}, {s.reads, beginDownload}} {
		err := each(len(part.conns), func(i int) (err error) {
			part.conns[i], err = openAnd(p, nil, part.begin)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, c := range s.all() {
			c.Close()
		}
	})
	return s
}

// openAnd opens a connection from an address, or from any if that is nil, and
// begins to use it.
func openAnd(p *program, from net.IP, begin func(*wire) error) (*wire, error) {
	c, err := p.open(from)
	if err == nil {
		err = begin(c)
	}
	return c, err
}

func beginHead(c *wire) error {
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n")
	return err
}

func beginUpload(c *wire) error {
	_, err := fmt.Fprintf(c, "PUT /sent-%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", c.LocalAddr().(*net.TCPAddr).Port)
	return err
}

func beginDownload(c *wire) error {
	if err := c.ask(largeFile); err != nil {
		return err
	}
	_, err := c.begin(http.StatusOK)
	return err
}

func (s *slow) all() []*wire { return slices.Concat(s.heads, s.bodies, s.reads) }

// move has each connection move by one step. What the server has ended comes
// again, but for downloads, which it may not end.
func (s *slow) move(t *testing.T) {
	t.Helper()
	s.push(t, s.heads, "X: y\r\n", beginHead)
	s.push(t, s.bodies, "a", beginUpload)
	err := each(len(s.reads), func(i int) error {
		n, err := io.CopyN(io.Discard, s.reads[i].r, 512)
		s.read.Add(n)
		return err
	})
	if err != nil {
		t.Fatalf("slow download: %v", err)
	}
}

func (s *slow) push(t *testing.T, conns []*wire, piece string, begin func(*wire) error) {
	t.Helper()
	var renewed atomic.Int64
	err := each(len(conns), func(i int) (err error) {
		if _, err := io.WriteString(conns[i], piece); err == nil && conns[i].isOpen() {
			return nil
		}
		conns[i].Close()
		renewed.Add(1)
		conns[i], err = openAnd(s.p, nil, begin)
		return err
	})
	if s.renewed += int(renewed.Load()); err != nil {
		t.Fatalf("slow client: %v", err)
	}
}
