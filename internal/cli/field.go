package cli

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// computedFields are those that the server answers for: one that is given
// would contradict what is sent.
var computedFields = []string{
	"Accept-Ranges", "Allow", "Connection", "Content-Length", "Content-Range", "Content-Type", "Date", "Etag",
	"Keep-Alive", "Last-Modified", "Location", "Trailer", "Transfer-Encoding", "Upgrade",
}

// parseField reads a field as it stands in a message:
//
//	field-line = field-name ":" OWS field-value OWS   (RFC 9112, 5)
func parseField(line string) (fileserver.Field, error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fileserver.Field{}, advise(fmt.Errorf("%q has no value", line), `write it as -H "%s: value" or -H %[1]s value`, line)
	}
	if !isToken(name) {
		return fileserver.Field{}, fmt.Errorf("%q is not the name of a field", name)
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	if slices.Contains(computedFields, name) {
		err := fmt.Errorf("%s is computed by the server", name)
		if name == "Content-Type" {
			err = advise(err, "--content-type sets it for files whose name does not tell")
		}
		return fileserver.Field{}, err
	}
	value = strings.Trim(value, " \t")
	if strings.ContainsFunc(value, isControl) {
		return fileserver.Field{}, fmt.Errorf("the value %q of %s has a control character", value, name)
	}
	return fileserver.Field{Name: name, Value: value}, nil
}

// isToken reports whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isControl reports whether r cannot stand in a field value (RFC 9110, 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// hasField reports whether the user gave a field of this canonical name.
func (c *Config) hasField(name string) bool {
	return slices.ContainsFunc(c.Fields, func(f fileserver.Field) bool { return f.Name == name })
}

// addField is how --header is set.
func (c *Config) addField(line string) error {
	field, err := parseField(line)
	if err == nil {
		c.Fields = append(c.Fields, field)
	}
	return err
}
