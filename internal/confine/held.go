package confine

import (
	"fmt"
	"slices"
	"strings"
)

// Held is what the kernel holds the process to.
type Held struct {
	NoNewPrivs bool // programs gain no privileges
	Landlock   int  // version of its interface; 0 if it holds nothing
	Seccomp    bool // nothing more is listened on

	plan  Plan
	lacks []string // what does not hold, and why
}

// String says what holds in one line, and what does not.
func (h Held) String() string {
	var claims []string
	if h.Landlock > 0 {
		claims = append(claims, fmt.Sprintf("landlock ABI %d: %s", h.Landlock, strings.Join(landlockClaims(&h.plan, h.Landlock), ", ")))
	}
	if h.Seccomp {
		claims = append(claims, "seccomp: listens on nothing more")
	}
	if h.NoNewPrivs {
		claims = append(claims, "no_new_privs")
	}
	return strings.Join(append(claims, h.lacks...), "; ")
}

func (h *Held) lack(format string, args ...any) {
	h.lacks = append(h.lacks, fmt.Sprintf(format, args...))
}

// The versions of landlock that brought something.
const (
	abiRefer    = 2 // files may move to another folder
	abiTruncate = 3
	abiTCP      = 4
	abiScope    = 6 // signals and abstract sockets
	abiUnix     = 9 // sockets that have a path
)

// landlockClaims says what landlock of a version makes of a plan.
func landlockClaims(p *Plan, abi int) []string {
	claims := []string{"reads " + paths(p.Read, p.Write), "writes " + paths(p.Write)}
	if len(p.Hosts) > 0 && !p.readsEverything() {
		claims[0] += " and what tells addresses"
	}
	if abi < abiTruncate && !p.writesEverything() {
		claims[1] += " (but may empty files)"
	}
	claims = append(claims, "runs no program")
	if abi >= abiTCP {
		claims = append(claims, "binds no TCP port")
		if !p.Connect {
			claims = append(claims, "connects to none")
		}
	}
	return claims
}

// paths lists names for people.
func paths(lists ...[]string) string {
	var all, quoted []string
	for _, list := range lists {
		for _, name := range list {
			if name == Everything {
				return "everything"
			}
			if !slices.ContainsFunc(all, func(other string) bool { return name == other || strings.HasPrefix(name, other+"/") }) {
				all, quoted = append(all, name), append(quoted, quote(name))
			}
		}
	}
	if len(quoted) == 0 {
		return "nothing"
	}
	return strings.Join(quoted, " and ")
}

// quote has a name be told from the words around it where it could be mistaken.
func quote(name string) string {
	if quoted := fmt.Sprintf("%q", name); quoted != `"`+name+`"` || strings.ContainsAny(name, " ,;:") {
		return quoted
	}
	return name
}
