package auth

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

// Config says what a [Guard] asks for.
type Config struct {
	Users     *Users
	Realm     string            // what the password is for, as browsers show it; "gserve" if empty
	WriteOnly bool              // reading takes no password
	Log       func(line string) // is told of wrong passwords; may be nil
}

// Guard lets requests by that come with the name and password of a user. It is
// safe for concurrent use. Make one with [New].
//
// Credentials that were right are remembered until nobody has used them for ten
// minutes, or a file of users changes. Others are checked a few at a time. Those
// of an address with failures wait, longer with each, up to eight seconds; who
// would have to wait longer is refused at once. IPv6 counts by /64, and more
// generously by /48. Behind a proxy all clients are one, as are those of Unix
// sockets: no field of a request says who it is from.
type Guard struct {
	config    Config
	challenge http.Handler
	memory    *memory
	delays    delays
	turns     chan struct{} // to compute hashes

	mu       sync.Mutex
	attempts map[attemptKey]*attempt
	sleepers int
	queue    int
}

// New returns a guard.
func New(c Config) *Guard {
	if c.Log == nil {
		c.Log = func(string) {}
	}
	realm := quote(cmp.Or(c.Realm, "gserve"))
	return &Guard{
		config: c,
		challenge: &refusal{
			status: http.StatusUnauthorized,
			fields: [][2]string{{"WWW-Authenticate", "Basic realm=" + realm + `, charset="UTF-8"`}},
		},
		memory:   newMemory(),
		turns:    make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), // files are to be served meanwhile
		attempts: make(map[attemptKey]*attempt),
	}
}

// Gate returns nil for a request that may go on, and otherwise what answers it.
// It may take some seconds for that; it is made for [fileserver.WithGate].
func (g *Guard) Gate(r *http.Request) http.Handler {
	if g.config.WriteOnly && isReading(r.Method) {
		return nil
	}
	c, ok := parseBasic(r.Header["Authorization"])
	if !ok {
		return g.challenge // not a guess: browsers begin without
	}
	switch v := g.judge(r.Context(), address(r.RemoteAddr), c); {
	case v.right:
		return nil
	case v.retry > 0:
		return tooMany(v.retry)
	}
	return g.challenge
}

// isReading reports whether a method changes nothing. PROPFIND is how WebDAV
// lists a folder.
func isReading(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "PROPFIND":
		return true
	}
	return false
}

// judge finds out whether credentials are right: it remembers them, or follows
// an attempt that is under way, or makes one.
func (g *Guard) judge(ctx context.Context, from netip.Addr, c credentials) verdict {
	key := attemptKey{from, g.memory.digest(c)}
	for {
		t := g.config.Users.table()
		if g.memory.has(key.digest, t) {
			return verdict{right: true}
		}
		a, leads, ok := g.join(key)
		switch {
		case !ok:
			return verdict{retry: time.Second}
		case leads:
			return g.lead(ctx, t, key, c, a)
		}
		v := g.follow(ctx, a)
		if !v.abandoned || ctx.Err() != nil {
			return v
		}
	}
}
