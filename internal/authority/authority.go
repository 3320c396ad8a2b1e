package authority

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// The files in the folder. Each has a private key, and the certificates that
// belong to it: in one file, they cannot come apart.
const (
	authorityFile = "authority.pem"
	leafFile      = "leaf.pem"
)

// warning is how long before its end an authority is told to end.
const warning = 30 * day

const day = 24 * time.Hour

// Authority vouches for names and addresses of this machine. It is safe for
// concurrent use.
type Authority struct {
	dir     string
	now     func() time.Time
	root    *x509.Certificate // what devices trust
	issuer  credential        // what signs, as root did not keep its key
	made    bool
	notices []string
}

// Open opens the authority that is kept in the folder dir, and makes it if
// there is none. Processes that do so at once get the same one. The folder is
// for this purpose only; it is made if need be, with its parents.
//
// A new authority can vouch for hostname and the names below it, unless that is
// a public domain, such as "dev" or "example.com".
//
// Files that others can read are closed to them, of which a notice tells. Those
// that others can write, that belong to another user, or that are damaged, are
// refused, and so is an authority that is not valid now; the error says what to
// do.
func Open(dir, hostname string) (*Authority, error) {
	return open(dir, hostname, time.Now)
}

func open(dir, hostname string, now func() time.Time) (*Authority, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	a := &Authority{dir: dir, now: now}
	notice, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of the certificate authority: %w", err)
	}
	a.note(notice)
	if err := a.load(); errors.Is(err, fs.ErrNotExist) {
		err = a.make(hostname)
		if err != nil {
			return nil, fmt.Errorf("make a certificate authority: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("certificate authority %q: %w", a.file(), err)
	}
	return a, nil
}

// load reads the authority of the folder.
func (a *Authority) load() error {
	data, notice, err := readPrivate(a.file())
	if err != nil {
		return err
	}
	issuer, err := parseCredential(data)
	if err == nil {
		err = checkAuthority(issuer.chain)
	}
	if err != nil {
		return fmt.Errorf("%w; %s", err, howToReplace)
	}
	now := a.now()
	if err := checkTime(issuer.chain, now); err != nil {
		return err
	}
	a.issuer, a.root = issuer, issuer.chain[1]
	a.note(notice)
	if end := a.root.NotAfter; end.Sub(now) < warning {
		a.note(fmt.Sprintf("the certificate authority %q ends on %s; %s", a.file(), date(end), howToReplace))
	}
	return nil
}

// howToReplace is what there is to do about an authority that is of no use.
const howToReplace = "remove the file to have a new authority made, which devices then have to be told to trust"

// checkAuthority reports what keeps a chain from being the one of an authority
// of ours. An authority without constraints is none that we would use.
func checkAuthority(chain []*x509.Certificate) error {
	if len(chain) != 2 {
		return fmt.Errorf("holds %d certificates, where an authority of gserve has 2", len(chain))
	}
	for _, c := range chain {
		if !c.PermittedDNSDomainsCritical || len(c.PermittedDNSDomains) == 0 || len(c.PermittedIPRanges) == 0 {
			return errors.New("is not one that gserve has made: it may vouch for any name")
		}
	}
	return nil
}

// checkTime reports what is wrong with an authority now. It leaves open which of
// the two is, the authority or the clock: an authority that is replaced because
// a clock was wrong has to be told to every device anew.
func checkTime(chain []*x509.Certificate, now time.Time) error {
	for _, c := range chain {
		switch {
		case now.Before(c.NotBefore):
			return fmt.Errorf("it is valid from %s on, and the clock says %s: set the clock", date(c.NotBefore), date(now))
		case now.After(c.NotAfter):
			return fmt.Errorf("it ended on %s, and the clock says %s: set the clock if that is wrong, else %s",
				date(c.NotAfter), date(now), howToReplace)
		}
	}
	return nil
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// make makes an authority, if no other process does so meanwhile.
func (a *Authority) make(hostname string) error {
	unlock, err := lock(a.dir, patience)
	if err != nil {
		return err
	}
	defer unlock()
	if err := a.load(); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	issuer, err := newIssuer(owner(), hostname, a.now())
	if err != nil {
		return err
	}
	data, err := issuer.encode()
	if err != nil {
		return err
	}
	if err := writePrivate(a.file(), data); err != nil {
		return err
	}
	a.issuer, a.root, a.made = issuer, issuer.chain[1], true
	return nil
}

func (a *Authority) note(notice string) {
	if notice != "" {
		a.notices = append(a.notices, notice)
	}
}

func (a *Authority) file() string { return filepath.Join(a.dir, authorityFile) }

func (a *Authority) leafFile() string { return filepath.Join(a.dir, leafFile) }

// Certificate returns the certificate that devices are to trust, in DER: the
// content of a file of the media type application/x-x509-ca-cert.
func (a *Authority) Certificate() []byte { return a.root.Raw }

// Name returns the name under which devices show the authority.
func (a *Authority) Name() string { return a.root.Subject.CommonName }

// Fingerprint returns the SHA-256 of the certificate, as browsers, phones and
// openssl show it: AA:BB:...
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.root.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

// Files returns the names of the files with private keys, which are never to be
// served. One that is about to take the place of another is in the same folder.
func (a *Authority) Files() []string { return []string{a.file(), a.leafFile()} }

// Made reports whether Open has made the authority, so that no device can know
// it yet.
func (a *Authority) Made() bool { return a.made }

// Notices returns what Open found that the user has to be told, without any
// need to do something at once: an authority that ends soon, a file that others
// could read. There may be none.
func (a *Authority) Notices() []string { return a.notices }
