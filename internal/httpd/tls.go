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
func LoadTLS(certFile, keyFile, passwordFile string) (*tls.Config, error) {
	data, err := readPEM("certificate", certFile)
	if err != nil {
		return nil, err
	}
	chain, leaf, err := parseChain(certFile, data)
	if err != nil {
		return nil, err
	}
	if keyFile == "" || keyFile == certFile {
		keyFile = certFile // which may be a pipe, and is read once
	} else if data, err = readPEM("key", keyFile); err != nil {
		return nil, err
	}
	key, err := loadKey(keyFile, data, passwordFile)
	if err != nil {
		return nil, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(leaf.PublicKey) {
		return nil, fmt.Errorf("TLS key %q does not belong to the certificate %q", keyFile, certFile)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12, // RFC 8996: the ones before are not to be used
		Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key, Leaf: leaf}},
	}, nil
}

// ErrNoKey is what is wrong with a key file that is none, such as a certificate.
var ErrNoKey = errors.New("holds no PEM private key")

// PasswordError is why the password of a key cannot be read.
type PasswordError struct{ error }

// Error has python's words.
func (e *PasswordError) Error() string { return "failed to read TLS password file: " + e.error.Error() }

func (e *PasswordError) Unwrap() error { return e.error }

// maxPEM bounds what is read of a file: any that is longer is not the right one.
const maxPEM = 1 << 20

func readPEM(what, name string) ([]byte, error) {
	data, err := readFile(name)
	if err != nil {
		return nil, readError(what, name, err)
	}
	return data, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err == nil && len(data) > maxPEM {
		err = errors.New("file too large")
	}
	return data, err
}

func readError(what, name string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("read TLS %s %q: %w", what, name, err)
}

// parseChain returns the certificates in a file, the first one parsed, too.
func parseChain(name string, data []byte) (chain [][]byte, leaf *x509.Certificate, err error) {
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

// loadKey returns the first private key in a file.
func loadKey(name string, data []byte, passwordFile string) (crypto.Signer, error) {
	var password []byte
	if passwordFile != "" {
		var err error
		if password, err = readFile(passwordFile); err != nil {
			return nil, &PasswordError{err}
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
	return nil, fmt.Errorf("TLS key %q %w", name, ErrNoKey)
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
