package compress_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gserve/gserve/compress"
)

// all is what a server that encodes on the fly has on offer.
var all = compress.SetOf(compress.Identity, compress.Gzip, compress.Zstd, compress.Brotli)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	gzipOnly := compress.SetOf(compress.Identity, compress.Gzip)
	coded := compress.SetOf(compress.Gzip, compress.Brotli)
	plain := compress.SetOf(compress.Identity)
	for _, c := range []struct {
		accept string
		offers compress.Set
		want   string // a token; "none" if all is refused
	}{
		{"gzip, deflate, br, zstd", all, "br"},
		{"gzip", all, "gzip"},
		{"gzip", gzipOnly, "gzip"},
		{"br", all, "br"},
		{"zstd", all, "zstd"},
		{"br", gzipOnly, "identity"},
		{"gzip, br", all, "br"},
		{"gzip,zstd", all, "zstd"},
		{"deflate", all, "identity"},
		{"compress, gzip", all, "gzip"},

		// Absent, or empty: RFC 9110, 12.5.3.
		{"", all, "identity"},
		{" ", all, "identity"},
		{",", all, "identity"},
		{", ,,gzip,", all, "gzip"},

		// Weights.
		{"gzip;q=1.0, br;q=0.9", all, "gzip"},
		{"gzip;q=0.5, br;q=0.8, zstd;q=0.7", all, "br"},
		{"gzip;q=0.001", all, "gzip"},
		{"gzip;q=0.8, br;q=0.8", all, "br"},
		{"gzip;q=1, br;q=1.000", all, "br"},
		{"gzip;Q=0.9, br;q=0.8", all, "gzip"},
		{"gzip ; q=0.9 , br ; q=0.8", all, "gzip"},
		{"gzip\t;\tq=0.9,br;q=0.8", all, "gzip"},
		{"gzip;q=0.123, br;q=0.122", all, "gzip"},
		{"gzip;q=0., br;q=0.1", all, "br"},

		// Refused: what six negotiators of others get wrong, first.
		{"gzip;q=0", all, "identity"},
		{"br;q=0, *", all, "zstd"},
		{"GZIP", all, "gzip"},
		{"Br", all, "br"},
		{"abr", all, "identity"},
		{"brotli", all, "identity"},
		{"x-gzip", all, "gzip"},
		{"X-GZip;q=0.5", all, "gzip"},
		{"*", all, "br"},
		{"deflate, gzip", all, "gzip"}, // two field lines, joined
		{"gzip;q=0.0", all, "identity"},
		{"gzip;q=0.000", all, "identity"},
		{"br;q=0, gzip", all, "gzip"},
		{"br;q=0, zstd;q=0, gzip;q=0", all, "identity"},
		{"gzip;q=0, gzip", all, "identity"},
		{"gzip, gzip;q=0", all, "identity"},
		{"gzip;q=0, x-gzip", all, "identity"},

		// The asterisk stands for what is not named.
		{"*;q=0.5", all, "br"},
		{"*;q=0.5, gzip", all, "gzip"},
		{"*;q=0.5, gzip;q=0.5", all, "br"},
		{"gzip, *;q=0", all, "gzip"},
		{"gzip;q=0.2, *;q=0.4", gzipOnly, "identity"},
		{"*", plain, "identity"},
		{"*, br;q=0, zstd;q=0", all, "gzip"},
		{"identity, *;q=0", all, "identity"},
		{"*;q=0.1, *;q=0", all, "none"},

		// Identity.
		{"identity", all, "identity"},
		{"identity;q=1, gzip;q=0.5", all, "identity"},
		{"identity;q=0.5, gzip;q=0.5", all, "gzip"},
		{"identity;q=0.5, gzip;q=0.2", all, "identity"},
		{"IDENTITY;q=0, gzip", all, "gzip"},
		{"identity;q=0", all, "none"},
		{"identity;q=0, *", all, "br"},
		{"identity;q=0, gzip;q=0", gzipOnly, "none"},
		{"identity;q=0, br", gzipOnly, "none"},
		{"*;q=0", all, "none"},
		{"*;q=0", plain, "none"},
		{"*;q=0, identity;q=0.1", all, "identity"},

		// Only coded content is there.
		{"gzip", coded, "gzip"},
		{"gzip, br", coded, "br"},
		{"", coded, "none"},
		{"identity", coded, "none"},
		{"zstd", coded, "none"},
		{"*", coded, "br"},
		{"*;q=0", coded, "none"},

		// Malformed members count for nothing, the others do.
		{"gzip;q=2", all, "identity"},
		{"gzip;q=-1", all, "identity"},
		{"gzip;q=1.001", all, "identity"},
		{"gzip;q=0.1234", all, "identity"},
		{"gzip;q=.5", all, "identity"},
		{"gzip;q=", all, "identity"},
		{"gzip;q", all, "identity"},
		{"gzip;", all, "identity"},
		{"gzip;q=0,5", all, "identity"},
		{"gzip;q=abc, br;q=0.1", all, "br"},
		{"gzip;level=9", all, "identity"},
		{"gzip;q=0.5;x=y", all, "identity"},
		{"gzip br", all, "identity"},
		{"gzip;q = 0.5", all, "identity"},
		{"gzip;q=0.5 x", all, "identity"},
		{"q=1", all, "identity"},
		{";q=1", all, "identity"},
		{"\x00, gzip", all, "gzip"},
	} {
		got := "none"
		if coding, ok := compress.Negotiate(c.accept, c.offers); ok {
			got = coding.Token()
		}
		if got != c.want {
			t.Errorf("Negotiate(%q, %v) = %s, want %s", c.accept, c.offers, got, c.want)
		}
	}
}

