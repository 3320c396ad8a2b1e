package lan

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestLocalName takes host names that are names on the local network.
func TestLocalName(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"nas":                   "nas.local",
		"NAS":                   "nas.local",
		"nas.local":             "nas.local",
		"nas-2.example.org":     "nas-2.local",
		"4ever":                 "4ever.local",
		strings.Repeat("a", 63): strings.Repeat("a", 63) + ".local",
		strings.Repeat("a", 64): "",
		"":                      "",
		".local":                "",
		"localhost":             "",
		"localhost.localdomain": "",
		"-nas":                  "",
		"nas-":                  "",
		"my_nas":                "",
		"my nas":                "",
		"größe":                 "",
		"nas\x1b[2J":            "",
		"nas/\u202e":            "",
	} {
		if got := localName(host); got != want {
			t.Errorf("localName(%q) = %q, want %q", host, got, want)
		}
	}
}

// TestAnswers tells where somebody answers.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const link = "run/systemd/resolve/netif/2"
	const conf = "etc/systemd/resolved.conf"
	for _, test := range []struct {
		name, system string
		files        map[string]string
		want         bool
	}{
		{"nothing", "linux", nil, false},
		{"macOS", "darwin", nil, true},
		{"Windows", "windows", nil, true},
		{"another system", "plan9", map[string]string{"run/avahi-daemon/pid": "12\n", "proc/12/comm": "avahi-daemon\n"}, false},
		{"avahi", "linux", map[string]string{"run/avahi-daemon/pid": "12\n", "proc/12/comm": "avahi-daemon\n"}, true},
		{"avahi that is gone", "linux", map[string]string{"run/avahi-daemon/pid": "12\n"}, false},
		{"avahi whose number is another's", "linux", map[string]string{"run/avahi-daemon/pid": "12\n", "proc/12/comm": "bash\n"}, false},
		{"avahi of no number", "linux", map[string]string{"run/avahi-daemon/pid": "../12", "proc/12/comm": "avahi-daemon\n"}, false},
		{"avahi that would be started", "linux", map[string]string{"run/avahi-daemon/socket": ""}, false},
		{"resolved", "linux", map[string]string{conf: "[Resolve]\nMulticastDNS=yes\n", link: "LLMNR=yes\nMDNS=yes\n"}, true},
		{"resolved with networkd", "linux", map[string]string{conf: "[Resolve]\nMulticastDNS = true\n", "run/systemd/netif/links/3": "MDNS=yes\n"}, true},
		{"resolved that only asks", "linux", map[string]string{conf: "[Resolve]\nMulticastDNS=resolve\n", link: "MDNS=yes\n"}, false},
		{"resolved on no link", "linux", map[string]string{conf: "[Resolve]\nMulticastDNS=yes\n", link: "MDNS=no\n"}, false},
		{"resolved by a default", "linux", map[string]string{conf: "[Resolve]\n#MulticastDNS=yes\n", link: "MDNS=yes\n"}, false},
		{"resolved by a drop-in", "linux", map[string]string{conf + ".d/mdns.conf": "[Resolve]\nMulticastDNS=yes\n", link: "MDNS=yes\n"}, true},
		{"resolved but for a drop-in", "linux", map[string]string{conf: "MulticastDNS=yes", conf + ".d/a.conf": "MulticastDNS=yes", conf + ".d/b.conf": "MulticastDNS=no", link: "MDNS=yes"}, false},
		{"a drop-in that hides the vendor's", "linux", map[string]string{"usr/lib/systemd/resolved.conf.d/a.conf": "MulticastDNS=no", conf + ".d/a.conf": "MulticastDNS=yes", link: "MDNS=yes"}, true},
	} {
		root := fstest.MapFS{}
		for name, content := range test.files {
			root[name] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := answers(test.system, root); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
