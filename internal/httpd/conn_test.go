package httpd

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// net/http looks for these on a connection.
var (
	_ io.ReaderFrom                   = (*conn)(nil)
	_ interface{ CloseWrite() error } = (*conn)(nil)
)

// numbers returns n bytes in which every place looks different, so that one
// that is missing or doubled shows.
func numbers(n int) []byte {
	b := make([]byte, 0, n)
	for i := uint64(0); len(b) < n; i++ {
		b = binary.BigEndian.AppendUint64(b, i)
	}
	return b[:n]
}

func openFile(t *testing.T, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// transports are the ways to a server.
var transports = []struct {
	name   string
	listen string
	tls    bool
}{
	{"TCP", "127.0.0.1", false},
	{"TLS", "127.0.0.1", true},
	{"Unix", "unix:", false},
}

// serveSmall runs a server of h that a client reaches which takes little at a
// time.
func serveSmall(t *testing.T, h http.Handler, bounds limits, address string, overTLS bool) *client {
	t.Helper()
	if address == "unix:" {
		address += filepath.Join(t.TempDir(), "s")
	}
	listeners, err := Listen(t.Context(), []string{address}, 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{Handler: h, limits: bounds}
	if overTLS {
		server.TLS = testTLS(t)
	}
	running := serveOn(t, server, listeners...)
	addr := listeners[0].Addr()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.(interface{ SetReadBuffer(int) error }).SetReadBuffer(32 << 10)
	if overTLS {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	result := clientOn(t, c)
	result.server = running
	return result
}

// A client that is slow but moving gets all, although a write of it takes much
// longer than a client may do nothing.
func TestSlowClientGetsAll(t *testing.T) {
	t.Parallel()
	content := numbers(8 << 20)
	bounds := quick
	bounds.stall = 3 * time.Second
	sources := []struct {
		name string
		send func(t *testing.T) func(w io.Writer) error
	}{
		{"file", func(t *testing.T) func(io.Writer) error {
			f := openFile(t, content)
			return func(w io.Writer) error {
				_, err := io.CopyN(w, f, int64(len(content)))
				return err
			}
		}},
		{"end of file", func(t *testing.T) func(io.Writer) error {
			f := openFile(t, append(make([]byte, 99), content...))
			return func(w io.Writer) error {
				f.Seek(99, io.SeekStart)
				_, err := w.(io.ReaderFrom).ReadFrom(f)
				return err
			}
		}},
		{"bytes", func(*testing.T) func(io.Writer) error {
			return func(w io.Writer) error {
				_, err := w.Write(content)
				return err
			}
		}},
		{"pipe", func(*testing.T) func(io.Writer) error {
			return func(w io.Writer) error {
				r, p, err := os.Pipe()
				if err != nil {
					return err
				}
				defer r.Close()
				go func() {
					p.Write(content)
					p.Close()
				}()
				_, err = io.CopyN(w, r, int64(len(content)))
				return err
			}
		}},
	}
	var all sync.WaitGroup // not t.Parallel, which is for what takes a processor
	defer all.Wait()
	for _, transport := range transports {
		for _, source := range sources {
			run := func(t *testing.T) {
				send := source.send(t)
				failed := make(chan error, 1)
				c := serveSmall(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Content-Length"] = []string{"8388608"}
					failed <- send(w)
				}), bounds, transport.listen, transport.tls)
				c.send("GET / HTTP/1.1", "Host: x")
				resp := c.answer("GET")
				got := readSlowly(t, resp.Body, len(content))
				if err := <-failed; err != nil {
					t.Errorf("server: %v", err)
				}
				if !bytes.Equal(got, content) {
					t.Errorf("content differs at byte %d of %d", commonPrefix(got, content), len(got))
				}
			}
			all.Go(func() { t.Run(source.name+" over "+transport.name, run) })
		}
	}
}

// readSlowly reads n bytes in small steps, with some pauses that are longer
// than a deadline of the server's and shorter than its patience of three seconds.
func readSlowly(t *testing.T, r io.Reader, n int) []byte {
	t.Helper()
	got := make([]byte, 0, n)
	step := make([]byte, 64<<10)
	for len(got) < n {
		if len(got)*4/n != (len(got)+len(step))*4/n {
			time.Sleep(900 * time.Millisecond)
		}
		time.Sleep(3 * time.Millisecond)
		m, err := io.ReadFull(r, step[:min(len(step), n-len(got))])
		got = append(got, step[:m]...)
		if err != nil {
			t.Errorf("client: %v after %d bytes", err, len(got))
			break
		}
	}
	return got
}

func commonPrefix(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// A client that takes nothing is cut, and the handler is told.
func TestStalledClientIsCut(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 200 * time.Millisecond
	sparse := func(t *testing.T) *os.File {
		f := openFile(t, nil)
		if err := os.Truncate(f.Name(), 1<<40); err != nil {
			t.Skip(err)
		}
		return f
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, transport := range transports {
		for name, send := range map[string]func(t *testing.T, w io.Writer) error{
			"file": func(t *testing.T, w io.Writer) error {
				_, err := io.CopyN(w, sparse(t), 1<<40)
				return err
			},
			"bytes": func(t *testing.T, w io.Writer) error {
				_, err := w.Write(make([]byte, 64<<20))
				return err
			},
		} {
			run := func(t *testing.T) {
				failed := make(chan error, 1)
				c := serveSmall(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Content-Length"] = []string{"1099511627776"}
					failed <- send(t, w)
				}), bounds, transport.listen, transport.tls)
				c.send("GET / HTTP/1.1", "Host: x")
				select {
				case err := <-failed:
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("got %v", err)
					}
				case <-time.After(patient):
					t.Error("the handler is still writing")
				}
				// On a Unix socket there is no way to tell a cut from an end.
				if _, err := io.Copy(io.Discard, c.r); err == nil && transport.name != "Unix" {
					t.Error("the connection was ended, and not cut")
				}
			}
			all.Go(func() { t.Run(name+" over "+transport.name, run) })
		}
	}
}

