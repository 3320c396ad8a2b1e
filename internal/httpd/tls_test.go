package httpd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// pair makes a certificate and its key for localhost, both in PEM.
func pair(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func testTLS(t *testing.T) *tls.Config {
	t.Helper()
	certPEM, keyPEM := pair(t)
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

// files writes files into a new directory, and returns a function that gives
// their paths.
func files(t *testing.T, contents map[string][]byte) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string {
		if name == "" {
			return ""
		}
		return filepath.Join(dir, name)
	}
	for name, content := range contents {
		if err := os.WriteFile(path(name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestLoadTLS(t *testing.T) {
	t.Parallel()
	cert, key := pair(t)
	otherCert, _ := pair(t)
	path := files(t, map[string][]byte{
		"cert": cert, "key": key, "other": otherCert,
		"both": append(append([]byte("# key first\n"), key...), cert...),
		"sec1": sec1(t, key), "text": []byte("hello"), "password": []byte("x"),
		"badcert": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
		"badkey":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
		"long":    make([]byte, maxPEM+1),
		"sealed":  pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}),
	})
	for _, test := range []struct {
		cert, key, password string
		err                 string // with FILE for the directory of the files; "" if it works
	}{
		{"cert", "key", "", ""},
		{"both", "", "", ""},
		{"both", "both", "", ""},
		{"cert", "sec1", "", ""},
		{"cert", "key", "password", ""}, // which is not needed
		{"none", "key", "", `read TLS certificate "FILE/none": no such file or directory`},
		{"cert", "none", "", `read TLS key "FILE/none": no such file or directory`},
		{"cert", "key", "none", `failed to read TLS password file: open FILE/none: no such file or directory`},
		{"long", "key", "", `read TLS certificate "FILE/long": file too large`},
		{"text", "key", "", `TLS certificate "FILE/text" holds no PEM certificate`},
		{"key", "key", "", `TLS certificate "FILE/key" holds no PEM certificate`},
		{"cert", "", "", `TLS key "FILE/cert" holds no PEM private key`},
		{"other", "key", "", `TLS key "FILE/key" does not belong to the certificate "FILE/other"`},
		{"cert", "sealed", "", `TLS key "FILE/sealed" is encrypted: give its password with --tls-password-file`},
		{"badcert", "key", "", `TLS certificate "FILE/badcert": x509: malformed certificate`},
		{"cert", "badkey", "", `TLS key "FILE/badkey": asn1: `},
	} {
		t.Run(test.cert+","+test.key+","+test.password, func(t *testing.T) {
			t.Parallel()
			config, err := LoadTLS(path(test.cert), path(test.key), path(test.password))
			if test.err != "" {
				want := strings.ReplaceAll(test.err, "FILE", filepath.ToSlash(filepath.Dir(path("x"))))
				if err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
					t.Errorf("got %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			handshake(t, config, cert)
		})
	}
}

// sec1 returns a key in the form that openssl ecparam -genkey gives it.
func sec1(t *testing.T, key []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(key)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(private.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 1, 1}})
	return append(parameters, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})...)
}

// handshake checks that a server with this config is trusted by a client that
// trusts the certificate.
func handshake(t *testing.T, config *tls.Config, cert []byte) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	s := serve(t, &Server{Handler: text("hello"), TLS: config})
	c, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := clientOn(t, c).get("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", s.addr, old); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

func TestLoadTLSEncrypted(t *testing.T) {
	t.Parallel()
	openssl := exchange.Program(t, "openssl")
	cert, key := pair(t)
	path := files(t, map[string][]byte{
		"cert": cert, "key": key,
		"password": []byte(" secret \r\n"), "wrong": []byte("Secret\n"), "empty": {},
	})
	for _, test := range []struct {
		name string
		args []string
	}{
		{"pkcs8", []string{"pkcs8", "-topk8"}},
		{"pkcs8-scrypt", []string{"pkcs8", "-topk8", "-scrypt"}},
		{"pkcs8-3des", []string{"pkcs8", "-topk8", "-v2", "des3"}},
		{"pem-aes", []string{"ec", "-aes256"}},
		{"pem-3des", []string{"ec", "-des3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sealed := path(test.name)
			args := append(test.args, "-in", path("key"), "-out", sealed, "-passout", "pass:secret")
			if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
				t.Fatalf("openssl: %v\n%s", err, out)
			}
			config, err := LoadTLS(path("cert"), sealed, path("password"))
			if err != nil {
				t.Fatal(err)
			}
			handshake(t, config, cert)
			for password, want := range map[string]string{
				"":      "TLS key %q is encrypted: give its password with --tls-password-file",
				"wrong": "TLS key %q: wrong password",
				"empty": "TLS key %q: wrong password",
			} {
				_, err := LoadTLS(path("cert"), sealed, path(password))
				if want := strings.ReplaceAll(want, "%q", `"`+sealed+`"`); err == nil || err.Error() != want {
					t.Errorf("password %q: got %v, want %s", password, err, want)
				}
			}
		})
	}
}

// A ciphertext that was cut off makes a panic in the package that decrypts it.
func TestLoadTLSDamaged(t *testing.T) {
	t.Parallel()
	openssl := exchange.Program(t, "openssl")
	cert, key := pair(t)
	path := files(t, map[string][]byte{"cert": cert, "key": key, "password": []byte("secret")})
	sealed := path("sealed")
	if out, err := exec.Command(openssl, "pkcs8", "-topk8", "-in", path("key"), "-out", sealed,
		"-passout", "pass:secret").CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	data, err := os.ReadFile(sealed)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if _, err := asn1.Unmarshal(block.Bytes, &info); err != nil {
		t.Fatal(err)
	}
	info.Data = info.Data[1:]
	if block.Bytes, err = asn1.Marshal(info); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sealed, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = LoadTLS(path("cert"), sealed, path("password"))
	if want := `TLS key "` + sealed + `": damaged`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestServeTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t)})
	if got := dialTLS(t, s.addr).get("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestServeProtocols(t *testing.T) {
	t.Parallel()
	protocol := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	for _, test := range []struct {
		server *Server
		want   string
	}{
		{&Server{Handler: protocol, TLS: testTLS(t)}, "HTTP/2.0"},
		{&Server{Handler: protocol, TLS: testTLS(t), HTTP10: true}, "HTTP/1.1"},
		{&Server{Handler: protocol}, "HTTP/1.1"},
	} {
		s := serve(t, test.server)
		transport := &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2: true,
		}
		t.Cleanup(transport.CloseIdleConnections)
		scheme := "http://"
		if test.server.TLS != nil {
			scheme = "https://"
		}
		resp, err := (&http.Client{Transport: transport}).Get(scheme + s.addr)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := string(content); got != test.want {
			t.Errorf("%sTLS, HTTP10 %t: got %q, want %q", scheme, test.server.HTTP10, got, test.want)
		}
	}
}
