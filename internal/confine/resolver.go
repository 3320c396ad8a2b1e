package confine

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// resolver returns what has to be read to find the addresses of hosts by their
// names, as far as it is there: nothing for addresses, and little for localhost.
// What is replaced when the machine comes to another network is there with the
// folder that it is replaced in.
func resolver(hosts ...string) []string {
	var names []string
	for _, host := range hosts {
		if _, err := netip.ParseAddr(host); err == nil {
			continue
		}
		names = append(names, tables...)
		if !isLocalhost(host) {
			names = append(names, "/run/systemd/resolve", "/run/resolvconf", "/run/nscd", "/var/run/nscd")
			names = append(names, whereReplaced("/etc/resolv.conf")...)
		}
	}
	if len(names) > 0 {
		names = append(names, libraries...)
	}
	return present(names)
}

// tables are what is looked at for every name: resolver(5), nsswitch.conf(5).
var tables = []string{"/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services"}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// whereReplaced returns the folder of a file, as links lead now, unless nothing
// can take the file's place.
func whereReplaced(name string) []string {
	real, err := filepath.EvalSymlinks(name)
	if err != nil || Permanent(real) {
		return nil
	}
	return []string{filepath.Dir(real)}
}

// present returns the names of what is there.
func present(names []string) (there []string) {
	for _, name := range names {
		if _, err := os.Stat(name); err == nil {
			there = append(there, name)
		}
	}
	return there
}
