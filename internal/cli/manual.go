package cli

import (
	"fmt"
	"io"
	"strings"
)

// writeManual writes the manual page, for man and for packages. It has no date,
// so that the page of a version is the same wherever and whenever it is made.
func writeManual(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH GSERVE 1 \"\" \"gserve %s\" \"User Commands\"\n", roff(version()))
	fmt.Fprintf(&b, ".SH NAME\ngserve \\- %s\n.SH SYNOPSIS\n.B gserve\n[flags] [PATH ...] [PORT]\n.SH DESCRIPTION\n", roff(summary))
	for _, paragraph := range description {
		fmt.Fprintf(&b, "%s\n.PP\n", roff(paragraph))
	}
	b.WriteString(".SH OPTIONS\n")
	for _, g := range groups {
		fmt.Fprintf(&b, ".SS %s\n", roff(g.title))
		for _, f := range g.flags {
			fmt.Fprintf(&b, ".TP\n%s\n%s\n", f.roffSyntax(), roff(f.text()))
		}
	}
	fmt.Fprintf(&b, ".SH ENVIRONMENT\n%s\n.SH EXIT STATUS\n", roff(environment))
	for _, e := range exits {
		fmt.Fprintf(&b, ".TP\n%d\n%s\n", e.code, roff(e.meaning))
	}
	fmt.Fprintf(&b, ".SH EXAMPLES\n.EX\n%s.EE\n", roff(examples))
	io.WriteString(w, b.String())
}

// roffSyntax returns how a flag is written, its names bold and its argument
// slanted.
func (f flag) roffSyntax() string {
	s := `\fB` + roff("--"+f.name) + `\fR`
	if f.short != "" {
		s = `\fB` + roff("-"+f.short) + `\fR, ` + s
	}
	if f.argument == "" {
		return s
	}
	before, after, _ := strings.Cut(f.valueSyntax(), f.argument)
	return s + before + `\fI` + roff(f.argument) + `\fR` + after
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, "\n.", "\n\\&.", "\n'", "\n\\&'")

// roff escapes text for the manual. A hyphen is written as the minus that can
// be copied into a shell.
func roff(text string) string { return roffEscapes.Replace(text) }
