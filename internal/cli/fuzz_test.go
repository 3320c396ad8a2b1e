package cli

import (
	"strings"
	"testing"
)

// Whatever the arguments are, they are taken or refused, and what is taken has
// fields that can be sent.
func FuzzParse(f *testing.F) {
	f.Add("8000 -b 127.0.0.1 -d ./dist", "")
	f.Add("-qH A b -- -x", "8000")
	f.Add("--header=X -p HTTP/1.0 --=", "1")
	f.Add("- -- --- -H", "A: b")
	f.Fuzz(func(t *testing.T, line, value string) {
		c, err := parse(strings.Split(line, " "), func(name string) string {
			if name == "GSERVE_HEADER" || name == "PORT" {
				return value
			}
			return ""
		})
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			if strings.HasPrefix(err.Error(), "failed to") || err.Error() == "" {
				t.Errorf("text %q", err)
			}
			return
		}
		if c.Port < 0 || c.Port > 65535 {
			t.Errorf("port %d", c.Port)
		}
		for _, field := range c.Fields {
			if !isToken(field.Name) || strings.ContainsAny(field.Value, "\r\n\x00") {
				t.Errorf("field %q", field)
			}
		}
	})
}
