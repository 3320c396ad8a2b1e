package authority

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/gserve/gserve/internal/exchange"
)

// serve serves a page over TLS on the loopback interface, on the same port of
// IPv4 and of IPv6 where there is that, and returns the port.
func serve(t *testing.T, config *tls.Config) (port string, hosts []string) {
	t.Helper()
	server := &http.Server{
		TLSConfig: config,
		ErrorLog:  log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "trusted by "+r.Host)
		}),
	}
	t.Cleanup(func() { server.Close() })
	four, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.ServeTLS(four, "", "")
	_, port, _ = net.SplitHostPort(four.Addr().String())
	hosts = []string{"127.0.0.1", "localhost", "laptop.local"}
	if six, err := net.Listen("tcp", "[::1]:"+port); err == nil {
		go server.ServeTLS(six, "", "")
		hosts = append(hosts, "[::1]")
	} else {
		t.Logf("without IPv6: %v", err)
	}
	return port, hosts
}

// configOf returns a configuration with one credential.
func configOf(c credential) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*c.forTLS()}}
}

// clientsFor are the forgeries that a client is to see through, and one that
// none can: it shows that the others are refused for what they are for.
var clientsFor = []struct {
	host  string
	cert  string
	trust bool
}{
	{"forged.local", "forged.local", true},
	{"10.9.9.9", "10.9.9.9", true},
	{"example.com", "example.com", false},
	{"8.8.8.8", "8.8.8.8", false},
}

func TestCurl(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	a := openNew(t, "laptop")
	root := rootFile(t, a, "PEM")
	get := func(host, port string, args ...string) (string, error) {
		args = append([]string{"-sS", "--noproxy", "*", "--max-time", "20", "--capath", t.TempDir(),
			"--connect-to", host + ":" + port + ":" + loopback(host) + ":" + port, "https://" + host + ":" + port + "/"}, args...)
		out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
		return string(out), err
	}
	port, hosts := serve(t, a.TLSConfig(func() []string { return []string{"127.0.0.1", "::1", "localhost", "laptop.local"} }))
	for _, host := range hosts {
		for _, version := range []string{"1.2", "1.3"} {
			if out, err := get(host, port, "--cacert", root, "--tls-max", version); err != nil || out != "trusted by "+host+":"+port {
				t.Errorf("%s with the authority: %v\n%s", host, err, out)
			}
		}
		if out, err := get(host, port); err == nil || !strings.Contains(out, "unable to get local issuer") {
			t.Errorf("%s without the authority: %v\n%s", host, err, out)
		}
	}
	if out, err := get("other.local", port, "--cacert", root); err == nil {
		t.Errorf("a name that the leaf is not for: %s", out)
	}
	if out, err := get("localhost", port, "--cacert", root, "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0"); err == nil {
		t.Errorf("TLS 1.1: %s", out)
	}
	for _, c := range clientsFor {
		port, _ := serve(t, configOf(forge(t, a, withName(c.cert))))
		out, err := get(c.host, port, "--cacert", root)
		if trusted := err == nil; trusted != c.trust || !trusted && !strings.Contains(out, "permitted subtree violation") {
			t.Errorf("%s: %v\n%s", c.host, err, out)
		}
	}
}

// loopback returns the address of the loopback interface to which a host leads
// in the tests.
func loopback(host string) string {
	if strings.HasPrefix(host, "[") {
		return host
	}
	return "127.0.0.1"
}

// newBrowser starts Chromium with a home of its own, in which it has been told
// to trust the root, if there is one.
func newBrowser(t *testing.T, root string) context.Context {
	t.Helper()
	program := exchange.Program(t, "chromium")
	home, err := os.MkdirTemp("", "browser") // and not t.TempDir, as it is written to until the browser is gone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if root != "" {
		trust(t, home, root)
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Headless,
		chromedp.NoSandbox, chromedp.NoFirstRun,
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+filepath.Join(home, ".local", "share")),
		chromedp.Flag("host-resolver-rules", "MAP *.local 127.0.0.1, MAP example.com 127.0.0.1, MAP 8.8.8.8 127.0.0.1, MAP 10.9.9.9 127.0.0.1"),
		chromedp.Flag("no-proxy-server", true),
	}
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "disable-dev-shm-usage",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-default-apps",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(kill)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		chromedp.Cancel(ctx)
		cancel()
	})
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// trust has the programs with this home trust an authority, as a user who
// imports it does.
func trust(t *testing.T, home, root string) {
	t.Helper()
	certutil := exchange.Program(t, "certutil")
	db := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-N", "--empty-password"},
		{"-A", "-t", "C,,", "-n", "gserve", "-i", root},
	} {
		if out, err := exec.CommandContext(t.Context(), certutil, append(args, "-d", "sql:"+db)...).CombinedOutput(); err != nil {
			t.Fatalf("certutil: %v\n%s", err, out)
		}
	}
}

// visit returns what the browser shows at a URL, or why it does not.
func visit(ctx context.Context, url string) (string, error) {
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		return "", err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
}

func TestChromium(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	port, hosts := serve(t, a.TLSConfig(func() []string { return []string{"127.0.0.1", "::1", "localhost", "laptop.local"} }))
	knowing := newBrowser(t, rootFile(t, a, "PEM"))
	for _, host := range hosts {
		if got, err := visit(knowing, "https://"+host+":"+port); err != nil || got != "trusted by "+host+":"+port {
			t.Errorf("%s with the authority: got %q, %v", host, got, err)
		}
	}
	if got, err := visit(knowing, "https://other.local:"+port); err == nil {
		t.Errorf("a name that the leaf is not for: got %q", got)
	}
	for _, c := range clientsFor {
		port, _ := serve(t, configOf(forge(t, a, withName(c.cert))))
		got, err := visit(knowing, "https://"+c.host+":"+port)
		if trusted := err == nil; trusted != c.trust || !trusted && !strings.Contains(err.Error(), "net::ERR_CERT") {
			t.Errorf("%s: got %q, %v", c.host, got, err)
		}
	}
}

func TestChromiumWithoutAuthority(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	port, _ := serve(t, a.TLSConfig(func() []string { return []string{"localhost"} }))
	if got, err := visit(newBrowser(t, ""), "https://localhost:"+port); err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("got %q, %v", got, err)
	}
}

// A client of Go's, and one that resumes its session.
func TestGoClient(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	port, _ := serve(t, a.TLSConfig(func() []string { return []string{"127.0.0.1"} }))
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	config := &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	for i := range 2 {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Error(err)
		}
		if resumed := c.ConnectionState().DidResume; resumed != (i == 1) {
			t.Errorf("connection %d: resumed %t", i, resumed)
		}
		c.Close()
	}
}
