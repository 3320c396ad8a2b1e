package authority

import (
	"crypto/tls"
	"sync"
	"time"
)

// settled is for how long a machine is taken to keep its names. To ask for them
// takes some calls of the system, which strangers are not to cause at will.
const settled = 2 * time.Second

// TLSConfig returns a configuration that answers every handshake with a leaf for
// those of names that the authority may vouch for, whatever name the client asks
// for: it is the client who judges.
//
// names returns names of DNS and IP addresses. It is called during handshakes,
// by one at a time and every other second at most, so that a new address of the
// machine gets its leaf without a restart. The leaf is kept in the folder for
// the next run; if it cannot be, it serves this run all the same.
func (a *Authority) TLSConfig(names func() []string) *tls.Config {
	l := &leaves{authority: a, names: names}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12, // RFC 8996: the ones before are not to be used
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return l.get() },
	}
}

// leaves has the leaf of the moment.
type leaves struct {
	authority *Authority
	names     func() []string

	mu      sync.Mutex
	current *tls.Certificate // nil before the first handshake
	looked  time.Time        // when the names were asked for
}

// get returns the leaf of the moment. The handshake that has made it necessary
// to make one keeps it, too.
func (l *leaves) get() (*tls.Certificate, error) {
	leaf, fresh, err := l.look()
	if fresh != nil {
		_ = l.authority.saveLeaf(*fresh) // the next run makes another one
	}
	return leaf, err
}

// look returns the leaf of the moment, and as fresh if it is not yet kept.
func (l *leaves) look() (_ *tls.Certificate, fresh *credential, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.authority.now()
	if since := now.Sub(l.looked); l.current != nil && since >= 0 && since < settled {
		return l.current, nil, nil
	}
	wanted := l.authority.subjects(l.names())
	if l.current == nil {
		if kept, err := l.authority.loadLeaf(); err == nil {
			l.current = kept.forTLS()
		}
	}
	l.looked = now
	if l.current != nil && l.authority.isGood(l.current.Leaf, wanted, now) {
		return l.current, nil, nil
	}
	leaf, err := l.authority.newLeaf(wanted, now)
	if err != nil {
		if l.current != nil {
			return l.current, nil, nil // whose fate is the client's to decide
		}
		return nil, nil, err
	}
	l.current = leaf.forTLS()
	return l.current, &leaf, nil
}