// What a handler asks for counts as well.
func TestWriteDeadlineOfHandler(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 10 * patient
	failed := make(chan error, 1)
	c := serveSmall(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := w.Write(make([]byte, 64<<20))
		failed <- err
	}), bounds, "127.0.0.1", false)
	c.send("GET / HTTP/1.1", "Host: x")
	select {
	case err := <-failed:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	case <-time.After(patient):
		t.Error("the handler is still writing")
	}
}

// greedy reads more than it writes until its deadline, as package net does with
// a file that the kernel cannot send.
type greedy struct{ strings.Builder }

func (g *greedy) ReadFrom(r io.Reader) (int64, error) {
	b := make([]byte, 7)
	n, err := io.ReadFull(r, b)
	if err != nil {
		g.Write(b[:n])
		return int64(n), nil
	}
	g.Write(b[:3])
	return 3, os.ErrDeadlineExceeded
}

func TestSendFileThatIsCopied(t *testing.T) {
	t.Parallel()
	const content = "zero one two three four five six seven eight nine ten"
	f := openFile(t, []byte(content))
	f.Seek(5, io.SeekStart)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := newConnections(patient).add(ours)
	defer c.Close()
	var to greedy
	src := &io.LimitedReader{R: f, N: 20}
	n, err := c.sendFile(&to, src, f, 5)
	if want := content[5:25]; to.String() != want || n != 20 || src.N != 0 || err != nil {
		t.Errorf("sent %q as %d bytes, %d left, %v; want %q", to.String(), n, src.N, err, want)
	}
}

func TestReadFromFailingSource(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs)
	c := newConnections(patient).add(ours)
	defer c.Close()
	broken := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errBroken))
	if n, err := c.ReadFrom(broken); n != 3 || err != errBroken {
		t.Errorf("got %d, %v", n, err)
	}
}

// accepted returns both ends of a connection that a listener of ours has accepted.
func accepted(t *testing.T, patience time.Duration) (ours *conn, theirs *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := listener{l, newConnections(patience)}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server.(*conn), client.(*net.TCPConn)
}

func TestCloseWrite(t *testing.T) {
	t.Parallel()
	ours, theirs := accepted(t, patient)
	if err := ours.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(theirs); len(b) > 0 || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	go theirs.Write([]byte("x"))
	if _, err := ours.Read(make([]byte, 1)); err != nil {
		t.Errorf("read after CloseWrite: %v", err)
	}
}

func TestUnixPeer(t *testing.T) {
	t.Parallel()
	c := serveSmall(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr)
	}), quick, "unix:", false)
	if got := c.get("/"); got != "unix" {
		t.Errorf("got %q", got)
	}
}
