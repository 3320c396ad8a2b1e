package listing_test

import (
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/listing"
)

// FuzzView holds that a view survives the link that leads to it, that the page
// it shows lies within the folder, and that names are found by their own words.
func FuzzView(f *testing.F) {
	for _, query := range []string{
		"", "sort=size&order=desc&q=a+b&deep=1&offset=5&limit=10", "sort=x", "q=%00%ff&deep=on", "limit=99999999999", "offset=2147483647&limit=2147483647", "limit=-1", "deep=1", "q=%C4%B0", "limit=%2b1",
	} {
		f.Add(query, 100, "A b.txt")
	}
	f.Fuzz(func(t *testing.T, query string, n int, name string) {
		values, err := url.ParseQuery(query)
		if err != nil || n < 0 {
			return
		}
		v, err := listing.ParseView(values)
		if err != nil {
			if err != listing.ErrQuery {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		link := v.Query()
		if strings.ContainsAny(link, "\"'<> \r\n") {
			t.Fatalf("%q is linked to by %q", query, link)
		}
		values, err = url.ParseQuery(link[1:])
		if err != nil {
			t.Fatalf("%q is linked to by %q: %v", query, link, err)
		}
		if again, err := listing.ParseView(values); err != nil || again != v {
			t.Fatalf("%q is %+v, and %+v by its link %q: %v", query, v, again, link, err)
		}
		if first, end := v.Page(n); first < 0 || first > end || end > n || v.Limit > 0 && end-first > v.Limit {
			t.Fatalf("%q shows %d to %d of %d", query, first, end, n)
		}
		all := v.Matcher()
		for word := range strings.FieldsSeq(v.Filter) {
			if all(name) != (all(name) && strings.Contains(strings.ToLower(name), strings.ToLower(word))) {
				t.Fatalf("%q finds %q, which has no %q", query, name, word)
			}
		}
		if !(listing.View{Filter: name}).Matcher()(name) {
			t.Fatalf("%q is not found by itself", name)
		}
	})
}

// FuzzSort holds that entries come in one order, however they were read, and
// numbers in names by what they are.
func FuzzSort(f *testing.F) {
	f.Add("a2\x00a10\x00A2\x00a02\x00é\x00É\x00\xff", uint8(0), "a", "9", "10")
	f.Add("x\x00\x000\x0000\x001", uint8(5), "", "007", "7")
	f.Add("img12.png\x00img2.png\x00IMG2.png", uint8(3), "img", "99999999999999999999", "1")
	f.Fuzz(func(t *testing.T, names string, how uint8, prefix, a, b string) {
		v := listing.View{Sort: listing.Key(how % 3), Descending: how&4 != 0}
		var entries []listing.Entry
		for i, name := range strings.Split(names, "\x00") {
			if i == 8 || slices.ContainsFunc(entries, func(e listing.Entry) bool { return e.Name == name }) {
				continue
			}
			entries = append(entries, listing.Entry{Name: name, IsDir: len(name)%3 == 0, Size: int64(i % 3), ModTime: time.Unix(int64(i%2), 0)})
		}
		sorted := slices.Clone(entries)
		listing.Sort(sorted, v)
		for range len(entries) {
			entries = append(entries[1:], entries[0])
			other := slices.Clone(entries)
			listing.Sort(other, v)
			if !slices.Equal(other, sorted) {
				t.Fatalf("%+v: %v, then %v", v, sorted, other)
			}
			slices.Reverse(other)
			listing.Sort(other, v)
			if !slices.Equal(other, sorted) {
				t.Fatalf("%+v: %v, then %v", v, sorted, other)
			}
		}
		x, isNumber := number(a)
		y, isToo := number(b)
		if prefix != "" && strings.Trim(prefix[len(prefix)-1:], "0123456789") == "" || !isNumber || !isToo || x.Cmp(y) == 0 {
			return
		}
		pair := []listing.Entry{{Name: prefix + a}, {Name: prefix + b}}
		listing.Sort(pair, listing.View{})
		if first := pair[0].Name == prefix+a; first != (x.Cmp(y) < 0) {
			t.Fatalf("%q comes before %q", pair[0].Name, pair[1].Name)
		}
	})
}

// number reads digits, as few as a name can have.
func number(s string) (*big.Int, bool) {
	if s == "" || len(s) > 255 || strings.Trim(s, "0123456789") != "" {
		return nil, false
	}
	return new(big.Int).SetString(s, 10)
}
