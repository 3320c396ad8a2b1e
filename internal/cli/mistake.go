package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// explain says in our words why the flag set could not read an argument.
func (p *parser) explain(err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return unknownFlag("-"+name, otherCase(name))
		}
		return unknownFlag("--"+name, nearest(name))
	}
	if lone, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		name := tableName(lone.GetFlag())
		for f := range allFlags() {
			if f.name == name {
				return advise(fmt.Errorf("--%s needs a value", name), "write it as --%s %s", name, f.argument)
			}
		}
	}
	if syntax, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return unknownFlag(syntax.GetSpecifiedFlag(), "")
	}
	return err
}

// refuseSingleDash refuses -port for --port, as programs of other manners take
// it: it would be -p with the value "ort", or a cluster of short flags that
// means something else altogether.
func (p *parser) refuseSingleDash(args []string) error {
	for _, arg := range args {
		if arg == "--" {
			return nil
		}
		if strings.HasPrefix(arg, "-test.") {
			return unknownFlag(arg, "") // the flag set would pass it over in silence
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if len(name) < 2 || arg[0] != '-' {
			continue
		}
		if f := p.flags.Lookup(name); f != nil {
			return unknownFlag("-"+name, "--"+tableName(f))
		}
	}
	return nil
}

func unknownFlag(flag, meant string) error {
	err := fmt.Errorf("unknown flag %s", flag)
	if meant == "" {
		return advise(err, "gserve -h lists the flags")
	}
	return advise(err, "did you mean %s?", meant)
}

// otherCase returns the short flag that differs from letter in its case only.
func otherCase(letter string) string {
	for f := range allFlags() {
		if f.short != "" && strings.EqualFold(f.short, letter) {
			return "-" + f.short
		}
	}
	return ""
}

// nearest returns the flag whose name is most like this one, "" if none is.
func nearest(name string) string {
	best, least := "", len(name)/3+1 // one mistake in three letters
	for f := range allFlags() {
		for _, candidate := range slices.Concat([]string{f.name}, f.aliases) {
			d := distance(name, candidate)
			if len(name) > 1 && strings.HasPrefix(candidate, name) {
				d = 1 // python's parser takes what is cut short, so its users do it
			}
			if d < least && d < len(candidate) {
				best, least = "--"+f.name, d
			}
		}
	}
	return best
}

// distance returns how many bytes have to be inserted, removed, replaced, or
// swapped with their neighbour to make b of a (Levenshtein, Damerau).
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
