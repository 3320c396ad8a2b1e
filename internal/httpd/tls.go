package httpd

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// LoadTLS reads a certificate, with the chain behind it, and its private key.
// Both are in PEM. If keyFile is "", the key is in certFile, too. If the key is
// encrypted, the content of passwordFile is its password, without white space
// around it; "" means that it is not encrypted.
//
// LoadTLS also returns what files it read, so that they can be kept from being
// served: [fileserver.WithPrivate].
func LoadTLS(certFile, keyFile, passwordFile string) (*tls.Config, []fs.FileInfo, error) {
	var l loader
	chain, leaf, err := l.chain(certFile)
	if err != nil {
		return nil, nil, err
	}
	if keyFile == "" {
		keyFile = certFile
	}
	key, err := l.key(keyFile, passwordFile)
	if err != nil {
		return nil, nil, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(leaf.PublicKey) {
		return nil, nil, fmt.Errorf("TLS key %q does not belong to the certificate %q", keyFile, certFile)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12, // RFC 8996: the ones before are not to be used
		Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key, Leaf: leaf}},
	}, l.files, nil
}

// loader reads files, and keeps account of them.
type loader struct{ files []fs.FileInfo }

// maxPEM bounds what is read of a file: any that is longer is not the right one.
const maxPEM = 1 << 20

func (l *loader) read(what, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, readError(what, name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, readError(what, name, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err == nil && len(data) > maxPEM {
		err = errors.New("file too large")
	}
	if err != nil {
		return nil, readError(what, name, err)
	}
	l.files = append(l.files, info)
	return data, nil
}

func readError(what, name string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("read TLS %s %q: %w", what, name, err)
}

// chain returns the certificates in a file, the first one parsed, too.
func (l *loader) chain(name string) (chain [][]byte, leaf *x509.Certificate, err error) {
	data, err := l.read("certificate", name)
	if err != nil {
		return nil, nil, err
	}
	for block := range blocks(data) {
		if block.Type == "CERTIFICATE" {
			chain = append(chain, block.Bytes)
		}
	}
	if len(chain) == 0 {
		return nil, nil, fmt.Errorf("TLS certificate %q holds no PEM certificate", name)
	}
	if leaf, err = x509.ParseCertificate(chain[0]); err != nil {
		return nil, nil, fmt.Errorf("TLS certificate %q: %w", name, err)
	}
	return chain, leaf, nil
}

// key returns the first private key in a file.
func (l *loader) key(name, passwordFile string) (crypto.Signer, error) {
	data, err := l.read("key", name)
	if err != nil {
		return nil, err
	}
	var password []byte
	if passwordFile != "" {
		if password, err = l.read("password", passwordFile); err != nil {
			return nil, err
		}
		password = bytes.TrimSpace(password)
	}
	for block := range blocks(data) {
		switch {
		case !isKey(block):
			continue
		case isEncrypted(block) && passwordFile == "":
			return nil, fmt.Errorf("TLS key %q is encrypted: give its password with --tls-password-file", name)
		}
		key, err := parseKey(block, password)
		if err != nil {
			return nil, fmt.Errorf("TLS key %q: %w", name, err)
		}
		return key, nil
	}
	return nil, fmt.Errorf("TLS key %q holds no PEM private key", name)
}

// blocks yields the PEM blocks in data.
func blocks(data []byte) func(yield func(*pem.Block) bool) {
	return func(yield func(*pem.Block) bool) {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if !yield(block) {
				return
			}
		}
	}
}
