package authority

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// made is when the authorities of most tests are made.
var made = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func at(t time.Time) *clock { return &clock{now: t} }

// openNew opens an authority in a new folder, by the clock of the system.
func openNew(t *testing.T, hostname string) *Authority {
	t.Helper()
	a, err := Open(filepath.Join(t.TempDir(), "tls"), hostname)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// An authority is made once, in folders that are made for it, and stays.
func TestOpen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config", "gserve", "tls")
	c := at(made)
	first, err := open(dir, "laptop", c.read)
	if err != nil {
		t.Fatal(err)
	}
	c.set(made.AddDate(9, 0, 0))
	second, err := open(dir, "other", c.read)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Made() || second.Made() {
		t.Errorf("made %t, then %t", first.Made(), second.Made())
	}
	if !bytes.Equal(first.Certificate(), second.Certificate()) || !first.issuer.key.Equal(second.issuer.key) {
		t.Error("there are two authorities")
	}
	if n := first.Notices(); len(n) > 0 {
		t.Errorf("notices of a new one: %q", n)
	}
	if n := second.Notices(); len(n) > 0 {
		t.Errorf("notices of an old one: %q", n)
	}
	if !second.Permits("laptop") || second.Permits("other") {
		t.Error("the constraints are not those of the host it was made on")
	}
	for _, name := range first.Files() {
		if filepath.Dir(name) != dir {
			t.Errorf("%s is not in %s", name, dir)
		}
	}
	if want := "gserve authority of "; !strings.HasPrefix(first.Name(), want) || !strings.HasSuffix(first.Name(), " on laptop, 2026") {
		t.Errorf("its name is %q", first.Name())
	}
}

// The key of the root is nowhere, and what is there is for the user only.
func TestFilesOnDisk(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	if _, err := a.TLSConfig(func() []string { return nil }).GetCertificate(nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if isOpenToOthers(info) {
			t.Errorf("%s has the mode %v", e.Name(), info.Mode())
		}
		keys := strings.Count(string(read(t, filepath.Join(a.dir, e.Name()))), "PRIVATE KEY-----") / 2
		if isListed := strings.Contains(strings.Join(a.Files(), "\n"), e.Name()); isListed && keys != 1 || !isListed && keys != 0 {
			t.Errorf("%s has %d keys", e.Name(), keys)
		}
	}
	if got, want := strings.Join(names, " "), ".lock authority.pem leaf.pem"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	kept, err := parseCredential(read(t, a.file()))
	if err != nil {
		t.Fatal(err)
	}
	if kept.key.PublicKey.Equal(a.root.PublicKey) {
		t.Error("the key of the root is kept")
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	a := openNew(t, "laptop")
	sum := sha256.Sum256(a.Certificate())
	if got := strings.ToLower(strings.ReplaceAll(a.Fingerprint(), ":", "")); got != hex.EncodeToString(sum[:]) {
		t.Errorf("got %s", a.Fingerprint())
	}
	openssl := exchange.Program(t, "openssl")
	out, err := exec.Command(openssl, "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256",
		"-in", rootFile(t, a, "DER")).CombinedOutput()
	if want := "sha256 Fingerprint=" + a.Fingerprint(); strings.TrimSpace(string(out)) != want || err != nil {
		t.Errorf("openssl: %s%v, want %s", out, err, want)
	}
}

// rootFile writes the certificate that devices trust to a file.
func rootFile(t *testing.T, a *Authority, form string) string {
	t.Helper()
	data := a.Certificate()
	if form == "PEM" {
		data = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: data})
	}
	name := filepath.Join(t.TempDir(), "ca.crt")
	write(t, name, data)
	return name
}

// Processes that start at once get the same authority, and so do goroutines.
func TestOpenAtOnce(t *testing.T) {
	const folder = "AUTHORITY_TEST_FOLDER"
	if dir := os.Getenv(folder); dir != "" {
		io.Copy(io.Discard, os.Stdin) // whose end is the start for all
		fmt.Println(outcome(dir))
		return
	}
	t.Parallel()
	const many = 20
	for range 5 {
		dir := filepath.Join(t.TempDir(), "tls")
		start, release, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		released := make(chan struct{})
		results := make(chan string, 2*many)
		var running sync.WaitGroup
		for range many {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpenAtOnce$")
			cmd.Env = append(os.Environ(), folder+"="+dir)
			cmd.Stdin = start
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running.Go(func() {
				cmd.Wait()
				line, _, _ := strings.Cut(out.String(), "\n")
				results <- line
			})
			running.Go(func() {
				<-released
				results <- outcome(dir)
			})
		}
		start.Close()
		release.Close()
		close(released)
		running.Wait()
		close(results)
		checkOneAuthority(t, dir, results)
	}
}

// outcome says what came of opening an authority.
func outcome(dir string) string {
	a, err := Open(dir, "laptop")
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint("authority ", a.Made(), " ", a.Fingerprint())
}

func checkOneAuthority(t *testing.T, dir string, results <-chan string) {
	t.Helper()
	a, err := Open(dir, "laptop")
	if err != nil {
		t.Fatal(err)
	}
	makers := 0
	for result := range results {
		switch result {
		case "authority true " + a.Fingerprint():
			makers++
		case "authority false " + a.Fingerprint():
		default:
			t.Errorf("got %s", result)
		}
	}
	if makers != 1 {
		t.Errorf("%d have made it", makers)
	}
}

// Who holds the lock for too long is named, and the lock is there for the next
// when it is given back.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lock(dir, patience)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir, 30*time.Millisecond); err == nil || !strings.Contains(err.Error(), "another process has locked") {
		t.Errorf("got %v", err)
	}
	unlock()
	unlock, err = lock(dir, patience)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err := lock(filepath.Join(dir, "none"), patience); err == nil {
		t.Error("a folder that is not there is locked")
	}
}

