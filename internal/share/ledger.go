package share

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/netip"
)

// maxPartial is how many downloads may be begun and not complete, of those that
// have no request under way.
const maxPartial = 1024

// download is one client's of one target. A client is an address with a
// User-Agent, as behind one address there may be many.
type download [sha256.Size]byte

func downloadOf(r *http.Request) (d download) {
	h := sha256.New()
	for _, part := range []string{clientOf(r), r.UserAgent(), r.URL.Path, r.URL.RawQuery} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Sum(d[:0])
	return d
}

// clientOf returns the address of a client without its port, "" for one of a
// Unix socket. What a proxy says of its clients is not believed: anybody can
// say it.
func clientOf(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return a.Addr().Unmap().String()
}

// ledger counts downloads. It is not safe for concurrent use.
type ledger struct {
	limit   int // 0: they are not counted
	done    map[download]struct{}
	partial map[download]*progress
	running map[download]int // requests under way that may complete it
	clock   uint64           // counts answers
}

// progress is what a client has of a representation.
type progress struct {
	length int64
	spans  coverage
	used   uint64 // by the clock of the ledger
}

func newLedger(limit int) ledger {
	return ledger{limit, map[download]struct{}{}, map[download]*progress{}, map[download]int{}, 0}
}

// isUsedUp reports whether there have been as many downloads as there may be.
func (l *ledger) isUsedUp() bool { return l.limit > 0 && len(l.done) >= l.limit }

// begin admits a request that may complete a download, unless those that are
// under way may be all that are left. A client that has completed it may do so
// again.
func (l *ledger) begin(d download) bool {
	_, isDone := l.done[d]
	if l.limit > 0 && !isDone && l.running[d] == 0 && len(l.done)+l.open() >= l.limit {
		return false
	}
	l.running[d]++
	return true
}

// open returns how many downloads that are under way would count.
func (l *ledger) open() (n int) {
	for d := range l.running {
		if _, isDone := l.done[d]; !isDone {
			n++
		}
	}
	return n
}

// end ends a request that was begun.
func (l *ledger) end(d download) {
	if l.running[d]--; l.running[d] <= 0 {
		delete(l.running, d)
	}
}

// receive notes what an answer brought, and reports whether a download that
// counts is complete now.
func (l *ledger) receive(d download, a answer) bool {
	if _, isDone := l.done[d]; isDone || l.limit == 0 || l.isUsedUp() {
		return false
	}
	if !a.whole && !l.advance(d, a) {
		return false
	}
	delete(l.partial, d)
	l.done[d] = struct{}{}
	return true
}

// advance adds to what a client has, and reports whether that is all by now. If
// the length has changed, it starts over.
func (l *ledger) advance(d download, a answer) bool {
	p := l.partial[d]
	if p == nil || p.length != a.length {
		if a.first >= a.end {
			return false
		}
		p = &progress{length: a.length}
		l.partial[d] = p
	}
	l.clock++
	p.used = l.clock
	p.spans.add(a.span)
	if len(l.partial) > maxPartial {
		l.drop()
	}
	return p.spans.isWhole(p.length)
}

// drop forgets the download that has been idle longest.
func (l *ledger) drop() {
	var oldest download
	used := l.clock + 1
	for d, p := range l.partial {
		if p.used < used {
			oldest, used = d, p.used
		}
	}
	delete(l.partial, oldest)
}
