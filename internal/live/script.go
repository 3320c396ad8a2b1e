package live

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"strings"
)

//go:embed script.js
var scriptSource string

// script is what pages run: one line, so that those of the page keep their
// numbers. It is the same for all pages and versions, so that policies can
// tell it by its hash.
var script = oneLine(scriptSource)

// scriptHash is the source that allows the script in a policy.
var scriptHash = hashSource(script)

// oneLine returns the script without line breaks, and comments, which are lines
// of their own.
func oneLine(source string) string {
	var b strings.Builder
	for line := range strings.Lines(source) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
	}
	return b.String()
}

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
