package cli

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/youmark/pkcs8"
)

// certificate makes a certificate for localhost that is signed by itself, and
// its key, which a password encrypts.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 2 || len(args) == 3, neg, "certificate CERT KEY [PASSWORD]")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	kind, password := "PRIVATE KEY", []byte(nil)
	if len(args) == 3 {
		kind, password = "ENCRYPTED PRIVATE KEY", []byte(args[2])
	}
	der, err := pkcs8.MarshalPrivateKey(key, password, nil)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), nil, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), nil, 0o600))
	ts.Check(appendPEM(ts.MkAbs(args[0]), "CERTIFICATE", cert))
	ts.Check(appendPEM(ts.MkAbs(args[1]), kind, der))
}

// appendPEM adds a block to a file, which may be the same for both.
func appendPEM(name, kind string, der []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close())
}

// large makes a file with a hole, so that it takes no space.
func large(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "large FILE")
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(errors.Join(f.Truncate(256<<20), f.Close()))
}

func fill(ts *testscript.TestScript, neg bool, args []string) {
	content := map[string]func(int) byte{
		"text":  func(i int) byte { return "All work and no play. "[i%22] },
		"noise": func(int) byte { return "0123456789abcdef"[mathrand.IntN(16)] },
	}
	arity(ts, len(args) == 2 && content[args[0]] != nil, neg, "fill text|noise FILE")
	b := make([]byte, 88<<10)
	for i := range b {
		b[i] = content[args[0]](i)
	}
	name := ts.MkAbs(args[1])
	ts.Check(errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, b, 0o644)))
}

func makeZip(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 2, neg, "zip FILE FOLDER")
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := zip.NewWriter(f)
	ts.Check(w.AddFS(os.DirFS(ts.MkAbs(args[1]))))
	words, err := w.Create("deep/words.txt")
	ts.Check(err)
	_, err = words.Write(bytes.Repeat([]byte("All work and no play. "), 4<<10))
	ts.Check(errors.Join(err, w.Close(), f.Close()))
}

func appears(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] appears PATTERN")
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		switch {
		case neg && len(found) > 0:
			ts.Fatalf("there is %q", found)
		case neg, len(found) > 0:
			return
		case time.Now().After(deadline):
			ts.Fatalf("%s does not appear", args[0])
		}
	}
}

func occupy(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "occupy PORT")
	// If that fails, another program has the port, which is as good.
	if l, err := net.Listen("tcp", ":"+args[0]); err == nil {
		ts.Defer(func() { l.Close() })
	}
}

func inherit(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 0, neg, "inherit")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	ts.Check(err)
	ts.Defer(func() { f.Close() })
	worldOf(ts).inherited = f
}

func require(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "require PROGRAM")
	if _, err := exec.LookPath(args[0]); err != nil && os.Getenv("CI") != "" {
		ts.Fatalf("%v", err)
	}
}
