package cli

import (
	"fmt"
	"strings"
)

// readEnvironment sets what the arguments left open. A variable that is empty
// counts as not set.
func (p *parser) readEnvironment(getenv func(string) string) error {
	for f := range allFlags() {
		if f.once || f.name == "port" || p.given[f.name] || p.given[f.opposite] {
			continue
		}
		if f.name == "directory" && p.config.Paths != nil || f.name == "protocol" && p.config.Protocol != "" {
			continue // given as PATH, or by -p
		}
		if err := p.readVariable(f, getenv); err != nil {
			return err
		}
	}
	return p.readPort(getenv)
}

// readVariable sets f from its variable. One that may be repeated takes a
// value from each line.
func (p *parser) readVariable(f flag, getenv func(string) string) error {
	variable := variableName(f.name)
	values := []string{getenv(variable)}
	if f.list {
		values = strings.Split(values[0], "\n")
	}
	for _, value := range values {
		if value = strings.TrimSuffix(value, "\r"); value == "" {
			continue
		}
		if err := f.set(p.config, value); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
	}
	return nil
}

// readPort sets the port. PORT is what many hosts of programs set. Kubernetes sets
// GSERVE_PORT to the URL of a service called gserve, which is nothing to us.
func (p *parser) readPort(getenv func(string) string) error {
	for _, variable := range []string{variableName("port"), "PORT"} {
		value := getenv(variable)
		if p.config.PortGiven || value == "" || strings.HasPrefix(value, "tcp://") {
			continue
		}
		if err := p.config.setPort(value); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
	}
	return nil
}

// variableName returns the environment variable for a flag.
func variableName(flag string) string {
	return "GSERVE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
