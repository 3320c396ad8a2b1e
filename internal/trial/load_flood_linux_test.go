package trial

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// flood is what a client of HTTP/2 may send without end.
type flood struct {
	name  string
	reads bool // what the server says to it; else it piles up
	send  func(f *flooder) error
}

var floods = []flood{
	{"rapid reset", true, (*flooder).reset}, // CVE-2023-44487
	{"reset by a mistake", true, (*flooder).mistake},
	{"continuation", true, (*flooder).goOn}, // CVE-2023-45288
	{"settings", true, (*flooder).settings},
	{"settings, deaf", false, (*flooder).settings},
	{"ping", true, (*flooder).ping},
	{"ping, deaf", false, (*flooder).ping},
	{"empty data", true, (*flooder).empty},
	{"priority", true, (*flooder).priority},
	{"window updates", true, (*flooder).window},
}

// Floods of HTTP/2 are ended, or cost no more than net/http has them cost, while
// others are served. TLS has no other mode: the lane has no part in it.
func TestLoadFloods(t *testing.T) {
	site, cert, key := loadSite(t), filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	makeCertificate(t, cert, key)
	length := time.Second
	if testing.Short() {
		length = 200 * time.Millisecond
	}
	bare := startBare(t, site, cert, key)
	p := start(t, "-q", "--tls-cert", cert, "--tls-key", key, site)
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			theirs := f.run(t, bare, length)
			before := p.use(t)
			ours := f.run(t, p, length)
			after := p.use(t)
			t.Logf("gserve:   %v\nnet/http: %v\nmemory: %d KiB, then %d", ours, theirs, before.memory, after.memory)
			if after.memory > 200<<10 {
				t.Errorf("it has %d KiB", after.memory)
			}
			p.await(t, "files are closed", func() bool { return p.use(t).files <= before.files+8 })
		})
	}
	p.endsQuiet(t)
}

// spent is what a flood came to.
type spent struct {
	frames, conns int
	cpu           time.Duration
	took          time.Duration
}

func (s spent) String() string {
	return fmt.Sprintf("%d frames on %d connections in %v, %v of CPU: %v for a frame",
		s.frames, s.conns, s.took.Round(time.Millisecond), s.cpu, (s.cpu / time.Duration(max(1, s.frames))).Round(10*time.Nanosecond))
}

// run floods a server on two connections at once, which come again when they are
// ended, and for so long that ordinary clients have been served meanwhile. Frames
// that were sent are counted; what of them the server has not read by the time at
// which it ends a connection has cost it nothing.
func (f flood) run(t *testing.T, p *program, length time.Duration) spent {
	t.Helper()
	before, begun := p.use(t), time.Now()
	people := serveOrdinary(t, 4, "https://"+p.address+"/"+smallFile, secureTransport)
	const least = 10 // answers
	goesOn := func() bool {
		passed := time.Since(begun)
		return passed < length || people.served() < least && passed < patience
	}
	var mu sync.Mutex
	var s spent
	err := each(2, func(int) error {
		for goesOn() {
			one, err := openFlood(p.address, f.reads)
			if err != nil {
				return err
			}
			n := 0
			for ; goesOn() && err == nil; n++ {
				err = f.send(one)
			}
			one.Close()
			mu.Lock()
			s.frames += n
			s.conns++
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		t.Errorf("a new connection: %v", err)
	}
	s.cpu, s.took = p.use(t).cpu-before.cpu, time.Since(begun)
	people.end(t, least)
	return s
}

// flooder is a connection of a flood.
type flooder struct {
	net.Conn
	*http2.Framer
	out    *bytes.Buffer // of frames that go together
	head   []byte        // of a request
	stream uint32        // the last one
	began  bool
}

// openFlood begins to speak HTTP/2.
func openFlood(address string, reads bool) (*flooder, error) {
	d := &net.Dialer{Timeout: patience}
	c, err := tls.DialWithDialer(d, "tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		return nil, err
	}
	c.SetWriteDeadline(time.Now().Add(patience))
	f := &flooder{Conn: c, out: new(bytes.Buffer), stream: 1}
	f.Framer = http2.NewFramer(f.out, c)
	var head bytes.Buffer
	e := hpack.NewEncoder(&head)
	for _, h := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/" + largeFile}} {
		e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
	}
	f.head = head.Bytes()
	f.out.WriteString(http2.ClientPreface)
	f.WriteSettings()
	if reads {
		go io.Copy(io.Discard, c) // which ends with the connection
	}
	return f, nil
}

// flush sends what was written if that is worth it.
func (f *flooder) flush() error {
	if f.out.Len() < 8<<10 {
		return nil
	}
	_, err := f.out.WriteTo(f.Conn)
	return err
}

func (f *flooder) begin(end bool) {
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: f.stream, BlockFragment: f.head, EndStream: end, EndHeaders: true})
}

func (f *flooder) reset() error {
	f.begin(true)
	f.WriteRSTStream(f.stream, http2.ErrCodeCancel)
	f.stream += 2
	return f.flush()
}

// mistake has the server reset the stream (CVE-2025-8671).
func (f *flooder) mistake() error {
	f.begin(true)
	f.AllowIllegalWrites = true
	f.WriteWindowUpdate(f.stream, 0)
	f.stream += 2
	return f.flush()
}

func (f *flooder) goOn() error {
	if !f.began {
		f.began = true
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: f.stream, BlockFragment: f.head})
	}
	f.WriteContinuation(f.stream, false, []byte("\x00\x01a\x01b")) // a field of its own, "a: b"
	return f.flush()
}

func (f *flooder) settings() error {
	f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535})
	return f.flush()
}

func (f *flooder) ping() error {
	f.WritePing(false, [8]byte{})
	return f.flush()
}

func (f *flooder) empty() error {
	if !f.began {
		f.began = true
		f.begin(false)
	}
	f.WriteData(f.stream, false, nil)
	return f.flush()
}

func (f *flooder) priority() error {
	f.WritePriority(f.stream, http2.PriorityParam{StreamDep: 0, Weight: 1})
	f.stream += 2
	return f.flush()
}

func (f *flooder) window() error {
	f.WriteWindowUpdate(0, 1)
	return f.flush()
}

// secureTransport sends requests over TLS, some of them by HTTP/2.
func secureTransport() *http.Transport {
	by := plainTransport()
	by.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the pair is made here
	by.ForceAttemptHTTP2 = true
	return by
}

// makeCertificate writes a certificate that is signed by itself, and its key.
func makeCertificate(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// bareEnv has what a bare server needs to know, if this process is to be one.
const bareEnv = "TRIAL_BARE_SERVER"

// startBare runs the file server of net/http, as it is, in a process of its own.
func startBare(t *testing.T, site, cert, key string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestBareServer$")
	cmd.Env = append(os.Environ(), bareEnv+"="+strings.Join([]string{site, cert, key}, "\n"))
	return launch(t, cmd)
}

// TestBareServer is the server that others are held against.
func TestBareServer(t *testing.T) {
	site, pair, ok := strings.Cut(os.Getenv(bareEnv), "\n")
	if !ok {
		t.Skip("it is for other tests")
	}
	cert, key, _ := strings.Cut(pair, "\n")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	fmt.Printf("Serving HTTPS on %v port %d (https://%v/) ...\n", addr.IP, addr.Port, addr)
	server := http.Server{Handler: http.FileServer(http.Dir(site)), ReadHeaderTimeout: 10 * time.Second}
	t.Fatal(server.ServeTLS(l, cert, key))
}
