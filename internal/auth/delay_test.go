package auth

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestNetworks tells who counts as one.
func TestNetworks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		one, other string
		same       bool
	}{
		{"192.168.1.7:1", "192.168.1.7:2", true},
		{"192.168.1.7:1", "192.168.1.8:1", false},
		{"192.168.1.7:1", "[::ffff:192.168.1.7]:1", true},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:1", true},
		{"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false},
		{"[fe80::1%eth0]:1", "[fe80::2%eth1]:1", true},
		{"@", "", true},
		{"/run/socket", "@", true},
		{"@", "[::1]:1", false},
	}
	for _, tt := range tests {
		if same := networks(address(tt.one))[0] == networks(address(tt.other))[0]; same != tt.same {
			t.Errorf("%s and %s are the same: %t", tt.one, tt.other, same)
		}
	}
}

// TestSite slows whoever has many networks of IPv6, and bounds the table.
func TestSite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d delays
		taken := 0
		for i := range 1 << 16 {
			a := netip.MustParseAddr("2001:db8::1").As16()
			binary.BigEndian.PutUint16(a[6:], uint16(i))
			if wait, ok := d.reserve(networks(netip.AddrFrom16(a))); ok {
				taken++
				if (taken > freeSiteFailures) != (wait > 0) {
					t.Fatalf("guess %d waits for %v", taken, wait)
				}
			}
		}
		if taken > freeSiteFailures+5 {
			t.Errorf("%d guesses", taken)
		}
		if _, ok := d.reserve(networks(netip.MustParseAddr("2001:db8:1::1"))); !ok {
			t.Error("another site has to wait, too")
		}
	})
}

func TestTalliesBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d delays
		at := func(i int) []netip.Prefix {
			return networks(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		}
		for i := range maxTallies + 100 {
			time.Sleep(time.Millisecond)
			d.reserve(at(i))
		}
		if len(d.tallies) != maxTallies || d.failures(at(99)[0]) != 0 || d.failures(at(100)[0]) != 1 {
			t.Errorf("%d tallies, or not the oldest are gone", len(d.tallies))
		}
		d.pardon(at(0)) // is not there any more
		d.pardon(at(100))
		d.pardon(at(100))
		if n := d.failures(at(100)[0]); n != 0 {
			t.Errorf("%d failures", n)
		}
		time.Sleep(failureMemory + 1)
		d.reserve(at(0))
		d.reserve(at(1))
		if len(d.tallies) > 2 {
			t.Errorf("%d tallies that are too old", len(d.tallies)-2)
		}
	})
}
