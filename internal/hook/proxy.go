package hook

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// What bounds a proxy.
const (
	defaultProxyTimeout = 60 * time.Second
	dialTimeout         = 5 * time.Second
	// Under the 5 s after which node and uvicorn close theirs: a request that
	// cannot be repeated must not meet a connection that is being closed.
	idleTimeout = 3 * time.Second
)

// ProxyConfig tells where a proxy leads. The zero value of a field is its
// default.
type ProxyConfig struct {
	// URL is "http://host:port", "https://host", "unix:/run/app.sock" or
	// "http+unix://%2Frun%2Fapp.sock".
	//
	// Without a path in it, the path of a request is passed on as it is,
	// Prefix included. With one, even "/", that takes the place of the prefix:
	// below "/api", "http://host/v1" is asked for /v1/users at /api/users.
	URL    string
	Prefix string // that the proxy is mounted at

	Watch   bool              // someone works on the upstream: no time limit, and the page of an error loads itself again
	Timeout time.Duration     // until the upstream begins to answer, unless Watch; default 60 s
	Log     func(line string) // why a request could not be answered; called concurrently
}

// Proxy answers requests by those of another HTTP server, web sockets and
// event streams included. It is safe for concurrent use. Make one with
// [NewProxy].
//
// The upstream sees the Host and Origin of the client, and where the request
// came from in X-Forwarded-For, -Host and -Proto, and in -Prefix if it does not
// see the prefix itself. What the client says of that is dropped. The certificate of an upstream on the loopback interface
// is not verified, since those of development servers are their own.
type Proxy struct {
	config    ProxyConfig
	upstream  *upstream
	transport *http.Transport
	reverse   *httputil.ReverseProxy
	name      string // in Via fields, to find loops by
}

// NewProxy returns a proxy for an upstream, which need not be up.
func NewProxy(config ProxyConfig) (*Proxy, error) {
	upstream, err := parseUpstream(config.URL)
	if err != nil {
		return nil, err
	}
	config.Timeout = cmp.Or(config.Timeout, defaultProxyTimeout)
	if config.Log == nil {
		config.Log = func(string) {}
	}
	p := &Proxy{config: config, upstream: upstream, name: "gserve-" + rand.Text()[:8]}
	p.transport = p.newTransport()
	p.reverse = &httputil.ReverseProxy{
		Rewrite:       p.rewrite,
		Transport:     p.transport,
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, out *http.Request, err error) {
			p.fail(w, out.Context().Value(clientRequest{}).(*http.Request), err)
		},
		ErrorLog: log.New(lineWriter(config.Log), "", 0),
	}
	return p, nil
}

func (p *Proxy) newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	t := &http.Transport{
		Proxy:                 nil, // what the environment names is for the way out
		DialContext:           dialer.DialContext,
		DisableCompression:    true, // that is between the client and the upstream
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       idleTimeout,
		TLSHandshakeTimeout:   dialTimeout,
		ExpectContinueTimeout: time.Second,
	}
	if !p.config.Watch { // a breakpoint may take all day
		t.ResponseHeaderTimeout = p.config.Timeout
	}
	if p.upstream.loopback {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	if socket := p.upstream.socket; socket != "" {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		}
	}
	return t
}

// Close closes the connections that are not in use.
func (p *Proxy) Close() error {
	p.transport.CloseIdleConnections()
	return nil
}

// ServeHTTP passes r on, and the answer back. If that breaks off, it ends the
// connection by a panic with [http.ErrAbortHandler], as net/http wants it.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, via := range r.Header["Via"] {
		if strings.Contains(via, p.name) {
			p.fail(w, r, errLoop)
			return
		}
	}
	if _, err := p.upstream.target(r.URL, prefixSegments(p.config.Prefix)); err != nil {
		p.fail(w, r, err)
		return
	}
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientRequest{}, r)))
}

// clientRequest is the key of the request as the client made it, in the context
// of the one that is made of it.
type clientRequest struct{}

// rewrite makes the request to the upstream. ReverseProxy has dropped the
// fields of the connection and the usual ones of proxies.
func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	if u, err := p.upstream.target(pr.In.URL, prefixSegments(p.config.Prefix)); err == nil { // as ServeHTTP has seen
		pr.Out.URL = u
	}
	pr.Out.Host = pr.In.Host
	pr.Out.Trailer = pr.In.Trailer // the map that is filled when the content has been read
	for name := range pr.Out.Header {
		if isForwarding(name) {
			delete(pr.Out.Header, name)
		}
	}
	pr.SetXForwarded()
	if p.config.Prefix != "" && p.upstream.replaces {
		pr.Out.Header.Set("X-Forwarded-Prefix", (&url.URL{Path: p.config.Prefix}).EscapedPath())
	}
	// RFC 9110, 7.6.3
	pr.Out.Header["Via"] = append(pr.In.Header["Via"][:len(pr.In.Header["Via"]):len(pr.In.Header["Via"])], "1.1 "+p.name)
}

// isForwarding reports whether a field tells for whom a proxy asks. A program
// behind CGI or WSGI cannot tell an underscore from a hyphen.
func isForwarding(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return strings.HasPrefix(name, "x-forwarded") || name == "forwarded" || name == "x-real-ip"
}

// isLocal reports whether r was made on this machine, by nobody who stands in
// for another.
func isLocal(r *http.Request) bool {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !client.Addr().Unmap().IsLoopback() {
		return false
	}
	for name := range r.Header {
		if isForwarding(name) || name == "Via" {
			return false
		}
	}
	return true
}

// lineWriter is a log that hands each message on.
type lineWriter func(line string)

func (w lineWriter) Write(b []byte) (int, error) {
	w(strings.TrimRight(string(b), "\n"))
	return len(b), nil
}

var errLoop = errors.New("request has been here before: the proxy leads to this server itself; give it the address of another one")
