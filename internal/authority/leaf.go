package authority

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A leaf is valid for less than the 397 days that Apple's systems allow, and is
// remade early: a device that was asleep for a month finds a valid one.
const (
	leafDays    = 90 * day
	leafRenewal = 30 * day
)

// maxSubjects bounds the size of a leaf, which goes over the wire with each
// handshake. A machine that has more addresses than this has got them from
// somebody else.
const maxSubjects = 100

// subjects returns what a leaf is to be for: those of the names that the
// authority may vouch for, in their order, each once. There is one at least, as
// a leaf for nobody is none.
func (a *Authority) subjects(names []string) []subject {
	var wanted []subject
	for _, name := range names {
		s, ok := parseSubject(name)
		if ok && len(wanted) < maxSubjects && permits(a.issuer.chain[0], s) && !slices.Contains(wanted, s) {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 {
		return []subject{{name: "localhost"}}
	}
	return wanted
}

// isGood reports whether a leaf will do: it is for all that is wanted, and has
// some time left, or would have no more if it were remade.
func (a *Authority) isGood(leaf *x509.Certificate, wanted []subject, now time.Time) bool {
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return false
	}
	if leaf.NotAfter.Sub(now) < leafRenewal && leaf.NotAfter.Before(a.issuer.chain[0].NotAfter) {
		return false
	}
	for _, s := range wanted {
		if !isFor(leaf, s) {
			return false
		}
	}
	return true
}

func isFor(leaf *x509.Certificate, s subject) bool {
	if s.addr.IsValid() {
		for _, ip := range leaf.IPAddresses {
			if ip.Equal(s.addr.AsSlice()) {
				return true
			}
		}
		return false
	}
	return slices.Contains(leaf.DNSNames, s.name)
}

// newLeaf makes a leaf with a key of its own. It names its subjects in the
// extension for that only, so that no verifier takes a common name for one.
func (a *Authority) newLeaf(wanted []subject, now time.Time) (credential, error) {
	if err := checkTime(a.issuer.chain, now); err != nil {
		return credential{}, fmt.Errorf("certificate authority %q: %w", a.file(), err)
	}
	issuer := a.issuer.chain[0]
	template := &x509.Certificate{
		NotBefore:             latest(now.Add(-backdating), issuer.NotBefore),
		NotAfter:              earliest(now.Add(leafDays), issuer.NotAfter),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, s := range wanted {
		if s.addr.IsValid() {
			template.IPAddresses = append(template.IPAddresses, s.addr.AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, s.name)
		}
	}
	key, err := newKey()
	if err != nil {
		return credential{}, err
	}
	leaf, err := sign(template, issuer, key, a.issuer.key)
	if err != nil {
		return credential{}, err
	}
	return credential{key, []*x509.Certificate{leaf, issuer}}, nil
}

func earliest(t, u time.Time) time.Time {
	if u.Before(t) {
		return u
	}
	return t
}

func latest(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}

// loadLeaf returns the leaf of a former run. One that is of no use, for whatever
// reason, is not worth a word: another one takes its place.
func (a *Authority) loadLeaf() (credential, error) {
	data, notice, err := readPrivate(a.leafFile())
	if err != nil {
		return credential{}, err
	}
	if notice != "" {
		return credential{}, errors.New(notice) // others may have its key
	}
	leaf, err := parseCredential(data)
	if err != nil {
		return credential{}, err
	}
	if len(leaf.chain) != 2 || !leaf.chain[1].Equal(a.issuer.chain[0]) {
		return credential{}, errors.New("the leaf is of another authority")
	}
	return leaf, nil
}

// saveLeaf keeps a leaf for the next run.
func (a *Authority) saveLeaf(leaf credential) error {
	data, err := leaf.encode()
	if err != nil {
		return err
	}
	unlock, err := lock(a.dir, patience)
	if err != nil {
		return err
	}
	defer unlock()
	return writePrivate(a.leafFile(), data)
}

// forTLS returns the credential as crypto/tls takes it.
func (c credential) forTLS() *tls.Certificate {
	cert := &tls.Certificate{PrivateKey: c.key, Leaf: c.chain[0]}
	for _, part := range c.chain {
		cert.Certificate = append(cert.Certificate, part.Raw)
	}
	return cert
}
