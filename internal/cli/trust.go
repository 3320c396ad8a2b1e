package cli

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
	"github.com/gserve/gserve/internal/lan"
)

// trustPrefix is where the certificate of our authority is to be had.
const trustPrefix = "/.well-known/gserve/"

// options returns how the certificate of the authority is offered.
func (s *security) options() []fileserver.Option {
	if s.authority == nil {
		return nil
	}
	return []fileserver.Option{fileserver.WithMount(trustPrefix, s.authority), fileserver.WithTrustPage(trustPrefix)}
}

// plain answers who comes without TLS: who is to trust the certificate must be
// able to get it, and all others are led to https.
func (s *security) plain() http.Handler {
	if s.authority == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, trustPrefix) {
			s.authority.ServeHTTP(w, r)
			return
		}
		httpd.RedirectToHTTPS.ServeHTTP(w, r)
	})
}

// tellTrust tells how devices are made to trust the certificate: at length when
// no device can know of it yet.
func (r *run) tellTrust() {
	own := r.security.authority
	for _, notice := range own.Notices() {
		r.say(notice)
	}
	columns, isTerminal := terminalSize(r.Stdout)
	if !isTerminal && !own.Made() {
		return
	}
	fmt.Fprintf(r.Stdout, "Certificate of %s, SHA-256 fingerprint\n  %s\n", own.Name(), own.Fingerprint())
	addresses := r.place.addresses()
	if len(addresses) == 0 {
		return
	}
	help := addresses[0].URL("http") + trustPrefix[1:]
	fmt.Fprintf(r.Stdout, "  To trust it, open %s on the device\n", help)
	fmt.Fprintln(r.Stdout, "  and install the certificate there: the page has the steps for phones and computers.")
	if own.Made() && isTerminal && !r.config.NoQR && r.place.isPublic() {
		fmt.Fprint(r.Stdout, lan.QR(help, columns))
	}
}