// FuzzNegotiate compares with a reference that is slow and obvious, and holds
// that what was refused is never chosen.
func FuzzNegotiate(f *testing.F) {
	for _, accept := range []string{
		"", "gzip", "br;q=0, *", "identity;q=0", "*;q=0", "gzip;q=0.5, br;q=0.5, *;q=0.1", "x-gzip", "gzip;q=1.0000", "GZIP ; q=0.3,,zstd", "gzip;q=0.,br",
	} {
		f.Add(accept, uint8(all))
	}
	f.Fuzz(func(t *testing.T, accept string, offers uint8) {
		offered := compress.Set(offers) & all
		got, ok := compress.Negotiate(accept, offered)
		want, wantOK := negotiateByTheBook(accept, offered)
		if ok != wantOK || ok && got != want {
			t.Fatalf("Negotiate(%q, %v) = %v, %v; want %v, %v", accept, offered, got, ok, want, wantOK)
		}
		if ok && !offered.Has(got) {
			t.Fatalf("Negotiate(%q, %v) = %v, which is not on offer", accept, offered, got)
		}
	})
}

// negotiateByTheBook asks of every coding, one after the other, what the whole
// field says of it.
func negotiateByTheBook(accept string, offers compress.Set) (compress.Coding, bool) {
	best, bestWeight := compress.Identity, -1.0
	for _, c := range []compress.Coding{compress.Brotli, compress.Zstd, compress.Gzip, compress.Identity} {
		if !offers.Has(c) {
			continue
		}
		w, named := weightByTheBook(accept, c)
		switch {
		case named && w == 0:
			continue
		case !named && c != compress.Identity:
			continue
		case !named:
			w = 0 // identity remains, after all that is asked for
		}
		if w > bestWeight {
			best, bestWeight = c, w
		}
	}
	return best, bestWeight >= 0
}

func weightByTheBook(accept string, c compress.Coding) (lowest float64, named bool) {
	for _, token := range []string{c.Token(), "*"} {
		for _, member := range strings.Split(accept, ",") {
			parts := strings.Split(member, ";")
			name := strings.ToLower(strings.Trim(parts[0], " \t"))
			if name == "x-gzip" {
				name = "gzip"
			}
			w := 1.0
			if len(parts) == 2 {
				q := strings.Trim(parts[1], " \t")
				if !isWeight(q) {
					continue
				}
				w, _ = strconv.ParseFloat(q[2:], 64)
			}
			if name != token || len(parts) > 2 {
				continue
			}
			if !named || w < lowest {
				lowest, named = w, true
			}
		}
		if named {
			return lowest, true
		}
	}
	return 0, false
}

// isWeight spells the 2 x 1115 values that a weight can have.
func isWeight(s string) bool { return weightsByTheBook[strings.ToLower(s)] }

var weightsByTheBook = func() map[string]bool {
	all := map[string]bool{"q=0": true, "q=1": true, "q=0.": true, "q=1.": true, "q=1.0": true, "q=1.00": true, "q=1.000": true}
	for digits := 1; digits <= 3; digits++ {
		for n := range []int{10, 100, 1000}[digits-1] {
			all[fmt.Sprintf("q=0.%0*d", digits, n)] = true
		}
	}
	return all
}()
