package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// HostGate returns a gate for a server that is bound to loopback only. There,
// whoever can make a browser of this machine open a page can also make the name
// of that page lead to the server (DNS rebinding), so that the page may read
// all of it. What gives it away is the name in Host.
//
// Let by are localhost and names below it, IP addresses, and these names,
// whatever the port: "nas.local" is that name, ".example.com" is example.com
// with all names below it. Case and a dot at the end do not count. So is a
// request without a Host, which HTTP/1.0 knows: no browser sends one. Others are
// answered with 421.
func HostGate(names []string) func(*http.Request) http.Handler {
	var allowed []string
	for _, name := range append([]string{".localhost"}, names...) {
		name = canonical(name)
		allowed = append(allowed, name)
		if apex, ok := strings.CutPrefix(name, "."); ok {
			allowed = append(allowed, apex)
		}
	}
	return func(r *http.Request) http.Handler {
		if r.Host == "" {
			return nil
		}
		name, ok := hostname(r.Host)
		if ok && isAllowed(name, allowed) {
			return nil
		}
		return misdirected(name)
	}
}

// hostname returns the name or address in a Host field, without port and
// brackets.
func hostname(host string) (name string, ok bool) {
	if rest, isLiteral := strings.CutPrefix(host, "["); isLiteral {
		name, port, closed := strings.Cut(rest, "]")
		a, err := netip.ParseAddr(name)
		return name, closed && err == nil && a.Is6() && (port == "" || isPort(port))
	}
	name, port, hasPort := strings.Cut(host, ":")
	return canonical(name), !hasPort || isPort(":"+port)
}

// isPort reports whether s is a colon with a port, which may be empty (RFC 3986,
// 3.2.3).
func isPort(s string) bool {
	return s[0] == ':' && strings.Trim(s[1:], "0123456789") == ""
}

func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

func isAllowed(name string, allowed []string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for _, a := range allowed {
		if strings.HasPrefix(a, ".") && len(name) > len(a) && strings.HasSuffix(name, a) {
			return true
		}
		if name == a && name != "" && name[0] != '.' {
			return true
		}
	}
	return false
}

// misdirected tells what to do about a name.
func misdirected(name string) *refusal {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" || name == "" || len(name) > 253 {
		name = "NAME"
	}
	return &refusal{
		status: http.StatusMisdirectedRequest,
		text:   "This server is for this machine: it answers to localhost and to IP addresses.\nTo have it answer to another name, start it with --allow-host " + name,
	}
}
