package hook

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// upstream is where a proxy leads.
type upstream struct {
	scheme   string
	host     string
	socket   string // unix socket to dial instead of host
	path     string // encoded, without a slash at its end
	replaces bool   // path takes the place of the prefix
	loopback bool
}

// parseUpstream reads the URL of an upstream.
func parseUpstream(spec string) (*upstream, error) {
	if socket, ok := strings.CutPrefix(spec, "unix:"); ok {
		return unixUpstream(spec, strings.TrimPrefix(socket, "//"), "")
	}
	if rest, ok := strings.CutPrefix(spec, "http+unix://"); ok {
		// url.Parse takes no encoded slash in a host.
		host, path, slash := strings.Cut(rest, "/")
		socket, err := url.PathUnescape(host)
		if err != nil {
			return nil, fmt.Errorf("proxy to %q: %w", spec, err)
		}
		if slash {
			path = "/" + path
		}
		return unixUpstream(spec, socket, path)
	}
	u, err := url.Parse(spec)
	switch {
	case err != nil:
		return nil, fmt.Errorf("proxy to %q: not a URL; write http://localhost:5173 or unix:/run/app.sock", spec)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("proxy to %q: write http://localhost:5173, https://host or unix:/run/app.sock", spec)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("proxy to %q: leave all out but scheme, host and path", u.Redacted())
	}
	up := &upstream{scheme: u.Scheme, host: u.Host, loopback: isLoopback(u.Hostname())}
	up.setPath(u.EscapedPath())
	return up, nil
}

func unixUpstream(spec, socket, path string) (*upstream, error) {
	if socket == "" {
		return nil, fmt.Errorf("proxy to %q: name the socket, as in unix:/run/app.sock", spec)
	}
	if abs, err := filepath.Abs(socket); err == nil && socket[0] != '@' { // @ is an abstract one
		socket = abs
	}
	// The host is never dialled, nor sent: that of the client is.
	up := &upstream{scheme: "http", host: "localhost", socket: socket, loopback: true}
	up.setPath(path)
	return up, nil
}

func (u *upstream) setPath(path string) {
	u.replaces = path != ""
	u.path = strings.TrimRight(path, "/")
}

// String returns the address as it is said to people.
func (u *upstream) String() string {
	if u.socket != "" {
		return "unix:" + u.socket
	}
	return u.scheme + "://" + u.host
}

// target returns what the upstream is asked for instead of in.
func (u *upstream) target(in *url.URL, prefix []string) (*url.URL, error) {
	out := *in
	out.Scheme, out.Host = u.scheme, u.host
	if !u.replaces {
		return &out, nil
	}
	path, err := parsePath(in)
	if err != nil {
		return nil, err
	}
	n, ok := path.below(prefix)
	if !ok {
		return nil, errElsewhere
	}
	raw := u.path
	for _, segment := range path[n:] {
		raw += "/" + segment.raw
	}
	if raw == "" {
		raw = "/"
	}
	if out.Path, err = url.PathUnescape(raw); err != nil {
		return nil, errPathEncoding
	}
	out.RawPath = raw
	return &out, nil
}

// isLoopback reports whether a host is this machine by its name alone.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true // RFC 6761, 6.3
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
