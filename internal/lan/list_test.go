package lan

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// card describes a card that is up by its name and prefixes.
func card(name string, prefixes ...string) Card {
	c := Card{Name: name, Up: true}
	for _, p := range prefixes {
		c.Prefixes = append(c.Prefixes, netip.MustParsePrefix(p))
	}
	return c
}

// laptop has what laptops of developers have.
func laptop() Machine {
	lo := card("lo", "127.0.0.1/8", "::1/128", "10.255.0.1/32")
	lo.Loopback = true
	unplugged := card("eth9", "10.9.9.9/24")
	unplugged.Up = false
	vpn := card("corp0", "10.8.0.2/32")
	vpn.PointToPoint = true
	return Machine{
		Cards: []Card{
			lo,
			unplugged,
			card("docker0", "172.17.0.1/16", "fe80::42/64"),
			card("br-0123456789ab", "172.18.0.1/16"),
			card("tailscale0", "100.100.1.2/32", "fd7a:115c:a1e0::1/128"),
			vpn,
			card("eth0", "10.0.0.5/24", "169.254.3.4/16", "fe80::5/64"),
			card("wlan0", "192.168.1.7/24", "2001:db8:1:2:dead:beef:1:2/64", "2001:db8:1:2::7/64", "fd00::1234/64", "fe80::7/64", "192.0.0.2/29"),
		},
		Outbound: []netip.Addr{netip.MustParseAddr("192.168.1.7")},
		Name:     "Thinkpad.example.org",
		Answers:  true,
	}
}

// TestAddresses lists what listeners on a laptop can be opened by.
func TestAddresses(t *testing.T) {
	t.Parallel()
	const v4 = "192.168.1.7 10.0.0.5"
	const last = "169.254.3.4"
	for _, test := range []struct{ listening, want string }{
		{"[::]:8000", v4 + " thinkpad.local 2001:db8:1:2::7 fd00::1234 100.100.1.2 fd7a:115c:a1e0::1 10.8.0.2 172.17.0.1 172.18.0.1 " + last},
		{"0.0.0.0:8000", v4 + " thinkpad.local 100.100.1.2 10.8.0.2 172.17.0.1 172.18.0.1 " + last},
		{":8000", v4 + " thinkpad.local 2001:db8:1:2::7 fd00::1234 100.100.1.2 fd7a:115c:a1e0::1 10.8.0.2 172.17.0.1 172.18.0.1 " + last},
		{"[::]:8000 10.0.0.5:8000", "10.0.0.5 thinkpad.local 2001:db8:1:2::7 fd00::1234 fd7a:115c:a1e0::1"},
		{"[::]:8000 127.0.0.1:8000", "thinkpad.local 2001:db8:1:2::7 fd00::1234 fd7a:115c:a1e0::1"},
		{"192.168.1.7:8000", "192.168.1.7 thinkpad.local"},
		{"[::ffff:192.168.1.7]:8000", "192.168.1.7 thinkpad.local"},
		{"10.0.0.5:8000 192.168.1.7:8000 127.0.0.1:8000", v4 + " thinkpad.local"},
		{"[2001:db8:1:2:dead:beef:1:2]:8000", "thinkpad.local 2001:db8:1:2:dead:beef:1:2"},
		{"[fe80::7%wlan0]:8000 [fd00::1234]:8000", "thinkpad.local fd00::1234 fe80::7%wlan0"},
		{"169.254.3.4:8000", "thinkpad.local 169.254.3.4"},
		{"172.17.0.1:8000", "172.17.0.1"},
		{"10.8.0.2:8000", "10.8.0.2"},
		{"198.51.100.1:8000", "198.51.100.1"}, // which the cards do not know
		{"10.255.0.1:8000", "10.255.0.1"},     // which routers may lead to
		{"127.0.0.1:8000", "127.0.0.1"},
		{"127.0.0.1:8000 [::1]:8000", "127.0.0.1 ::1"},
		{"unix", ""},
		{"unix 127.0.0.1:8000", "127.0.0.1"},
		{"", ""},
	} {
		if got := hosts(laptop().Addresses(listeners(t, test.listening))); got != test.want {
			t.Errorf("listening on %q:\n got %s\nwant %s", test.listening, got, test.want)
		}
	}
}

// TestAlone has no network, or knows nothing of it.
func TestAlone(t *testing.T) {
	t.Parallel()
	lo := card("lo", "127.0.0.1/8", "::1/128")
	lo.Loopback = true
	for _, m := range []Machine{{}, {Cards: []Card{lo}, Name: "box", Answers: true}} {
		for listening, want := range map[string]string{"[::]:8000": "127.0.0.1", "0.0.0.0:8000": "127.0.0.1", "[::]:8000 127.0.0.1:8000": "::1 127.0.0.1"} {
			list := m.Addresses(listeners(t, listening))
			if got := hosts(list); got != want || list[0].Kind != Loopback {
				t.Errorf("listening on %s: %s, want %s", listening, got, want)
			}
			if a, ok := Best(list); ok {
				t.Errorf("listening on %s: best is %v", listening, a)
			}
		}
	}
}

