package lan

import (
	"strconv"
	"strings"
)

// Address is where others can open what is served here.
type Address struct {
	Host string // an IP address without brackets, or a name
	Port int
	Kind Kind
}

// Kind says who can open an address. Kinds are in the order of their use to
// somebody who wants to be visited.
type Kind int

// The kinds of addresses.
const (
	IPv4     Kind = iota // of a card, for the local network or beyond
	Name                 // the .local name, for the local network
	IPv6                 // of a card, as IPv4
	Tunnel               // for those in a VPN
	Confined             // for those on the same cable, in a container or a virtual machine
	Loopback             // for this machine alone
)

// String returns who can open an address of this kind, or how.
func (k Kind) String() string {
	switch k {
	case IPv4:
		return "IPv4"
	case Name:
		return "name"
	case IPv6:
		return "IPv6"
	case Tunnel:
		return "VPN"
	case Confined:
		return "link-local or container"
	}
	return "this machine only"
}

// URL returns the URL of the root. The port is left out if it is the default
// of the scheme, which is http or https.
func (a Address) URL(scheme string) string {
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + strings.ReplaceAll(host, "%", "%25") + "]" // RFC 6874, 2
	}
	if port := strconv.Itoa(a.Port); port != defaultPorts[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host + "/"
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// Best returns the address for a QR code: the first that a phone can open. It
// is none by name, as not all phones ask for those. False is returned if there
// is none, or the best is for this machine alone.
func Best(list []Address) (Address, bool) {
	for _, a := range list {
		if a.Kind != Name {
			return a, a.Kind != Loopback
		}
	}
	return Address{}, false
}
