// Package compress knows the content codings of HTTP: their names, how a client
// and a server agree on one, how content is encoded and decoded, and how a tree
// of files is encoded in advance.
//
// It knows tokens and bytes. Which resource they belong to, and what a coded
// representation means for validators and ranges, is for others to decide.
package compress

import "strings"

// Coding is a content coding (RFC 9110, 8.4.1). The zero value is Identity.
type Coding uint8

// The codings, from the one that costs the client least to the one that saves
// it most.
const (
	Identity Coding = iota
	Gzip
	Zstd
	Brotli
)

// Codings are all but Identity, in the order in which a server prefers them.
var Codings = [...]Coding{Brotli, Zstd, Gzip}

var names = [...]struct{ token, suffix string }{
	Identity: {"identity", ""},
	Gzip:     {"gzip", ".gz"},
	Zstd:     {"zstd", ".zst"},
	Brotli:   {"br", ".br"},
}

// Token returns the name of the coding in Accept-Encoding and Content-Encoding.
func (c Coding) Token() string { return names[c].token }

// Suffix returns what the name of a file with coded content ends in, after the
// name of the file without: ".gz". It is "" for Identity.
func (c Coding) Suffix() string { return names[c].suffix }

// String returns the token.
func (c Coding) String() string { return c.Token() }

// Parse returns the coding of this token, which is not case-sensitive.
func Parse(token string) (Coding, bool) {
	if strings.EqualFold(token, "x-gzip") {
		return Gzip, true // RFC 9110, 8.4.1.3
	}
	for c := range names {
		if strings.EqualFold(token, names[c].token) {
			return Coding(c), true
		}
	}
	return Identity, false
}

// Set is a set of codings.
type Set uint8

// SetOf returns the set of these codings.
func SetOf(codings ...Coding) Set {
	var s Set
	for _, c := range codings {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in the set.
func (s Set) Has(c Coding) bool { return s&(1<<c) != 0 }

// With returns the set with c in it.
func (s Set) With(c Coding) Set { return s | 1<<c }
