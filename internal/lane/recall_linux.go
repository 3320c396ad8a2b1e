//go:build amd64 || arm64

package lane

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

// maxKey bounds the requests that net/http has read and that answers are remembered
// for, as maxHead and maxFields do for those that it has not.
const maxKey = 4 << 10

// keyMark begins the keys of requests that net/http has read, as no head does.
const keyMark = 0

// keys are buffers for keys.
var keys = sync.Pool{New: func() any {
	b := make([]byte, 0, maxKey)
	return &b
}}

// Recall implements [fileserver.Memory] for what net/http has read: requests over
// TLS and HTTP/2, and those that were passed on.
func (l *Lane) Recall(r *http.Request, p *fileserver.Response) bool {
	buf := keys.Get().(*[]byte)
	defer keys.Put(buf)
	key, ok := appendKey((*buf)[:0], r)
	if !ok {
		return false
	}
	local := locality(r)
	e := l.memory.recall(key, local)
	if e == nil {
		return false
	}
	var s unix.Stat_t
	if _, current := e.open(l.files, l.generation(), &s); !current {
		l.memory.forget(key, local, e)
		return false
	}
	*p = e.response
	return true
}

// Begin implements [fileserver.Memory].
func (l *Lane) Begin() fileserver.Beginning {
	return fileserver.Beginning{Time: time.Now(), Generation: l.generation()}
}

// Remember implements [fileserver.Memory].
func (l *Lane) Remember(r *http.Request, p *fileserver.Response, from fileserver.Basis, begun fileserver.Beginning) {
	buf := keys.Get().(*[]byte)
	defer keys.Put(buf)
	if key, ok := appendKey((*buf)[:0], r); ok {
		e := &entry{top: from.Top, generation: begun.Generation, source: -1, response: *p, content: p.Content.Bytes}
		l.keep(key, locality(r), e, nil, from, begun.Time)
	}
}

// locality returns the index of memory.entries for the client of r.
func locality(r *http.Request) int {
	if client, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && client.Addr().Unmap().IsLoopback() {
		return 1
	}
	return 0
}

// appendKey adds what tells r from all requests that could have another answer. It
// returns false for one that is too long for that.
func appendKey(b []byte, r *http.Request) ([]byte, bool) {
	var buf [24]string
	names := buf[:0]
	for name := range r.Header {
		if len(names) == len(buf) {
			return b, false
		}
		i := len(names)
		for names = append(names, name); i > 0 && names[i-1] > name; i-- {
			names[i], names[i-1] = names[i-1], names[i]
		}
	}
	scheme := byte('p')
	if r.TLS != nil {
		scheme = 's'
	}
	// The separators are in no part of a request that net/http takes.
	b = append(b, keyMark, scheme, byte(r.ProtoMajor), byte(r.ProtoMinor))
	for _, part := range [...]string{r.Method, r.RequestURI, r.Host} {
		b = append(append(b, part...), '\n')
	}
	for _, name := range names {
		b = append(append(b, name...), ':')
		for _, value := range r.Header[name] {
			if len(b)+len(value) > maxKey {
				return b, false
			}
			b = append(append(b, value...), '\n')
		}
	}
	return b, len(b) <= maxKey
}