// TestBridged has the neighbours behind a bridge, as routers do.
func TestBridged(t *testing.T) {
	t.Parallel()
	m := Machine{
		Cards:    []Card{card("br-guest", "192.168.9.1/24"), card("br-lan", "192.168.1.1/24", "2001:db8::1/64")},
		Outbound: []netip.Addr{netip.MustParseAddr("2001:db8::1")},
		Name:     "router",
		Answers:  true,
	}
	if got, want := hosts(m.Addresses(listeners(t, "[::]:80"))), "192.168.1.1 router.local 2001:db8::1 192.168.9.1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNobodyAnswers has no name on the network.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	m := laptop()
	m.Answers = false
	if got, want := hosts(m.Addresses(listeners(t, "192.168.1.7:8000"))), "192.168.1.7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPorts has two ports, each with its addresses.
func TestPorts(t *testing.T) {
	t.Parallel()
	m := Machine{Cards: []Card{card("eth0", "10.0.0.5/24")}, Name: "box", Answers: true}
	var got []string
	for _, a := range m.Addresses(listeners(t, "0.0.0.0:80 [::]:8000 0.0.0.0:80")) {
		got = append(got, a.URL("http"))
	}
	want := []string{"http://10.0.0.5/", "http://10.0.0.5:8000/", "http://box.local/", "http://box.local:8000/"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMany keeps the list to what somebody reads, and drops its end.
func TestMany(t *testing.T) {
	t.Parallel()
	m := Machine{}
	for i := range 250 {
		m.Cards = append(m.Cards, card(fmt.Sprintf("veth%d", i), fmt.Sprintf("172.20.%d.1/24", i)))
	}
	m.Cards = append(m.Cards, card("eth0", "10.0.0.5/24"))
	list := m.Addresses(listeners(t, "0.0.0.0:8000"))
	if len(list) != maxAddresses || list[0].Host != "10.0.0.5" {
		t.Errorf("%d addresses, first %v", len(list), list[0])
	}
}

// TestURL writes addresses as browsers want them.
func TestURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address      Address
		scheme, want string
	}{
		{Address{Host: "192.168.1.7", Port: 8000}, "http", "http://192.168.1.7:8000/"},
		{Address{Host: "192.168.1.7", Port: 80}, "http", "http://192.168.1.7/"},
		{Address{Host: "192.168.1.7", Port: 443}, "http", "http://192.168.1.7:443/"},
		{Address{Host: "box.local", Port: 443}, "https", "https://box.local/"},
		{Address{Host: "fd00::1", Port: 8000}, "http", "http://[fd00::1]:8000/"},
		{Address{Host: "fd00::1", Port: 443}, "https", "https://[fd00::1]/"},
		{Address{Host: "fe80::1%eth0", Port: 8000}, "http", "http://[fe80::1%25eth0]:8000/"},
	} {
		if got := test.address.URL(test.scheme); got != test.want {
			t.Errorf("%v: %s, want %s", test.address, got, test.want)
		}
	}
}

// TestBest chooses what a phone opens.
func TestBest(t *testing.T) {
	t.Parallel()
	for listening, want := range map[string]string{"[::]:8000": "192.168.1.7", "[fd00::1234]:8000": "fd00::1234", "172.17.0.1:8000": "172.17.0.1", "127.0.0.1:8000": "", "": ""} {
		a, ok := Best(laptop().Addresses(listeners(t, listening)))
		if ok != (want != "") || ok && a.Host != want {
			t.Errorf("listening on %s: %v, want %s", listening, a, want)
		}
	}
}

// TestHere opens what this machine is said to be opened by.
func TestHere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			conn.Close()
		}
	}()
	list := This().Addresses([]net.Addr{l.Addr()})
	if len(list) == 0 {
		t.Fatal("no address at all")
	}
	for _, a := range list {
		if a.Kind == Name {
			continue // others answer for it
		}
		conn, err := net.DialTimeout("tcp", strings.TrimSuffix(strings.TrimPrefix(a.URL("http"), "http://"), "/"), 10*time.Second)
		if err != nil {
			t.Errorf("%v: %v", a, err)
			continue
		}
		conn.Close()
	}
}

// listeners returns what listeners on the addresses say they are.
func listeners(t *testing.T, addresses string) []net.Addr {
	t.Helper()
	var list []net.Addr
	for address := range strings.FieldsSeq(addresses) {
		if address == "unix" {
			list = append(list, &net.UnixAddr{Name: "/run/gserve.sock", Net: "unix"})
			continue
		}
		tcp, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, tcp)
	}
	return list
}

func hosts(list []Address) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Host)
	}
	return strings.Join(names, " ")
}
