package authority

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
	"unicode"
)

const (
	authorityYears = 10

	// backdating is for devices whose clocks are late.
	backdating = day
)

// newIssuer makes the two certificates of an authority, and the key of the one
// that signs. The key of the root is gone when it returns.
func newIssuer(owner, hostname string, now time.Time) (credential, error) {
	forgotten, err := newKey()
	if err != nil {
		return credential{}, err
	}
	root := authorityTemplate(commonName("authority", owner, hostname, now), hostname, now)
	root.MaxPathLen = 1
	rootCert, err := sign(root, root, forgotten, forgotten)
	if err != nil {
		return credential{}, err
	}
	key, err := newKey()
	if err != nil {
		return credential{}, err
	}
	issuer := authorityTemplate(commonName("issuer", owner, hostname, now), hostname, now)
	issuer.MaxPathLenZero = true
	issuerCert, err := sign(issuer, rootCert, key, forgotten)
	if err != nil {
		return credential{}, err
	}
	return credential{key, []*x509.Certificate{issuerCert, rootCert}}, nil
}

func authorityTemplate(name, hostname string, now time.Time) *x509.Certificate {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-backdating),
		NotAfter:              now.AddDate(authorityYears, 0, 0),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, // and so for all that is signed
	}
	constrain(template, hostname)
	return template
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// sign makes a certificate for key, whose issuer has the certificate parent and
// the key by. Its serial number is random.
func sign(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// The longest names of a user and of a host that fit into a common name, for
// which there are 64 characters (RFC 5280, A.1).
const (
	maxOwner = 16
	maxHost  = 18
)

// commonName says whose an authority is: of several on a phone, the user has to
// tell which one to remove.
func commonName(role, owner, hostname string, now time.Time) string {
	host, _, _ := strings.Cut(hostname, ".")
	return fmt.Sprintf("gserve %s of %s on %s, %d", role,
		cmp.Or(shorten(owner, maxOwner), "somebody"), cmp.Or(shorten(host, maxHost), "some host"), now.Year())
}

// shorten returns the first characters of s, without those that cannot be seen.
func shorten(s string, most int) string {
	visible := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	characters := []rune(strings.TrimSpace(visible))
	return string(characters[:min(len(characters), most)])
}

// owner returns the name by which the system knows the user, "" if it does not
// tell.
func owner() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		_, name, ok := strings.Cut(u.Username, `\`) // with a domain before it on Windows
		if ok {
			return name
		}
		return u.Username
	}
	return os.Getenv("USER")
}
