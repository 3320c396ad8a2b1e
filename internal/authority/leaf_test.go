package authority

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// machine is one whose names and clock a test sets.
type machine struct {
	t *testing.T
	*clock
	*Authority
	config *tls.Config

	mu    sync.Mutex
	names []string
	asked int
}

// newMachine returns a machine whose authority is in the folder dir.
func newMachine(t *testing.T, dir string, now time.Time, names ...string) *machine {
	t.Helper()
	m := &machine{t: t, clock: at(now), names: names}
	var err error
	if m.Authority, err = open(dir, "laptop", m.read); err != nil {
		t.Fatal(err)
	}
	m.config = m.TLSConfig(func() []string {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.asked++
		return m.names
	})
	return m
}

func (m *machine) rename(names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = names
}

// leaf returns the leaf that a client gets that asks for the name.
func (m *machine) leaf(name string) *x509.Certificate {
	m.t.Helper()
	cert, err := m.config.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		m.t.Fatal(err)
	}
	if len(cert.Certificate) != 2 {
		m.t.Errorf("%d certificates are sent", len(cert.Certificate))
	}
	return cert.Leaf
}

func subjectsOf(leaf *x509.Certificate) string {
	return fmt.Sprint(leaf.DNSNames, leaf.IPAddresses)
}

func TestLeafSubjects(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("10.0.%d.%d", i/256, i%256))
	}
	for _, test := range []struct {
		names []string
		want  string
	}{
		{[]string{"localhost", "127.0.0.1", "::1", "laptop.local"}, "[localhost laptop.local] [127.0.0.1 ::1]"},
		{[]string{"b.local", "a.local", "B.LOCAL.", "b.local"}, "[b.local a.local] []"},
		{[]string{"8.8.8.8", "example.com", "10.0.0.1", "2001:db8::1"}, "[] [10.0.0.1]"},
		{[]string{"fe80::1%eth0", "fe80::1%eth1", "::ffff:10.0.0.1", "10.0.0.1"}, "[] [fe80::1 10.0.0.1]"},
		{[]string{"", "*", "*.local", "a b", "a\x00b.local"}, "[localhost] []"},
		{nil, "[localhost] []"},
		{many, fmt.Sprint("[] ", strings.ReplaceAll(fmt.Sprintf("%q", many[:maxSubjects]), `"`, ""))},
	} {
		m := newMachine(t, t.TempDir(), made, test.names...)
		if got := subjectsOf(m.leaf("")); got != test.want {
			t.Errorf("%q: got %s, want %s", test.names, got, test.want)
		}
	}
}

func TestLeafForm(t *testing.T) {
	t.Parallel()
	m := newMachine(t, t.TempDir(), made, "laptop.local")
	leaf := m.leaf("")
	if leaf.Subject.String() != "" || leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature ||
		!slices.Equal(leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
		t.Errorf("subject %q, authority %t, usages %v and %v", leaf.Subject, leaf.IsCA, leaf.KeyUsage, leaf.ExtKeyUsage)
	}
	if !leaf.NotBefore.Equal(made.AddDate(0, 0, -1)) || !leaf.NotAfter.Equal(made.AddDate(0, 0, 90)) {
		t.Errorf("valid from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	if m.config.MinVersion != tls.VersionTLS12 {
		t.Error("old versions of TLS are spoken")
	}
	key, err := parseCredential(read(t, m.leafFile()))
	if err != nil {
		t.Fatal(err)
	}
	if key.key.Equal(m.issuer.key) {
		t.Error("the leaf has the key of the authority")
	}
	if got := m.leaf("example.com"); !got.Equal(leaf) {
		t.Error("a client that asks for another name gets another leaf")
	}
}

// A leaf stays as long as it will do, over restarts too, so that browsers that
// were told to make an exception need not be told again.
func TestLeafIsKept(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		name  string
		after time.Duration
		names []string // "": the same
		kept  bool
	}{
		{"the same", settled, nil, true},
		{"within the time that names are taken to stay", settled - time.Millisecond, []string{"10.0.0.2"}, true},
		{"another address", settled, []string{"laptop.local", "10.0.0.2"}, false},
		{"one more name", settled, []string{"laptop.local", "10.0.0.1", "x.local"}, false},
		{"one less", settled, []string{"10.0.0.1"}, true},
		{"one that cannot be had", settled, []string{"10.0.0.1", "8.8.8.8", "example.com"}, true},
		{"another order", settled, []string{"10.0.0.1", "laptop.local"}, true},
		{"two months later", 59 * day, nil, true},
		{"in its last month", 61 * day, nil, false},
		{"after its end", 91 * day, nil, false},
		{"a clock that jumps back by hours", -12 * time.Hour, nil, true},
		{"a clock that jumps back by years", -9999 * day, nil, true}, // the authority is not valid either
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, t.TempDir(), made, "laptop.local", "10.0.0.1")
			before := m.leaf("")
			m.set(made.Add(test.after))
			if test.names != nil {
				m.rename(test.names...)
			}
			after := m.leaf("")
			if after.Equal(before) != test.kept {
				t.Errorf("kept %t, want %t", !test.kept, test.kept)
			}
			if test.after < settled {
				return // what the authority may not even be opened for
			}
			restarted := newMachine(t, m.dir, made.Add(test.after), m.names...)
			if !restarted.leaf("").Equal(after) {
				t.Error("after a restart there is another one")
			}
		})
	}
}

