package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gserve/gserve/internal/accesslog"
)

// parse reads the arguments, and the environment for what they leave open. It
// is pure: whether a folder exists or a port is free, it does not ask.
func parse(args []string, getenv func(string) string) (Config, error) {
	c := Config{Port: defaultPort, LogFormat: accesslog.Python}
	p := parser{config: &c, given: map[string]bool{}}
	p.flags = newFlagSet(&c)
	if err := p.parse(args); err != nil {
		return c, err
	}
	if c.Show != ShowNothing {
		return c, nil
	}
	if err := p.takeWords(); err != nil {
		return c, err
	}
	if err := p.readEnvironment(getenv); err != nil {
		return c, err
	}
	return c, c.checkBucket()
}

// parser is what is known while the arguments are read.
type parser struct {
	config *Config
	flags  *pflag.FlagSet
	given  map[string]bool // flags that were given as arguments
	words  []string        // arguments that are not flags
	field  string          // name of a field whose value is to follow
}

// parse sorts args into flags and words. It has the flag set stop at each
// word, since a word may be the second argument of -H.
func (p *parser) parse(args []string) error {
	if err := p.refuseSingleDash(args); err != nil {
		return err
	}
	p.flags.SetInterspersed(false)
	for len(args) > 0 {
		err := p.flags.ParseAll(args, p.set)
		if errors.Is(err, pflag.ErrHelp) {
			p.config.Show = ShowUsage
			return nil
		}
		if err != nil {
			return p.explain(err)
		}
		args = p.flags.Args()
		if p.flags.ArgsLenAtDash() >= 0 {
			p.words = append(p.words, args...)
			break
		}
		if len(args) > 0 {
			if err := p.takeWord(args[0]); err != nil {
				return err
			}
			args = args[1:]
		}
	}
	return p.missingValue()
}

// set sets one flag.
func (p *parser) set(f *pflag.Flag, value string) error {
	if err := p.missingValue(); err != nil {
		return err
	}
	name := tableName(f)
	p.given[name] = true
	if name == "header" && !strings.Contains(value, ":") {
		p.field = value
		return nil
	}
	if err := f.Value.Set(value); err != nil {
		return fmt.Errorf("--%s: %w", name, err)
	}
	return nil
}

// takeWord takes an argument that is no flag: the value of the field that was
// named right before it, or else a path or a port.
func (p *parser) takeWord(word string) error {
	if p.field == "" {
		p.words = append(p.words, word)
		return nil
	}
	line := p.field + ": " + word
	p.field = ""
	if err := p.config.addField(line); err != nil {
		return fmt.Errorf("--header: %w", err)
	}
	return nil
}

// missingValue refuses a field whose value did not follow.
func (p *parser) missingValue() error {
	if p.field == "" {
		return nil
	}
	_, err := parseField(p.field)
	return fmt.Errorf("--header: %w", err)
}

// takeWords takes the words for what they are: a number is the port, anything
// else is to be served.
func (p *parser) takeWords() error {
	c := p.config
	for _, word := range p.words {
		var err error
		if isDigits(word) {
			err = c.takePort(word)
		} else {
			err = p.takePath(word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) takePort(word string) error {
	port, err := parsePort(word)
	switch {
	case err != nil:
		return advise(err, "to serve a folder of that name, write ./%s", word)
	case c.PortGiven && c.Port != port:
		return advise(fmt.Errorf("two ports are given, %d and %d", c.Port, port),
			"to serve a folder of that name, write ./%s", word)
	}
	c.Port, c.PortGiven, c.PortWord = port, true, word
	return nil
}

func (p *parser) takePath(word string) error {
	c := p.config
	switch {
	case word == "":
		return advise(errors.New(`"" is no folder`), `"." is the current one`)
	case p.given["directory"]:
		return advise(fmt.Errorf("--directory %q and %q exclude each other", c.Paths[0], word), "to serve both, write both without --directory")
	}
	c.Paths = append(c.Paths, word)
	return nil
}
