package authority

import (
	"crypto/x509"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// permittedRanges are the addresses that are nobody's in particular: each
// network has its own.
var permittedRanges = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"),    // this machine; RFC 1122, 3.2.1.3
	netip.MustParsePrefix("10.0.0.0/8"),     // private; RFC 1918
	netip.MustParsePrefix("172.16.0.0/12"),  // private
	netip.MustParsePrefix("192.168.0.0/16"), // private
	netip.MustParsePrefix("169.254.0.0/16"), // link-local; RFC 3927
	netip.MustParsePrefix("100.64.0.0/10"),  // shared, of overlay networks too; RFC 6598
	netip.MustParsePrefix("::1/128"),        // this machine
	netip.MustParsePrefix("fc00::/7"),       // unique local; RFC 4193
	netip.MustParsePrefix("fe80::/10"),      // link-local
}

// nobody is a domain without names (RFC 6761, 6.4). As the only one that is
// permitted, it permits none: a kind of name without constraints would be free
// (RFC 5280, 4.2.1.10).
const nobody = "invalid"

// constrain sets the name constraints of an authority. They are the only ones
// that all verifiers know: one that meets a kind it does not know has to refuse
// the chain.
func constrain(template *x509.Certificate, hostname string) {
	template.PermittedDNSDomainsCritical = true
	template.PermittedDNSDomains = permittedDomains(hostname)
	template.PermittedEmailAddresses = []string{nobody}
	template.PermittedURIDomains = []string{nobody}
	for _, p := range permittedRanges {
		template.PermittedIPRanges = append(template.PermittedIPRanges, &net.IPNet{
			IP:   p.Addr().AsSlice(),
			Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		})
	}
}

// permittedDomains returns the domains that an authority is for. Each includes
// the names below it.
func permittedDomains(hostname string) []string {
	domains := []string{"localhost", "local"}
	s, ok := parseSubject(hostname)
	if !ok || s.addr.IsValid() || s.isBelow("localhost") || s.isBelow("local") || isPublicDomain(s.name) {
		return domains
	}
	return append(domains, s.name)
}

// isPublicDomain reports whether others than the owner of this machine have
// names below a name: it is a top-level domain ("dev"), or a domain that is
// registered in one ("example.com"), which a machine can be named after by a
// slip, or by a DHCP server. A name of a single machine ("www.example.com") is
// none, and neither is one that the public DNS does not know ("laptop.lan").
func isPublicDomain(name string) bool {
	if strings.HasSuffix(name, ".home.arpa") {
		return false // each home has its own; RFC 8375
	}
	suffix, official := publicsuffix.PublicSuffix(name)
	if !official && !strings.Contains(suffix, ".") {
		return false // by no rule of the list
	}
	return strings.Count(strings.TrimSuffix(name, suffix), ".") < 2
}

// subject is what a certificate can be for: an IP address, or a name of DNS,
// which then is in lower case and without the final dot.
type subject struct {
	name string     // "" for an address
	addr netip.Addr // without a zone
}

// maxName is the longest name that DNS has room for, and maxLabel the longest
// part of one (RFC 1035, 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
)

// parseSubject returns the subject of an IP address or a name. A zone is left
// out: it has a meaning on this machine only.
func parseSubject(s string) (_ subject, ok bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return subject{addr: addr.WithZone("").Unmap()}, true
	}
	name := strings.ToLower(strings.TrimSuffix(s, "."))
	if len(name) > maxName {
		return subject{}, false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return subject{}, false
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" {
		return subject{}, false // taken for an address that is badly written
	}
	return subject{name: name}, true
}

// isLabel reports whether s consists of letters, digits and hyphens, as those of
// host names do (RFC 1123, 2.1). It knows lower case only.
func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// isBelow reports whether a name is a domain, or in it.
func (s subject) isBelow(domain string) bool {
	return s.name == domain || strings.HasSuffix(s.name, "."+domain)
}

// Permits reports whether the authority can vouch for a name of DNS or an IP
// address. What it can was laid down when it was made: it may have been on a
// host of another name.
func (a *Authority) Permits(name string) bool {
	s, ok := parseSubject(name)
	return ok && permits(a.issuer.chain[0], s)
}

func permits(issuer *x509.Certificate, s subject) bool {
	if s.addr.IsValid() {
		for _, r := range issuer.PermittedIPRanges {
			if r.Contains(s.addr.AsSlice()) {
				return true
			}
		}
		return false
	}
	for _, domain := range issuer.PermittedDNSDomains {
		if s.isBelow(domain) {
			return true
		}
	}
	return false
}
