// Package hook answers requests with other people's programs: an application of
// PEP 3333 or a class of Python's http.server in worker processes ([WSGI]), a
// program of RFC 3875 for each request ([CGI]), or another server ([Proxy]).
//
// Each is an [net/http.Handler] that decides nothing about files: it never opens
// one of the site, and never lists a folder. It owns the processes it starts,
// and leaves none behind.
package hook
