package auth

import (
	"encoding/base64"
	"strings"
)

// maxCredentials is how long a name and its password may be together.
const maxCredentials = 768

// credentials are what somebody claims to be, and the proof.
type credentials struct {
	name, password string
}

// parseBasic reads the lines of the Authorization field (RFC 7617, 2). It is
// not ok if there is none, more than one, another scheme, or anything that
// nobody's credentials can be.
func parseBasic(lines []string) (c credentials, ok bool) {
	if len(lines) != 1 || len(lines[0]) > maxCredentials*2 {
		return c, false
	}
	scheme, rest, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return c, false
	}
	b, err := base64.StdEncoding.DecodeString(strings.Trim(rest, " "))
	if err != nil || len(b) > maxCredentials || !isPlain(string(b)) {
		return c, false
	}
	c.name, c.password, ok = strings.Cut(string(b), ":")
	return c, ok
}
