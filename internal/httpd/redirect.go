package httpd

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// plain answers what comes without TLS where there is TLS.
func (s *Server) plain() http.Handler {
	if s.Plain == nil {
		return RedirectToHTTPS
	}
	return s.Plain
}

// answerPlain has plain answer the requests that come without TLS, which then
// end their connection: the next request is to come with it.
func answerPlain(plain, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		plain.ServeHTTP(w, r)
	})
}

// RedirectToHTTPS sends a client to the same place with https. The redirect is
// one for this time: browsers keep a permanent one, and would then miss the
// server that is started without TLS on this port tomorrow.
var RedirectToHTTPS http.Handler = http.HandlerFunc(redirectToHTTPS)

func redirectToHTTPS(w http.ResponseWriter, r *http.Request) {
	authority, ok := secureAuthority(r.Host)
	target := r.URL.RequestURI()
	if !ok || !strings.HasPrefix(target, "/") { // "*" is of a server as a whole
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "https://"+authority+target, http.StatusTemporaryRedirect)
}

// secureAuthority returns the host and the port of a Host field value, for a URL
// of https: a port that is left out is that of http. It reports whether the
// value is one that may be sent back.
func secureAuthority(field string) (authority string, ok bool) {
	host, port, err := net.SplitHostPort(field)
	if err != nil {
		if host, port, err = net.SplitHostPort(field + ":"); err != nil {
			return "", false
		}
	}
	number, err := strconv.ParseUint(cmp.Or(port, "80"), 10, 16)
	if err != nil || number == 0 {
		return "", false
	}
	if strings.HasPrefix(field, "[") {
		addr, err := netip.ParseAddr(host)
		ok = err == nil && addr.Is6() && addr.Zone() == ""
	} else {
		ok = isHostName(host)
	}
	return net.JoinHostPort(host, strconv.FormatUint(number, 10)), ok
}

// isHostName reports whether s has the characters of a host name, or of an IPv4
// address, only. Browsers send other names in a form that has (RFC 5890, A-labels).
func isHostName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_')
	}) < 0
}
