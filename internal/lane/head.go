package lane

import (
	"bufio"
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// maxHead bounds the heads that the lane reads. Larger ones are for net/http,
// which has its own bound.
const maxHead = 8 << 10

// verdict is what is to be done about bytes that a client sent.
type verdict int

const (
	whole   verdict = iota // there is a head that may be a plain one
	partial                // more has to be read
	foreign                // it is for net/http
)

var endOfHead = []byte("\r\n\r\n")

// cut looks for a head at the start of data, and returns its length.
func cut(data []byte) (int, verdict) {
	if !begins(data, "GET /") && !begins(data, "HEAD /") {
		return 0, foreign
	}
	i := bytes.Index(data[:min(len(data), maxHead)], endOfHead)
	if i >= 0 {
		return i + len(endOfHead), whole
	}
	if len(data) >= maxHead || hasBareLF(data) {
		return 0, foreign
	}
	return 0, partial
}

// begins reports whether data begins with prefix, or may yet.
func begins(data []byte, prefix string) bool {
	n := min(len(data), len(prefix))
	return string(data[:n]) == prefix[:n]
}

// hasBareLF reports whether a line of data ends as net/http takes it, and the lane
// does not.
func hasBareLF(data []byte) bool {
	for rest := data; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return false
		}
		if i == 0 || rest[i-1] != '\r' {
			return true
		}
		rest = rest[i+1:]
	}
}

// maxFields bounds the fields of a head, which cost memory each.
const maxFields = 64

// unusual are fields that the lane has nothing to say to: those of content, of
// other protocols, and of the connection.
var unusual = []string{
	"content-length", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}

// isPlain reports whether a head is of the subset that the lane answers. It is
// strict: a byte that servers could disagree about makes a head none.
//
//	GET /path HTTP/1.1 CRLF *( token ":" SP VCHAR... CRLF ) CRLF
func isPlain(head []byte) bool {
	lines := bytes.Split(head[:len(head)-len(endOfHead)], []byte("\r\n"))
	if len(lines) > maxFields+1 || !isRequestLine(lines[0]) {
		return false
	}
	hosts := 0
	for _, line := range lines[1:] {
		name, value, ok := cutField(line)
		if !ok {
			return false
		}
		switch {
		case slices.Contains(unusual, name):
			return false
		case name == "connection" && !strings.EqualFold(value, "keep-alive") && !strings.EqualFold(value, "close"):
			return false
		case name == "connection" || name == "host":
			if name == "host" {
				hosts++
			}
			if name == "host" && !isHost(value) {
				return false
			}
		}
	}
	return hosts == 1
}

// isRequestLine reports whether the line asks for a path in the usual way.
func isRequestLine(line []byte) bool {
	_, target, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return false
	}
	target, ok = bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	if !ok || len(target) == 0 || target[0] != '/' {
		return false
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// cutField splits a field line, whose name it returns in lower case.
func cutField(line []byte) (name, value string, ok bool) {
	rawName, rawValue, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(rawName) == 0 {
		return "", "", false
	}
	for _, c := range rawName {
		if !isTokenByte(c) {
			return "", "", false
		}
	}
	for _, c := range rawValue {
		if c < ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	return strings.ToLower(string(rawName)), strings.Trim(string(rawValue), " "), true
}

// isTokenByte reports whether c may stand in the name of a field (RFC 9110, 5.6.2).
func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isHost reports whether the value of a Host field has nothing in it but what
// names, addresses and ports are made of.
func isHost(value string) bool {
	return value != "" && strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == ""
}

// parse has net/http read a plain head that came from this address.
func parse(head []byte, client string) (*http.Request, bool) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return nil, false
	}
	r.RemoteAddr = client
	return r, true
}
