package httpd

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

var errWrongPassword = errors.New("wrong password")

// isKey reports whether a PEM block is a private key: RSA PRIVATE KEY, EC
// PRIVATE KEY, PRIVATE KEY or ENCRYPTED PRIVATE KEY.
func isKey(block *pem.Block) bool {
	return strings.HasSuffix(block.Type, "PRIVATE KEY")
}

func isEncrypted(block *pem.Block) bool {
	return block.Type == "ENCRYPTED PRIVATE KEY" || isEncryptedPEM(block)
}

// isEncryptedPEM reports whether a block is encrypted in the way of RFC 1423,
// which OpenSSL used for two decades. It does not protect from changes to the
// file, for which it is deprecated; we only have to read it.
func isEncryptedPEM(block *pem.Block) bool {
	//lint:ignore SA1019 see above
	return x509.IsEncryptedPEMBlock(block)
}

// parseKey returns the private key in a block, with the password if it is
// encrypted.
func parseKey(block *pem.Block, password []byte) (crypto.Signer, error) {
	switch {
	case isEncryptedPEM(block):
		return decryptPEM(block, password)
	case isEncrypted(block):
		return decryptPKCS8(block.Bytes, password)
	}
	return parseDER(block.Bytes)
}

func decryptPEM(block *pem.Block, password []byte) (crypto.Signer, error) {
	//lint:ignore SA1019 see isEncryptedPEM
	der, err := x509.DecryptPEMBlock(block, password)
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errWrongPassword
	}
	if err != nil {
		return nil, err
	}
	key, err := parseDER(der)
	if err != nil {
		return nil, errWrongPassword // one of 256 wrong ones is found out here only
	}
	return key, nil
}

// decryptPKCS8 returns the key in the encrypted form of PKCS #8 (RFC 5958, 3).
func decryptPKCS8(der, password []byte) (_ crypto.Signer, err error) {
	defer func() {
		if recover() != nil { // of ciphertext that is not a whole number of blocks
			err = errors.New("damaged")
		}
	}()
	if len(password) == 0 { // would mean that the key is not encrypted
		return nil, errWrongPassword
	}
	key, _, err := pkcs8.ParsePrivateKey(der, password)
	switch {
	case err != nil && err.Error() == "pkcs8: incorrect password":
		return nil, errWrongPassword
	case err != nil:
		return nil, err
	}
	return signer(key)
}

// parseDER returns the key in the form of PKCS #8, PKCS #1 or SEC 1: what a
// block's type says is not always what it holds.
func parseDER(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return signer(key)
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, err
}

func signer(key any) (crypto.Signer, error) {
	s, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return s, nil
}
