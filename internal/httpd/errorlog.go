package httpd

import (
	"bytes"
	"io"
	"log"
	"sync"
	"time"
)

// quiet is how long a line keeps others of its kind from the log.
const quiet = 10 * time.Second

// maxKinds bounds the memory of a kindLog.
const maxKinds = 64

// limitKinds returns a logger that passes lines on to out, but of each kind
// one line in ten seconds at most: net/http has one for every connection that
// it cannot accept, and for every handshake that a port scanner breaks off.
func limitKinds(out *log.Logger) *log.Logger {
	if out == nil {
		return log.New(io.Discard, "", 0)
	}
	return log.New(&kindLog{out: out, now: time.Now, kinds: make(map[string]kind)}, "", 0)
}

// kindLog tells lines apart by what they say before the first digit: what
// follows are addresses, ports and times.
type kindLog struct {
	out *log.Logger
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]kind
}

// kind is what is known about the lines of a kind.
type kind struct {
	until time.Time // when the next one may pass
	held  int       // how many have not since the last one that did
}

// Write writes one line, which may have further ones below it, such as a stack.
func (l *kindLog) Write(line []byte) (int, error) {
	name := line
	if i := bytes.IndexAny(line, "0123456789\n"); i >= 0 {
		name = line[:i]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	k, known := l.kinds[string(name)]
	if now.Before(k.until) {
		k.held++
		l.kinds[string(name)] = k
		return len(line), nil
	}
	if !known && len(l.kinds) >= maxKinds {
		clear(l.kinds)
	}
	l.kinds[string(name)] = kind{until: now.Add(quiet)}
	if k.held > 0 {
		l.out.Printf("%s (and %d more like it)", bytes.TrimSuffix(line, []byte("\n")), k.held)
		return len(line), nil
	}
	l.out.Print(string(line))
	return len(line), nil
}
