package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// credential is a private key with the certificate for it, which comes first,
// and those that vouch for that one.
type credential struct {
	key   *ecdsa.PrivateKey
	chain []*x509.Certificate // each but the last signed by the next
}

// encode returns the credential in PEM, the key first.
func (c credential) encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, cert := range c.chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}
	return b.Bytes(), nil
}

// parseCredential returns the credential in data, all parts of which belong
// together.
func parseCredential(data []byte) (credential, error) {
	var c credential
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if err := c.add(block); err != nil {
			return credential{}, err
		}
	}
	return c, c.check()
}

func (c *credential) add(block *pem.Block) error {
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("its private key is damaged: %w", err)
		}
		ours, ok := key.(*ecdsa.PrivateKey)
		if !ok {
			return fmt.Errorf("holds a private key of type %T, and not ECDSA", key)
		}
		c.key = ours
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("a certificate in it is damaged: %w", err)
		}
		c.chain = append(c.chain, cert)
	}
	return nil
}

func (c *credential) check() error {
	switch {
	case c.key == nil:
		return errors.New("holds no private key")
	case len(c.chain) == 0:
		return errors.New("holds no certificate")
	case !c.key.PublicKey.Equal(c.chain[0].PublicKey):
		return errors.New("its private key does not belong to its certificate")
	}
	for i, cert := range c.chain[1:] {
		if err := c.chain[i].CheckSignatureFrom(cert); err != nil {
			return fmt.Errorf("its certificates do not belong together: %w", err)
		}
	}
	return nil
}
