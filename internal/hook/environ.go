package hook

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// appendRequest appends the head of a request for an application that is
// mounted so that path is its PATH_INFO. It reports whether it could: no value
// may hold a NUL, which only a path can.
//
// The bytes are those of the request, and become latin-1 strings in Python
// (PEP 3333, "Unicode Issues").
func appendRequest(dst []byte, r *http.Request, path string, length int64) ([]byte, bool) {
	e := environ{bytes: dst, start: len(dst)}
	e.add("REQUEST_METHOD", r.Method)
	e.add("PATH_INFO", path)
	e.add("QUERY_STRING", r.URL.RawQuery)
	e.add("REQUEST_URI", r.RequestURI)
	e.add("SERVER_PROTOCOL", r.Proto)
	e.addAddresses(r)
	if r.TLS != nil {
		e.add("wsgi.url_scheme", "https")
		e.add("REQUEST_SCHEME", "https")
		e.add("HTTPS", "on")
	}
	if r.Host != "" {
		e.add("HTTP_HOST", r.Host) // net/http takes it out of the fields
	}
	if length >= 0 {
		e.bytes = append(strconv.AppendInt(append(e.bytes, "CONTENT_LENGTH\x00"...), length, 10), 0)
		e.count++
	}
	for name, values := range r.Header {
		e.addField(name, values)
	}
	e.bytes = e.bytes[:len(e.bytes)-1] // NULs are between, not behind
	return e.bytes, bytes.Count(e.bytes[e.start:], []byte{0}) == 2*e.count-1
}

// environ is an environ of PEP 3333 as it is sent.
type environ struct {
	bytes []byte
	start int
	count int
}

func (e *environ) add(key, value string) {
	e.bytes = append(append(append(append(e.bytes, key...), 0), value...), 0)
	e.count++
}

func (e *environ) addField(name string, values []string) {
	switch {
	case len(values) == 0,
		name == "Content-Length", // as net/http understood it
		name == "Proxy",          // it would become HTTP_PROXY, which libraries obey
		// It would look like the one with a hyphen, which a proxy in front may
		// have checked (CVE-2015-0219).
		strings.IndexByte(name, '_') >= 0:
		return
	case name == "Content-Type":
		e.add("CONTENT_TYPE", values[0])
		return
	}
	b := append(e.bytes, "HTTP_"...)
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '-':
			c = '_'
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	b = append(append(b, 0), values[0]...)
	separator := ","
	if name == "Cookie" {
		separator = "; " // RFC 9113, 8.2.3
	}
	for _, value := range values[1:] {
		b = append(append(b, separator...), value...)
	}
	e.bytes = append(b, 0)
	e.count++
}

// addAddresses says who asks whom. A Unix socket has no addresses: who may
// reach it is on this machine.
func (e *environ) addAddresses(r *http.Request) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if local != nil {
		at := local.AddrPort()
		e.addAddress("SERVER_NAME", "SERVER_PORT", at)
	} else {
		name := r.Host
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		if name == "" {
			name = "localhost"
		}
		e.add("SERVER_NAME", name)
		e.add("SERVER_PORT", "80")
	}
	if client, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		e.addAddress("REMOTE_ADDR", "REMOTE_PORT", client)
	} else {
		e.add("REMOTE_ADDR", "127.0.0.1")
	}
}

func (e *environ) addAddress(name, port string, at netip.AddrPort) {
	e.bytes = at.Addr().Unmap().AppendTo(append(append(e.bytes, name...), 0))
	e.bytes = append(append(append(e.bytes, 0), port...), 0)
	e.bytes = append(strconv.AppendUint(e.bytes, uint64(at.Port()), 10), 0)
	e.count += 2
}

// putLengths fills in the start of a request's frame.
func putLengths(frame []byte, head int, content uint32) {
	binary.LittleEndian.PutUint32(frame, uint32(head))
	binary.LittleEndian.PutUint32(frame[4:], content)
}

// belowPrefix cuts a mount's prefix from a path.
func belowPrefix(path, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok || rest != "" && prefix != "" && rest[0] != '/' {
		return "", false
	}
	if path == "*" { // of OPTIONS; wsgiref.validate wants a path
		return "/", true
	}
	return rest, true
}
