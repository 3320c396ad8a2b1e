package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The table of flags is consistent: names are unique, and what is shown fits.
func TestFlags(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	known := map[string]bool{}
	for f := range allFlags() {
		known[f.name] = true
		for _, name := range append(f.aliases, f.name, f.short) {
			if name != "" && seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if f.set == nil || f.usage == "" {
			t.Errorf("--%s is not complete", f.name)
		}
		if strings.HasSuffix(f.usage, ".") || f.details != "" && !strings.HasSuffix(f.details, ".") {
			t.Errorf("--%s: a usage has no full stop, and details have one", f.name)
		}
	}
	for f := range allFlags() {
		if f.opposite != "" && !known[f.opposite] {
			t.Errorf("--%s is the opposite of --%s, which is unknown", f.name, f.opposite)
		}
	}
}

func TestUsageFitsOneScreen(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	writeUsage(&b)
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) > 48 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("too wide: %s", line)
		}
	}
}

// Help, manual and completions know every flag, and no silent alias.
func TestEveryFlagIsTold(t *testing.T) {
	t.Parallel()
	var usage, help, manual strings.Builder
	writeUsage(&usage)
	writeHelp(&help)
	writeManual(&manual)
	for f := range allFlags() {
		for what, text := range map[string]string{
			"usage": usage.String(), "help": help.String(), "manual": strings.ReplaceAll(manual.String(), `\-`, "-"),
		} {
			if !strings.Contains(text, "--"+f.name) && !(what == "usage" && f.rare) {
				t.Errorf("--%s is not in the %s", f.name, what)
			}
			for _, alias := range f.aliases {
				if len(alias) > 1 && strings.Contains(text, "--"+alias) {
					t.Errorf("--%s is in the %s", alias, what)
				}
			}
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"prot": "--port", "por": "--port", "hiden": "--hidden", "no-lising": "--no-listing", "tls-crt": "--tls-cert",
		"log": "--log-format", "loglevel": "", "certt": "--tls-cert", "zzzz": "", "": "", "follow-symlink": "--follow-symlinks",
	} {
		if got := nearest(name); got != want {
			t.Errorf("%q: %q instead of %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"port", "port", 0}, {"prot", "port", 1}, {"kitten", "sitting", 3}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d instead of %d", tt.a, tt.b, got, tt.want)
		}
	}
}
