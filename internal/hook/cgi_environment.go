package hook

import (
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// metaVariables are those that say something of a request, by being absent,
// too: what this process happens to have under their names is not handed on.
var metaVariables = []string{
	"AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "DOCUMENT_ROOT", "GATEWAY_INTERFACE", "HTTPS",
	"PATH_INFO", "PATH_TRANSLATED", "PWD", "QUERY_STRING", "REDIRECT_STATUS",
	"REMOTE_ADDR", "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_PORT", "REMOTE_USER",
	"REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "SCRIPT_FILENAME", "SCRIPT_NAME",
	"SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
}

// withheld are fields that are not handed on: credentials that nobody has
// verified (RFC 3875, 9.2), those that have variables of their own, those of
// the connection (4.1.18), and Proxy, which libraries take HTTP_PROXY for
// (CVE-2016-5385).
var withheld = []string{
	"Authorization", "Proxy-Authorization", "Proxy", "Content-Type", "Content-Length", "Host",
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// environment returns the variables of a program (RFC 3875, 4.1).
func environment(r *http.Request, p *program, content *content) []string {
	env := inherited()
	set := func(name, value string) {
		// What cannot be in a variable cannot have come in a request, or its
		// file name: the system would refuse all of them.
		if !strings.Contains(value, "\x00") {
			env = append(env, name+"="+value)
		}
	}
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("SERVER_SOFTWARE", "gserve")
	set("PWD", p.dir)
	set("SCRIPT_NAME", p.scriptName)
	set("SCRIPT_FILENAME", p.path())
	set("REDIRECT_STATUS", "200") // php-cgi runs nothing without
	set("PATH_INFO", p.pathInfo)
	if p.translated != "" {
		set("PATH_TRANSLATED", p.translated)
	}
	if p.docRoot != "" {
		set("DOCUMENT_ROOT", p.docRoot)
	}
	set("REQUEST_METHOD", r.Method)
	set("REQUEST_URI", r.RequestURI)
	set("QUERY_STRING", r.URL.RawQuery)
	set("SERVER_PROTOCOL", r.Proto)
	if content.given {
		set("CONTENT_LENGTH", strconv.FormatInt(content.length, 10))
	}
	if mediaType := r.Header.Get("Content-Type"); mediaType != "" {
		set("CONTENT_TYPE", mediaType)
	}
	connectionVariables(r, set)
	fieldVariables(r, set)
	return env
}

// connectionVariables sets what tells of the two ends.
func connectionVariables(r *http.Request, set func(name, value string)) {
	set("REQUEST_SCHEME", "http")
	if r.TLS != nil {
		set("REQUEST_SCHEME", "https")
		set("HTTPS", "on")
	}
	client, port := addressOf(r.RemoteAddr)
	set("REMOTE_ADDR", client)
	set("REMOTE_HOST", client) // RFC 3875, 4.1.9: the address stands in for the name
	set("REMOTE_PORT", port)
	name, port := "", ""
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		name, port = addressOf(local.String())
	}
	if host := serverName(r.Host); host != "" {
		name = host
	}
	set("SERVER_NAME", name)
	set("SERVER_PORT", port)
}

// addressOf splits a network address; a unix socket has neither part.
func addressOf(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", ""
	}
	host, _, _ = strings.Cut(host, "%") // a zone means nothing to the program
	return host, port
}

// serverName returns the name that the client asks for, in the form of RFC
// 3875, 4.1.14, or "" if what it sent is none.
func serverName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if net.ParseIP(host) != nil {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	for _, c := range []byte(host) {
		if !isAlphanumeric(c) && c != '-' && c != '.' {
			return ""
		}
	}
	return host
}

// fieldVariables sets the fields of the request. A name of other characters
// than letters, digits and hyphens could pass for another one as a variable.
func fieldVariables(r *http.Request, set func(name, value string)) {
	if r.Host != "" {
		set("HTTP_HOST", r.Host)
	}
	for name, lines := range r.Header {
		if slices.Contains(withheld, name) || !isVariable(name) {
			continue
		}
		separator := ", "
		if name == "Cookie" {
			separator = "; " // RFC 9113, 8.2.3
		}
		set("HTTP_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_"), strings.Join(lines, separator))
	}
}

func isVariable(name string) bool {
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && c != '-' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// inherited returns the environment of this process without its secrets and
// without what a program would take for facts of the request: every HTTP_
// variable is a field to it.
func inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return strings.HasPrefix(name, "GSERVE_") || strings.HasPrefix(name, "HTTP_") ||
			slices.Contains(metaVariables, name)
	})
}
