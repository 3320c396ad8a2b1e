package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// forge signs what a thief of the key would sign: a certificate of the right
// form for anything. It returns the credential as a server would have it.
func forge(t *testing.T, a *Authority, change func(*x509.Certificate)) credential {
	t.Helper()
	template := &x509.Certificate{
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(template)
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := sign(template, a.issuer.chain[0], key, a.issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	return credential{key, []*x509.Certificate{cert, a.issuer.chain[0]}}
}

func withName(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = []net.IP{ip}
		} else {
			c.DNSNames = []string{name}
		}
	}
}

// forgeries are what the key of the authority must not be good for.
var forgeries = []struct {
	name   string // what a client would ask for
	change func(*x509.Certificate)
}{
	{"example.com", withName("example.com")},
	{"www.google.com", withName("www.google.com")},
	{"local.example.com", withName("local.example.com")},
	{"www.example.com", withName("*.example.com")},
	{"8.8.8.8", withName("8.8.8.8")},
	{"2001:4860:4860::8888", withName("2001:4860:4860::8888")},
	{"128.0.0.1", withName("128.0.0.1")},
	{"localhost", func(c *x509.Certificate) { c.DNSNames = []string{"localhost", "example.com"} }},
	{"localhost", func(c *x509.Certificate) {
		c.DNSNames, c.EmailAddresses = []string{"localhost"}, []string{"a@example.com"}
	}},
	{"localhost", func(c *x509.Certificate) {
		c.DNSNames, c.URIs = []string{"localhost"}, []*url.URL{{Scheme: "https", Host: "example.com"}}
	}},
}

// verifies returns what Go has to say about a chain.
func verifies(roots *x509.CertPool, leaf credential, name string, usage x509.ExtKeyUsage) error {
	between := x509.NewCertPool()
	for _, c := range leaf.chain[1:] {
		between.AddCert(c)
	}
	if net.ParseIP(name) != nil {
		name = "[" + name + "]"
	}
	_, err := leaf.chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	return err
}

func poolOf(cert *x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

// asKeyOnly returns a root as those see it who take nothing from it but its name
// and its key (RFC 5280, 6.1.1).
func asKeyOnly(root *x509.Certificate) *x509.Certificate {
	bare := *root
	bare.PermittedDNSDomains, bare.PermittedEmailAddresses, bare.PermittedURIDomains, bare.PermittedIPRanges = nil, nil, nil, nil
	bare.ExtKeyUsage = nil
	return &bare
}

func TestGoVerifies(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	names := []string{"localhost", "x.local", "laptop", "a.laptop", "127.0.0.1", "192.168.1.7", "100.64.1.1", "::1", "fd00::1", "fe80::1"}
	leaf, err := a.newLeaf(a.subjects(names), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for kind, root := range map[string]*x509.Certificate{"whole": a.root, "key only": asKeyOnly(a.root)} {
		roots := poolOf(root)
		for _, name := range names {
			if err := verifies(roots, leaf, name, x509.ExtKeyUsageServerAuth); err != nil {
				t.Errorf("root %s: %s: %v", kind, name, err)
			}
		}
		if verifies(roots, leaf, "y.local", x509.ExtKeyUsageServerAuth) == nil {
			t.Errorf("root %s: the leaf is for any name", kind)
		}
		if verifies(roots, forge(t, a, withName("localhost")), "localhost", x509.ExtKeyUsageServerAuth) != nil {
			t.Errorf("root %s: even a good forgery is refused", kind)
		}
		for i, f := range forgeries {
			err := verifies(roots, forge(t, a, f.change), f.name, x509.ExtKeyUsageServerAuth)
			if err == nil || !strings.Contains(err.Error(), "not permitted") && !strings.Contains(err.Error(), "constraint") {
				t.Errorf("root %s: forgery %d for %s: got %v", kind, i, f.name, err)
			}
		}
		client := forge(t, a, func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})
		if verifies(roots, client, "localhost", x509.ExtKeyUsageClientAuth) == nil {
			t.Errorf("root %s: it vouches for clients, too", kind)
		}
	}
}

// Nobody can be made an authority by the one that is kept.
func TestGoRefusesFurtherAuthority(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	further := forge(t, a, func(c *x509.Certificate) {
		c.Subject, c.IsCA, c.KeyUsage = pkix.Name{CommonName: "further"}, true, x509.KeyUsageCertSign
	})
	b := &Authority{issuer: further}
	leaf := forge(t, b, withName("localhost"))
	leaf.chain = append(leaf.chain, a.issuer.chain[0])
	if err := verifies(poolOf(a.root), leaf, "localhost", x509.ExtKeyUsageServerAuth); err == nil {
		t.Error("a leaf of a further authority is good")
	}
}

// opensslVerifies returns what openssl has to say about a chain, by its strict
// rules.
func opensslVerifies(t *testing.T, openssl, root string, leaf credential, name string) (string, error) {
	t.Helper()
	data, err := leaf.encode()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "chain")
	write(t, file, data)
	check := "-verify_hostname"
	if net.ParseIP(name) != nil {
		check = "-verify_ip"
	}
	out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", "sslserver",
		"-CAfile", root, "-no-CApath", "-no-CAstore", "-untrusted", file, check, name, file).CombinedOutput()
	return string(out), err
}

