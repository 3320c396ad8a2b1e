package upload

import (
	"net/http"
	"strconv"
	"strings"
)

// boolean reads a field that is an Item with a Boolean (RFC 9651, 3.3.6). Any
// other value is as good as none.
func boolean(r *http.Request, name string) (value, ok bool) {
	item := cutParameters(field(r, name))
	return item == "?1", item == "?1" || item == "?0"
}

// maxInteger is the largest of structured fields.
const maxInteger = 999_999_999_999_999

// integer reads a field that is an Item with an Integer which is not negative
// (RFC 9651, 3.3.1). Any other value is as good as none.
func integer(r *http.Request, name string) (value int64, ok bool) {
	item := cutParameters(field(r, name))
	for i := range len(item) {
		if item[i] < '0' || item[i] > '9' {
			return 0, item == "-0"
		}
	}
	value, err := strconv.ParseInt(item, 10, 64)
	return value, err == nil && len(item) <= 15 && value <= maxInteger
}

// cutParameters returns the bare item of an Item, "" if it is none. The
// parameters are checked and dropped: none has a meaning here.
func cutParameters(value string) string {
	value = strings.Trim(value, " ")
	bare, rest, _ := cutAny(value, "; ,\t")
	for rest != "" {
		if rest[0] != ';' {
			return ""
		}
		rest = strings.TrimLeft(rest[1:], " ")
		var ok bool
		if rest, ok = cutParameter(rest); !ok {
			return ""
		}
	}
	return bare
}

// cutAny splits s in front of the first of some characters.
func cutAny(s, chars string) (before, rest string, found bool) {
	i := strings.IndexAny(s, chars)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i:], true
}

const (
	lowers = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	tokens = lowers + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits + "!#$%&'*+-.^_`|~:/"
)

// cutParameter takes one parameter off the front of s.
//
//	parameter = key [ "=" bare-item ]
func cutParameter(s string) (rest string, ok bool) {
	if s == "" || !strings.Contains(lowers+"*", s[:1]) {
		return "", false
	}
	s = strings.TrimLeft(s, lowers+digits+"_-.*")
	if s == "" || s[0] != '=' {
		return s, true
	}
	s = s[1:]
	if strings.HasPrefix(s, `"`) {
		return cutString(s[1:])
	}
	if strings.HasPrefix(s, "?0") || strings.HasPrefix(s, "?1") {
		return s[2:], true
	}
	rest = strings.TrimLeft(s, tokens) // numbers too, whose exact form does not matter here
	return rest, rest != s
}

// cutString takes the rest of a string off the front of s, whose opening quote
// has been taken.
func cutString(s string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return s[i+1:], true
		case s[i] == '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", false
			}
		case s[i] < ' ' || s[i] > '~':
			return "", false
		}
	}
	return "", false
}
