package httpd

import (
	"net/netip"
	"testing"
)

func TestClientOf(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"192.0.2.7":                   "192.0.2.7",
		"::ffff:192.0.2.7":            "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":        "2001:db8:1:2::",
		"2001:db8:1:2:ffff:ffff::":    "2001:db8:1:2::",
		"2001:db8:1:3::1":             "2001:db8:1:3::",
		"fe80::1%eth0":                "fe80::",
		"127.0.0.1":                   "invalid IP",
		"127.8.7.6":                   "invalid IP",
		"::ffff:127.0.0.1":            "invalid IP",
		"::1":                         "invalid IP",
		"::ffff:0:0:0:1":              "0:0:0:ffff::",
		"64:ff9b::127.0.0.1":          "64:ff9b::",
		"2001:db8::ffff:192.168.0.10": "2001:db8::",
	} {
		if got := clientOf(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s: %v, want %s", addr, got, want)
		}
	}
	if got := clientOf(netip.Addr{}); got.IsValid() {
		t.Errorf("no address: %v", got)
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	here, one, two := netip.Addr{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	a := newAdmission(5, 2)
	for i, step := range []struct {
		client netip.Addr
		leaves bool
		want   verdict
	}{
		{client: one, want: admitted},
		{client: one, want: admitted},
		{client: one, want: crowded},
		{client: two, want: admitted},
		{client: here, want: admitted},
		{client: here, want: admitted},
		{client: here, want: full},
		{client: two, want: full},
		{client: one, want: crowded}, // before it is told to wait, and others are ended for it
		{client: here, leaves: true},
		{client: one, want: crowded},
		{client: two, want: admitted},
		{client: one, leaves: true},
		{client: one, want: admitted},
		{client: one, want: crowded},
	} {
		if step.leaves {
			a.leave(step.client)
		} else if got := a.admit(step.client); got != step.want {
			t.Errorf("step %d: got %v, want %v", i, got, step.want)
		}
	}
	for _, client := range []netip.Addr{one, one, two, two, here} {
		a.leave(client)
	}
	if a.open != 0 || len(a.crowds) != 0 {
		t.Errorf("%d are left, %v", a.open, a.crowds)
	}
	if a.end(); a.admit(here) != over {
		t.Error("somebody is let in after the end")
	}
}

func TestAdmissionWithoutBounds(t *testing.T) {
	t.Parallel()
	a := newAdmission(0, 0)
	for range 1000 {
		if got := a.admit(netip.MustParseAddr("192.0.2.1")); got != admitted {
			t.Fatalf("got %v", got)
		}
	}
}