func TestOpenSSLVerifies(t *testing.T) {
	t.Parallel()
	openssl := exchange.Program(t, "openssl")
	a := openNew(t, "laptop")
	root := rootFile(t, a, "PEM")
	names := []string{"localhost", "x.local", "laptop", "127.0.0.1", "192.168.1.7", "::1", "fe80::1"}
	leaf, err := a.newLeaf(a.subjects(names), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if out, err := opensslVerifies(t, openssl, root, leaf, name); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	for i, f := range forgeries {
		out, err := opensslVerifies(t, openssl, root, forge(t, a, f.change), f.name)
		if err == nil || !strings.Contains(out, "permitted subtree violation") {
			t.Errorf("forgery %d for %s: %v\n%s", i, f.name, err, out)
		}
	}
}

// What openssl shows of both certificates is what the user is promised.
func TestOpenSSLShows(t *testing.T) {
	t.Parallel()
	openssl := exchange.Program(t, "openssl")
	a := openNew(t, "laptop")
	for i, cert := range a.issuer.chain {
		file := filepath.Join(t.TempDir(), "cert")
		write(t, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
		out, err := exec.Command(openssl, "x509", "-noout", "-text", "-in", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		shown := strings.Join(strings.Fields(string(out)), " ")
		for _, part := range []string{
			"X509v3 Basic Constraints: critical CA:TRUE, pathlen:" + string('0'+rune(i)),
			"X509v3 Key Usage: critical Certificate Sign X509v3",
			"X509v3 Extended Key Usage: TLS Web Server Authentication X509v3",
			"X509v3 Name Constraints: critical Permitted: DNS:localhost DNS:local DNS:laptop " +
				"IP:127.0.0.0/255.0.0.0 IP:10.0.0.0/255.0.0.0 IP:172.16.0.0/255.240.0.0 IP:192.168.0.0/255.255.0.0 " +
				"IP:169.254.0.0/255.255.0.0 IP:100.64.0.0/255.192.0.0 " +
				"IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF IP:FC00:0:0:0:0:0:0:0/FE00:0:0:0:0:0:0:0 " +
				"IP:FE80:0:0:0:0:0:0:0/FFC0:0:0:0:0:0:0:0 email:invalid URI:invalid",
			"Public-Key: (256 bit)", "NIST CURVE: P-256", "ecdsa-with-SHA256",
		} {
			if !strings.Contains(shown, part) {
				t.Errorf("certificate %d does not show %q:\n%s", i, part, out)
			}
		}
	}
}

// unconstrained returns an authority as other programs make them.
func unconstrained(t *testing.T) string {
	t.Helper()
	now := time.Now()
	template := authorityTemplate("anybody's", "", now)
	template.PermittedDNSDomains, template.PermittedIPRanges = nil, nil
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root, err := sign(template, template, key, key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := credential{key, []*x509.Certificate{root, root}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func rsaKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", string(der))
}
