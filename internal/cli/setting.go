package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/internal/accesslog"
)

// The ways in which a flag or a variable sets its part of a Config.

var errEmpty = errors.New(`"" names nothing`)

func text(part func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if value == "" {
			return errEmpty
		}
		*part(c) = value
		return nil
	}
}

func (c *Config) setDirectory(value string) error {
	if value == "" {
		return errEmpty
	}
	c.Paths = []string{value}
	return nil
}

func list(part func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, value string) error {
		values := part(c)
		*values = append(*values, value)
		return nil
	}
}

func toggle(part func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		*part(c), err = parseBool(value)
		return err
	}
}

// show has something printed; of several, the first.
func show(what Show) func(*Config, string) error {
	return func(c *Config, value string) error {
		on, err := parseBool(value)
		if on && c.Show == ShowNothing {
			c.Show = what
		}
		return err
	}
}

func parseBool(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither 1 nor 0, true nor false", value)
}

// setPortOrProtocol takes both values that python's -p has: it is --port in
// its manual, and --protocol in its code.
func (c *Config) setPortOrProtocol(value string) error {
	if strings.HasPrefix(strings.ToUpper(value), "HTTP/") {
		return c.setProtocol(value)
	}
	return c.setPort(value)
}

func (c *Config) setPort(value string) error {
	port, err := parsePort(value)
	if err == nil {
		c.Port, c.PortGiven = port, true
	}
	return err
}

func (c *Config) setProtocol(value string) error {
	protocol := strings.ToUpper(value)
	if protocol != http10 && protocol != http11 {
		return advise(fmt.Errorf("%q is neither HTTP/1.0 nor HTTP/1.1", value), "HTTP/2 is spoken wherever --tls-cert is given")
	}
	c.Protocol = protocol
	return nil
}

func (c *Config) setLogFormat(value string) error {
	if !slices.Contains(logFormats, value) {
		return fmt.Errorf("%q is neither python, combined nor json", value)
	}
	c.LogFormat = accesslog.Format(value)
	return nil
}

// shells are those that completions can be printed for.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func (c *Config) setShell(value string) error {
	if !slices.Contains(shells, value) {
		return fmt.Errorf("%q is neither bash, zsh, fish nor powershell", value)
	}
	c.Shell, c.Show = value, ShowCompletions
	return nil
}

const allCodings = "br,zstd,gzip"

var codingNames = strings.Split(allCodings, ",")

func (c *Config) setPrecompress(value string) error {
	codings := []compress.Coding{}
	for name := range strings.SplitSeq(value, ",") {
		coding, ok := compress.Parse(strings.TrimSpace(name))
		if !ok || coding == compress.Identity {
			return advise(fmt.Errorf("%q is neither br, zstd nor gzip", name), "write it as --precompress, or --precompress=br,gzip")
		}
		if !slices.Contains(codings, coding) {
			codings = append(codings, coding)
		}
	}
	c.Precompress = codings
	return nil
}

// isCodings reports whether a word would have been a value of --precompress.
func isCodings(word string) bool { return new(Config).setPrecompress(word) == nil }
