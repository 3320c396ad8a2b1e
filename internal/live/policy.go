package live

import (
	"slices"
	"strings"
)

// admitted returns a list of Content Security Policies, as fields have it, with
// which the script may run and connect.
func admitted(list string) string {
	policies := strings.Split(list, ",")
	for i := range policies {
		policies[i] = admit(policies[i])
	}
	return strings.Join(policies, ",")
}

// admit returns a policy with which the script may run, and connect to where it
// comes from. Everything else that the policy says stays as it is.
//
// The script is told by its hash in any case: a nonce would be another way, but
// what passes content on does not know the policy in the fields.
func admit(policy string) string {
	p := readPolicy(policy)
	p.allow(scriptHash, allowsScript, "script-src-elem", "script-src", "default-src")
	p.allow("'self'", allowsSelf, "connect-src", "default-src")
	return strings.Join(p, ";")
}

// allowsScript reports whether sources allow the script without more. Where
// inline scripts are allowed, a hash would have browsers allow no other (CSP 3,
// 6.7.3.2).
func allowsScript(sources []string) bool {
	if slices.Contains(sources, scriptHash) {
		return true
	}
	inline := false
	for _, source := range sources {
		switch source = strings.ToLower(source); {
		case source == "'unsafe-inline'":
			inline = true
		case source == "'strict-dynamic'", hasAnyPrefix(source, "'nonce-", "'sha256-", "'sha384-", "'sha512-"):
			return false
		}
	}
	return inline
}

func allowsSelf(sources []string) bool {
	return slices.ContainsFunc(sources, func(source string) bool {
		return source == "*" || strings.EqualFold(source, "'self'")
	})
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

// policy is a list of directives.
type policy []string

func readPolicy(text string) policy { return strings.Split(text, ";") }

// find returns where the directive of this name is, which is the first one, and
// its sources; -1 if there is none.
func (p policy) find(name string) (at int, sources []string) {
	for i, directive := range p {
		if words := strings.Fields(directive); len(words) > 0 && strings.EqualFold(words[0], name) {
			return i, words[1:]
		}
	}
	return -1, nil
}

// allow adds a source to the first of the directives that is there, unless its
// sources are enough. The last one is the default of others as well: a directive
// of the second last's name takes its place.
func (p *policy) allow(source string, isEnough func([]string) bool, names ...string) {
	fallback := len(names) - 1
	for i, name := range names {
		at, sources := p.find(name)
		switch {
		case at < 0:
			continue
		case isEnough(sources):
		case i == fallback:
			*p = append(*p, directive(names[fallback-1], sources, source))
		default:
			(*p)[at] = directive(name, sources, source)
		}
		return
	}
}

// directive returns one of these sources and another. 'none' goes, as it stands
// alone.
func directive(name string, sources []string, source string) string {
	words := []string{"", name}
	for _, s := range sources {
		if !strings.EqualFold(s, "'none'") {
			words = append(words, s)
		}
	}
	return strings.Join(append(words, source), " ")
}
