package listing

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// View is how a folder is shown, as the query of its URL says. The zero View
// is everything, by name.
type View struct {
	Sort       Key
	Descending bool
	Filter     string // words that the name of an entry must have; "" for all
	Deep       bool   // entries of the whole tree are filtered
	Offset     int    // entries left out at the front
	Limit      int    // entries shown at most; 0 for all
}

// Key is what entries are sorted by.
type Key uint8

// The keys that entries can be sorted by.
const (
	ByName Key = iota
	BySize
	ByTime
)

var keyNames = [...]string{ByName: "name", BySize: "size", ByTime: "time"}

// String returns the key as it stands in a query.
func (k Key) String() string { return keyNames[k] }

// ErrQuery is that of a query whose words are known and whose values are not.
var ErrQuery = errors.New("query of a folder with a value that is not known")

// ParseView reads the view out of the parameters of a query. Parameters that it
// does not know are not its own.
func ParseView(query url.Values) (View, error) {
	var v View
	switch query.Get("sort") {
	case "", "name":
	case "size":
		v.Sort = BySize
	case "time":
		v.Sort = ByTime
	default:
		return v, ErrQuery
	}
	switch query.Get("order") {
	case "", "asc":
	case "desc":
		v.Descending = true
	default:
		return v, ErrQuery
	}
	v.Filter = strings.TrimSpace(query.Get("q"))
	if len(v.Filter) > maxFilter || len(strings.Fields(v.Filter)) > maxWords {
		return v, ErrQuery
	}
	switch query.Get("deep") {
	case "", "0":
	case "1", "on", "true":
		v.Deep = v.Filter != ""
	default:
		return v, ErrQuery
	}
	var err error
	if v.Offset, err = parseCount(query.Get("offset")); err == nil {
		v.Limit, err = parseCount(query.Get("limit"))
	}
	return v, err
}

// What somebody filters by who looks for something. Each word is looked for in
// every name.
const (
	maxFilter = 1 << 10 // bytes
	maxWords  = 32
)

func parseCount(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, ErrQuery
	}
	return int(n), nil
}

// Query returns the view as a query, with its "?"; for the zero View, that is
// "?" alone. It holds nothing that would have to be escaped in HTML but "&".
func (v View) Query() string {
	var b strings.Builder
	b.WriteByte('?')
	add := func(name, value string) {
		if b.Len() > 1 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + url.QueryEscape(value))
	}
	if v.Sort != ByName || v.Descending {
		add("sort", v.Sort.String())
	}
	if v.Descending {
		add("order", "desc")
	}
	if v.Filter != "" {
		add("q", v.Filter)
	}
	if v.Deep {
		add("deep", "1")
	}
	if v.Offset > 0 {
		add("offset", strconv.Itoa(v.Offset))
	}
	if v.Limit > 0 {
		add("limit", strconv.Itoa(v.Limit))
	}
	return b.String()
}

// Matcher returns a function that reports whether a name has all the words of
// the filter in it, in whatever case.
func (v View) Matcher() func(name string) bool {
	words := strings.Fields(strings.ToLower(v.Filter))
	if len(words) == 0 {
		return func(string) bool { return true }
	}
	return func(name string) bool {
		name = strings.ToLower(name)
		for _, word := range words {
			if !strings.Contains(name, word) {
				return false
			}
		}
		return true
	}
}

// Page returns which of n entries are shown: those from first to end, without it.
func (v View) Page(n int) (first, end int) {
	first = min(v.Offset, n)
	if v.Limit == 0 {
		return first, n
	}
	return first, first + min(v.Limit, n-first)
}
