package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gserve/gserve/internal/authority"
	"github.com/gserve/gserve/internal/httpd"
	"github.com/gserve/gserve/internal/lan"
)

// security is how connections are encrypted. The zero one is not at all.
type security struct {
	config    *tls.Config
	authority *authority.Authority // that vouches for the certificate; nil if the user gave one
	folder    string               // that the authority is kept in
}

// openTLS reads the certificate of c, or makes one.
func (sys System) openTLS(c Config) (security, error) {
	if !c.TLS {
		config, err := loadTLS(c)
		return security{config: config}, err
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return security{}, advise(fmt.Errorf("cannot keep a certificate authority: %w", err), "set HOME or XDG_CONFIG_HOME to a folder of yours")
	}
	host, _ := os.Hostname()
	dir = filepath.Join(dir, "gserve")
	own, err := authority.Open(dir, host)
	if err != nil {
		return security{}, fmt.Errorf("cannot serve HTTPS: %w", err)
	}
	return security{own.TLSConfig(certified), own, dir}, nil
}

// below returns the name of a folder below another one, and whether it is there.
func below(top, folder string) (string, bool) {
	if top == "" {
		return "", false
	}
	var real [2]string
	for i, name := range []string{top, folder} {
		name, err := filepath.Abs(name)
		if err == nil {
			name, err = filepath.EvalSymlinks(name)
		}
		if err != nil {
			return "", false
		}
		real[i] = name
	}
	rel, err := filepath.Rel(real[0], real[1])
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// certified returns the names and addresses that a certificate has to be for:
// all of this machine's, wherever it listens, so that the certificate lasts.
func certified() []string {
	machine := lan.This()
	names := []string{"localhost", "127.0.0.1", "::1", machine.Name, machine.Local()}
	for _, card := range machine.Cards {
		for _, prefix := range card.Prefixes {
			names = append(names, prefix.Addr().WithZone("").String())
		}
	}
	return names
}

// loadTLS returns nil if c names no certificate.
func loadTLS(c Config) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	config, err := httpd.LoadTLS(c.TLSCert, c.TLSKey, c.TLSPasswordFile)
	if err == nil {
		return config, nil
	}
	if _, ok := errors.AsType[*httpd.PasswordError](err); ok {
		return nil, err // in python's words
	}
	err = fmt.Errorf("cannot serve HTTPS: %w", err)
	if errors.Is(err, httpd.ErrNoKey) && c.TLSKey == "" {
		err = advise(err, "if the key is in another file, name that with --tls-key")
	}
	return nil, err
}

// privateFiles returns the names of the files that are never to be served.
func (s *security) privateFiles(c Config) []string {
	var names []string
	for _, name := range []string{c.TLSCert, c.TLSKey, c.TLSPasswordFile} {
		if name != "" {
			names = append(names, name)
		}
	}
	if s.authority != nil {
		names = append(names, s.authority.Files()...)
	}
	return names
}
