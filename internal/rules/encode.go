package rules

// Paths are compared in one spelling: the octets that a segment may hold stand
// for themselves, all others are percent-encoded with capital digits (RFC 3986,
// 6.2.2). So two segments are equal if what they decode to is, an encoded slash
// stays within its segment, and what a placeholder stands for can be written
// anywhere as it is.

const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	inSegment  = unreserved + "!$&'()*+,;=:@" // pchar
	inValue    = unreserved + "!$'()*,:@"     // of a query: no mark that parts it, nor "+", which is a space
	inQuery    = inSegment + "/?"             // RFC 3986, 3.4 and 3.5: of a fragment too
	upperHex   = "0123456789ABCDEF"
)

// set is a set of octets.
type set [256]bool

var (
	segmentSet = newSet(inSegment)
	valueSet   = newSet(inValue)
	querySet   = newSet(inQuery)
)

func newSet(octets string) *set {
	var s set
	for i := range len(octets) {
		s[octets[i]] = true
	}
	return &s
}

// appendOctet adds c as it is if it is plain, and else encoded.
func appendOctet(b []byte, c byte, plain *set) []byte {
	if plain[c] {
		return append(b, c)
	}
	return append(b, '%', upperHex[c>>4], upperHex[c&15])
}

// appendSpelled adds s, which may be percent-encoded, in the one spelling. It
// fails where a "%" encodes nothing.
func appendSpelled(b []byte, s string, plain *set) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			var ok bool
			if c, ok = encoded(s[i:]); !ok {
				return b, false
			}
			i += 2
		}
		b = appendOctet(b, c, plain)
	}
	return b, true
}

// appendKept adds s with what is encoded left as it is, and encodes what is
// not plain. A "%" that encodes nothing is encoded itself.
func appendKept(b []byte, s string, plain *set) []byte {
	for i := 0; i < len(s); i++ {
		if _, ok := encoded(s[i:]); ok {
			b = append(b, s[i:i+3]...)
			i += 2
			continue
		}
		b = appendOctet(b, s[i], plain)
	}
	return b
}

// encoded returns the octet that the percent-encoding at the beginning of s
// stands for.
func encoded(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, low := unhex(s[1]), unhex(s[2])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	if '0' <= c && c <= '9' {
		return int(c - '0')
	}
	if c |= 0x20; 'a' <= c && c <= 'f' {
		return int(c-'a') + 10
	}
	return -1
}

// isSpelled reports whether every octet of s is plain.
func isSpelled(s string, plain *set) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

// hasDots reports whether a path has a segment that leads elsewhere.
func hasDots(path []byte) bool {
	start := 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if segment := path[start:i]; string(segment) == "." || string(segment) == ".." {
			return true
		}
		start = i + 1
	}
	return false
}