// A clock that was wrong for a while leaves nothing behind.
func TestLeafAfterWrongClock(t *testing.T) {
	t.Parallel()
	m := newMachine(t, t.TempDir(), made, "laptop.local")
	for _, jump := range []time.Duration{1000 * day, -10 * day, 3600 * day, -99999 * day, 99999 * day, 0} {
		m.set(made.Add(jump))
		m.leaf("")
	}
	leaf := m.leaf("")
	if made.Before(leaf.NotBefore) || made.After(leaf.NotAfter) {
		t.Errorf("valid from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
}

// Near the end of the authority, leaves end with it, and are not remade all the
// time for that.
func TestLeafAtEndOfAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newMachine(t, dir, made)
	end := a.root.NotAfter
	m := newMachine(t, dir, end.Add(-10*day), "laptop.local")
	first := m.leaf("")
	if !first.NotAfter.Equal(end) {
		t.Errorf("the leaf is valid until %v, the authority until %v", first.NotAfter, end)
	}
	m.set(end.Add(-9 * day))
	if !m.leaf("").Equal(first) {
		t.Error("the leaf was remade")
	}
	m.set(end.Add(day))
	if !m.leaf("").Equal(first) {
		t.Error("there is a leaf of an authority that has ended")
	}
}

// Without an authority that is valid there is no first leaf, and a word why.
func TestLeafOfEndedAuthority(t *testing.T) {
	t.Parallel()
	m := newMachine(t, t.TempDir(), made, "laptop.local")
	m.set(m.root.NotAfter.Add(day))
	if _, err := m.config.GetCertificate(nil); err == nil || !strings.Contains(err.Error(), "it ended on 2036-11-20, and the clock says 2036-11-21") {
		t.Errorf("got %v", err)
	}
}

// A leaf on disk that is of no use gives way to one that is.
func TestLeafOnDisk(t *testing.T) {
	t.Parallel()
	other := newMachine(t, t.TempDir(), made, "laptop.local")
	other.leaf("")
	for name, change := range map[string]func(m *machine){
		"none":        func(m *machine) { os.Remove(m.leafFile()) },
		"empty":       func(m *machine) { write(t, m.leafFile(), nil) },
		"half":        func(m *machine) { write(t, m.leafFile(), read(t, m.leafFile())[:900]) },
		"of another":  func(m *machine) { write(t, m.leafFile(), read(t, other.leafFile())) },
		"authority's": func(m *machine) { write(t, m.leafFile(), read(t, m.file())) },
		"folder": func(m *machine) {
			os.Remove(m.leafFile())
			os.Mkdir(m.leafFile(), 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, t.TempDir(), made, "laptop.local")
			before := m.leaf("")
			change(m)
			again := newMachine(t, m.dir, made, "laptop.local")
			leaf := again.leaf("")
			if leaf.Equal(before) || leaf.CheckSignatureFrom(m.issuer.chain[0]) != nil || len(leaf.DNSNames) != 1 {
				t.Errorf("got a leaf for %s", subjectsOf(leaf))
			}
			if name == "folder" {
				return // which stays, and the leaf is good for this run
			}
			if kept, err := m.loadLeaf(); err != nil || !kept.chain[0].Equal(leaf) {
				t.Errorf("the new one is not kept: %v", err)
			}
		})
	}
}

// Handshakes by the thousand ask for the names once, and get one leaf.
func TestLeafAtOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, t.TempDir(), made, "laptop.local")
	var running sync.WaitGroup
	var mu sync.Mutex
	leaves := make(map[string]int)
	for range 20 {
		running.Go(func() {
			for range 100 {
				leaf := m.leaf("")
				mu.Lock()
				leaves[string(leaf.Raw)]++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	if len(leaves) != 1 || m.asked != 1 {
		t.Errorf("%d leaves, asked %d times", len(leaves), m.asked)
	}
	if left, _ := filepath.Glob(filepath.Join(m.dir, ".leaf*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}
