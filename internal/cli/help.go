package cli

import (
	"fmt"
	"io"
	"strings"
)

const synopsis = "gserve [flags] [PATH ...] [PORT]"

const summary = "serve a folder over HTTP"

// usageColumn is where the text of the short help begins.
const usageColumn = 32

// writeUsage writes the help that fits on one screen.
func writeUsage(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: %s\n", synopsis)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s\n", g.title)
		for _, f := range g.flags {
			if !f.rare {
				fmt.Fprintf(&b, "%-*s%s\n", usageColumn, f.syntax(), f.usage)
			}
		}
	}
	b.WriteString("\ngserve --help tells of all flags.\n")
	io.WriteString(w, b.String())
}

// syntax returns how a flag is written, as the helps show it.
func (f flag) syntax() string {
	s := "      --" + f.name
	if f.short != "" {
		s = "  -" + f.short + ", --" + f.name
	}
	return s + f.valueSyntax()
}

// valueSyntax returns how the value of a flag follows its name.
func (f flag) valueSyntax() string {
	switch {
	case f.optional != "":
		return "[=" + f.argument + "]"
	case f.argument != "":
		return " " + f.argument
	}
	return ""
}

// helpWidth is the width that the full help is wrapped to.
const helpWidth = 78

// writeHelp writes all there is to say.
func writeHelp(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "gserve: %s\n\nusage: %s\n\n", summary, synopsis)
	for _, paragraph := range description {
		wrap(&b, "", paragraph)
		b.WriteString("\n")
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "%s\n", g.title)
		for _, f := range g.flags {
			fmt.Fprintf(&b, "%s\n", f.syntax())
			wrap(&b, strings.Repeat(" ", 8), f.text())
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "Examples\n%s\n", examples)
	b.WriteString("Environment\n")
	wrap(&b, "  ", environment)
	b.WriteString("\nExit codes\n")
	for _, e := range exits {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.meaning)
	}
	io.WriteString(w, b.String())
}

// text returns what there is to say about a flag, in sentences.
func (f flag) text() string {
	s := strings.ToUpper(f.usage[:1]) + f.usage[1:] + "."
	if f.details != "" {
		s += " " + f.details
	}
	return s
}

// wrap writes text in lines of at most helpWidth.
func wrap(b *strings.Builder, indent, text string) {
	width := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case width == 0:
			b.WriteString(indent)
			width = len(indent)
		case width+1+len(word) > helpWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	b.WriteString("\n")
}

var description = []string{
	"PATH is the folder to serve, the current one if none is given. PORT is a number; a " +
		"folder of that name is served as ./8000. Both may stand before, between or behind the " +
		"flags.",
	"Only what lies in the folder is served: no names that begin with a dot, and nothing " +
		"that a link leads out to, unless a flag says so.",
	"s3://BUCKET/PREFIX as PATH serves what lies in object storage, by the store, region and " +
		"keys that AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, " +
		"AWS_PROFILE and their like name for other programs. Nothing is changed there.",
}

const examples = `  gserve                          this folder, on port 8000
  gserve ./dist 9000              another folder, on another port
  gserve 8000 -b 127.0.0.1        for this machine only
  gserve -b unix:/run/site.sock   behind a proxy on this machine
  gserve -H "Access-Control-Allow-Origin: *"
  gserve --tls-cert cert.pem --tls-key key.pem
  gserve --precompress ./dist     once, before it is served
  gserve --completions bash > ~/.local/share/bash-completion/completions/gserve
`

const environment = "Every flag that sets something is also read from a variable: --log-format from " +
	"GSERVE_LOG_FORMAT, and so on. Switches take 1 or 0, true or false; flags that may be " +
	"repeated take one value a line. PORT is read, too. A flag wins over its variable, and " +
	"GSERVE_PORT over PORT. NO_COLOR keeps the log from being coloured."
