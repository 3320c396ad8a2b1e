package auth

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spec is where a user comes from: a file, or a name with its secret.
type Spec struct {
	File   string // htpasswd file; the rest is empty then
	Name   string
	Secret string // password, or a hash of it; "" if it is to be asked for
}

// ParseSpec reads "user:password", "user:hash", "user", whose password is then
// to be asked for, or "@file". Errors show nothing of the value.
func ParseSpec(value string) (Spec, error) {
	if file, ok := strings.CutPrefix(value, "@"); ok {
		if file == "" {
			return Spec{}, errors.New("no file after the @: write @FILE")
		}
		return Spec{File: file}, nil
	}
	name, secret, given := strings.Cut(value, ":")
	switch {
	case name == "":
		return Spec{}, errors.New("no name: write USER:PASSWORD, USER or @FILE")
	case given && secret == "":
		return Spec{}, errors.New("no password after the colon: write USER to be asked for it")
	case !isPlain(name) || !isPlain(secret):
		return Spec{}, errors.New("control characters, or bytes that are not UTF-8, which no browser can send")
	case len(value) > maxCredentials:
		return Spec{}, errors.New("name and password are longer than 768 bytes together")
	}
	return Spec{Name: name, Secret: secret}, nil
}

// String keeps the secret to itself.
func (s Spec) String() string {
	if s.File != "" {
		return "@" + s.File
	}
	return s.Name
}

// GoString keeps the secret to itself, too.
func (s Spec) GoString() string { return s.String() }

// isPlain reports whether s may be a name or a password: RFC 7617, 2, has them
// without control characters.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
