package lan

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Local returns the .local name of the machine, whether something answers to it
// or not; "" if it can have none.
func (m Machine) Local() string { return localName(m.Name) }

// localName returns the name by which neighbours can ask for a machine
// (RFC 6762, 3), "" if there is none.
func localName(host string) string {
	label, _, _ := strings.Cut(strings.ToLower(host), ".")
	if !isLabel(label) || label == "localhost" {
		return ""
	}
	return label + ".local"
}

// isLabel reports whether s is a label of a host name (RFC 1123, 2.1), in lower
// case.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// answers reports whether something on a machine answers those who ask for its
// .local name. If it cannot be told, nothing does.
func answers(system string, root fs.FS) bool {
	switch system {
	case "darwin", "windows":
		return true
	case "linux":
		return avahiRuns(root) || resolvedAnswers(root)
	}
	return false
}

// avahiRuns looks for the daemon itself: its socket may be systemd's, which
// starts it when somebody asks, and may be left over.
func avahiRuns(root fs.FS) bool {
	id, err := fs.ReadFile(root, "run/avahi-daemon/pid")
	if err != nil {
		return false
	}
	pid, err := strconv.ParseUint(string(bytes.TrimSpace(id)), 10, 31)
	if err != nil {
		return false
	}
	name, err := fs.ReadFile(root, "proc/"+strconv.FormatUint(pid, 10)+"/comm")
	return err == nil && string(bytes.TrimSpace(name)) == "avahi-daemon"
}

// resolvedAnswers reports whether systemd-resolved answers. It has to be told
// to, for the machine and for one of its links. What is its default differs by
// distribution, so only what is written counts.
func resolvedAnswers(root fs.FS) bool {
	links, _ := fs.Glob(root, "run/systemd/resolve/netif/*")
	managed, _ := fs.Glob(root, "run/systemd/netif/links/*")
	return slices.ContainsFunc(append(links, managed...), func(path string) bool {
		state, err := fs.ReadFile(root, path)
		return err == nil && lastValue(state, "MDNS") == "yes"
	}) && isTrue(resolvedSetting(root, "MulticastDNS"))
}

// resolvedSetting returns the value of a key in resolved.conf(5) with its
// drop-ins, which are read in the order of their names, wherever they are.
func resolvedSetting(root fs.FS, key string) (value string) {
	folders := []string{"usr/lib/systemd", "run/systemd", "etc/systemd"} // a later one hides an earlier one's file
	dropIns := map[string]string{}
	for _, folder := range folders {
		if conf, err := fs.ReadFile(root, folder+"/resolved.conf"); err == nil {
			value = lastValue(conf, key)
		}
		paths, _ := fs.Glob(root, folder+"/resolved.conf.d/*.conf")
		for _, path := range paths {
			dropIns[path[strings.LastIndexByte(path, '/')+1:]] = path
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dropIns)) {
		conf, _ := fs.ReadFile(root, dropIns[name])
		if v := lastValue(conf, key); v != "" {
			value = v
		}
	}
	return value
}

// lastValue returns the last value of a key in lines of key=value, "" if it has
// none.
func lastValue(conf []byte, key string) (value string) {
	for line := range strings.Lines(string(conf)) {
		if k, v, ok := strings.Cut(line, "="); ok && strings.TrimSpace(k) == key {
			value = strings.TrimSpace(v)
		}
	}
	return value
}

// isTrue reports whether a value is one of systemd's for yes.
func isTrue(value string) bool {
	return slices.Contains([]string{"1", "yes", "y", "true", "t", "on"}, strings.ToLower(value))
}
