package bucket

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Address is where in object storage a site lies.
type Address struct {
	Bucket string
	Prefix string // of all keys, with a slash behind; "" for the whole bucket
}

const scheme = "s3://"

// IsAddress reports whether a word is meant to be an [Address].
func IsAddress(word string) bool {
	return len(word) >= len(scheme) && strings.EqualFold(word[:len(scheme)], scheme)
}

// ParseAddress reads s3://BUCKET or s3://BUCKET/PREFIX. The prefix is taken as
// it is, nothing in it is encoded. An error is an [*Advice].
func ParseAddress(word string) (Address, error) {
	if !IsAddress(word) {
		return Address{}, advise(fmt.Errorf("%q is no place in object storage", word), "it looks like s3://bucket/prefix")
	}
	name, prefix, _ := strings.Cut(word[len(scheme):], "/")
	switch {
	case strings.Contains(name, "@"): // which is not repeated: it may hold a secret
		return Address{}, advise(errors.New("s3:// with an @ in it is no place in object storage"),
			"keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and the address is s3://bucket/prefix")
	case name == "":
		return Address{}, advise(fmt.Errorf("%q names no bucket", word), "it looks like s3://bucket/prefix")
	case strings.Contains(name, ":"):
		return Address{}, advise(fmt.Errorf("%q names a port, and no bucket", word), "the address of a store goes into AWS_ENDPOINT_URL")
	case !isBucketName(name):
		return Address{}, advise(fmt.Errorf("%q is not the name of a bucket", name), "that is 3 to 63 small letters, digits, dots and hyphens")
	}
	prefix = strings.TrimRight(prefix, "/")
	if prefix == "" {
		return Address{Bucket: name}, nil
	}
	if !isKey(prefix + "/") {
		return Address{}, advise(fmt.Errorf("%q begins no key", prefix), "keys are UTF-8, have %d bytes at most, and no empty or dot segments here", maxKey)
	}
	return Address{name, prefix + "/"}, nil
}

// String returns the address as users write it.
func (a Address) String() string {
	return strings.TrimSuffix(scheme+a.Bucket+"/"+a.Prefix, "/")
}

// isBucketName reports whether s can be the name of a bucket. Old ones at AWS may
// have capitals and underscores.
func isBucketName(s string) bool {
	const others = ".-_"
	if len(s) < 3 || len(s) > 63 || strings.Contains(s, "..") || strings.ContainsRune(others, rune(s[0])) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(others, r))
	})
}

// maxKey is how many bytes a key has at most.
const maxKey = 1024

// isKey reports whether an object could have this key, and be asked for.
func isKey(key string) bool {
	if len(key) > maxKey || !utf8.ValidString(key) {
		return false
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(key, "/"), "/") {
		if !isName(segment) {
			return false
		}
	}
	return true
}

// isName reports whether a segment of a key can be asked for.
func isName(segment string) bool {
	return segment != "" && segment != "." && segment != ".." && utf8.ValidString(segment) && !strings.Contains(segment, "\x00")
}

// Advice is an error with what the user could do about it.
type Advice struct {
	Err  error
	Hint string
}

func advise(err error, format string, args ...any) error {
	return &Advice{err, fmt.Sprintf(format, args...)}
}

func (a *Advice) Error() string { return a.Err.Error() }
func (a *Advice) Unwrap() error { return a.Err }
