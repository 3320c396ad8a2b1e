//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateName = "certificate.pem"
	keyName         = "key.pem"
)

// makeCertificate writes a certificate for the loopback that vouches for itself,
// and its key.
func (b *bench) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := b.writePEM(certificateName, "CERTIFICATE", certificate); err != nil {
		return err
	}
	return b.writePEM(keyName, "PRIVATE KEY", secret)
}

func (b *bench) writePEM(name, kind string, content []byte) error {
	return os.WriteFile(filepath.Join(b.folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}
