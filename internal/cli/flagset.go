package cli

import "github.com/spf13/pflag"

// originalName is the annotation of a flag that holds the name in the table.
const originalName = "gserve_name"

// newFlagSet returns all flags and their aliases, which set c.
func newFlagSet(c *Config) *pflag.FlagSet {
	set := pflag.NewFlagSet("gserve", pflag.ContinueOnError)
	set.SortFlags = false
	set.Usage = func() {}
	for f := range allFlags() {
		if f.name == "help" {
			// Not -h: that one shows less, and the set tells it by ErrHelp.
			f.short = ""
		}
		set.AddFlag(f.pflag(c, f.name, f.short))
		for _, alias := range f.aliases {
			hidden := f.pflag(c, alias, "")
			if len(alias) == 1 {
				hidden.Shorthand = alias
			}
			hidden.Hidden = true
			set.AddFlag(hidden)
		}
	}
	return set
}

// pflag returns f as the flag set has it, under this name.
func (f flag) pflag(c *Config, name, short string) *pflag.Flag {
	p := &pflag.Flag{
		Name: name, Shorthand: short, Usage: f.usage,
		Value:       value{func(s string) error { return f.set(c, s) }, f.kind()},
		Annotations: map[string][]string{originalName: {f.name}},
		NoOptDefVal: f.optional,
	}
	if f.argument == "" {
		p.NoOptDefVal = "true"
	}
	return p
}

// tableName returns the name that f, which may be an alias, has in the table.
func tableName(f *pflag.Flag) string { return f.Annotations[originalName][0] }

// kind returns the name of the type of f, by which package cobra tells what
// may be repeated.
func (f flag) kind() string {
	switch {
	case f.argument == "":
		return "bool"
	case f.list:
		return "listArray"
	}
	return "value"
}

// value is a [pflag.Value] that is set by a function.
type value struct {
	set  func(string) error
	kind string
}

func (v value) Set(s string) error { return v.set(s) }
func (v value) Type() string       { return v.kind }
func (v value) String() string     { return "" }