// What a process has left that was killed while it wrote does no harm, and goes.
func TestOpenAfterCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	half := filepath.Join(dir, "."+authorityFile+"-123")
	write(t, half, []byte("-----BEGIN PRIV"))
	if _, err := Open(dir, "laptop"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half file: %v", err)
	}
}

// What is damaged is refused with a word on what to do, and left as it is.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	ours, theirs := openNew(t, "laptop"), openNew(t, "laptop")
	good, other := string(read(t, ours.file())), string(read(t, theirs.file()))
	key, certs, _ := strings.Cut(good, "-----BEGIN CERTIFICATE")
	certs = "-----BEGIN CERTIFICATE" + certs
	otherKey, otherCerts, _ := strings.Cut(other, "-----BEGIN CERTIFICATE")
	_, otherRoot, _ := strings.Cut(otherCerts, "-----BEGIN CERTIFICATE")
	issuer, _, _ := strings.Cut(certs, "-----END CERTIFICATE-----\n")
	issuer += "-----END CERTIFICATE-----\n"
	const replace = "; remove the file to have a new authority made, which devices then have to be told to trust"
	for _, test := range []struct {
		name, content, want string // the start of the error
	}{
		{"empty", "", "holds no private key"},
		{"text", "hello", "holds no private key"},
		{"half", good[:len(key)/2], "holds no private key"},
		{"without key", certs, "holds no private key"},
		{"without certificates", key, "holds no certificate"},
		{"without root", key + issuer, "holds 1 certificates, where an authority of gserve has 2"},
		{"cut in the midst", good[:len(good)-100], "holds 1 certificates, where an authority of gserve has 2"},
		{"too many", good + issuer, "its certificates do not belong together: "},
		{"key of another", otherKey + certs, "its private key does not belong to its certificate"},
		{"root of another", key + issuer + "-----BEGIN CERTIFICATE" + otherRoot, "its certificates do not belong together: "},
		{"bad key", block("PRIVATE KEY", "x") + certs, "its private key is damaged: "},
		{"bad certificate", key + block("CERTIFICATE", "x"), "a certificate in it is damaged: "},
		{"RSA key", rsaKey(t) + certs, "holds a private key of type *rsa.PrivateKey, and not ECDSA"},
		{"unconstrained", unconstrained(t), "is not one that gserve has made: it may vouch for any name"},
		{"too large", good + strings.Repeat("\n", maxFile), "it is too large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), authorityFile)
			write(t, name, []byte(test.content))
			_, err := Open(filepath.Dir(name), "laptop")
			if err == nil {
				t.Fatal("it is opened")
			}
			got, want := err.Error(), fmt.Sprintf("certificate authority %q: %s", name, test.want)
			if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, replace) {
				t.Errorf("got %s", got)
			}
			if string(read(t, name)) != test.content {
				t.Error("the file was changed")
			}
		})
	}
}

func block(kind, content string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(content)}))
}

// An authority is neither used nor replaced when it is not valid: the clock may
// be what is wrong.
func TestOpenAtTimes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := open(dir, "laptop", at(made).read)
	if err != nil {
		t.Fatal(err)
	}
	ends := `the certificate authority "FILE" ends on 2036-11-20; ` + howToReplace
	for _, test := range []struct {
		now     time.Time
		err     string
		notices string
	}{
		{now: made},
		{now: made.Add(-23 * time.Hour)},
		{now: made.AddDate(10, 0, -31)},
		{now: made.AddDate(10, 0, -29), notices: ends},
		{now: made.AddDate(10, 0, 0), notices: ends},
		{now: made.AddDate(10, 0, 1), err: `certificate authority "FILE": it ended on 2036-11-20, and the clock says 2036-11-21: ` +
			"set the clock if that is wrong, else " + howToReplace},
		{now: time.Unix(0, 0), err: `certificate authority "FILE": it is valid from 2026-11-19 on, and the clock says 1970-01-01: set the clock`},
	} {
		a, err := open(dir, "laptop", at(test.now).read)
		if got, want := fmt.Sprint(err), strings.ReplaceAll(test.err, "FILE", first.file()); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%v: got %s, want %s", test.now, got, want)
		}
		if err != nil {
			continue
		}
		if got, want := strings.Join(a.Notices(), "\n"), strings.ReplaceAll(test.notices, "FILE", first.file()); got != want {
			t.Errorf("%v: notices %s, want %s", test.now, got, want)
		}
		if a.Fingerprint() != first.Fingerprint() {
			t.Errorf("%v: it is another one", test.now)
		}
	}
}

func TestCommonName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ owner, host, want string }{
		{"ada", "laptop", "gserve authority of ada on laptop, 2026"},
		{"ada", "laptop.local", "gserve authority of ada on laptop, 2026"},
		{"", "", "gserve authority of somebody on some host, 2026"},
		{"\x1b[31m\n\x00", "\xff", "gserve authority of [31m on some host, 2026"},
		{"Zoë Ångström", "büro", "gserve authority of Zoë Ångström on büro, 2026"},
		{strings.Repeat("ä", 99), strings.Repeat("b", 99), "gserve authority of ääääääääääääääää on bbbbbbbbbbbbbbbbbb, 2026"},
	} {
		got := commonName("authority", test.owner, test.host, made)
		if got != test.want || len([]rune(got)) > 64 {
			t.Errorf("%q on %q: got %q, want %q", test.owner, test.host, got, test.want)
		}
	}
}
