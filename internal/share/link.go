package share

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gserve/gserve/fileserver"
)

const (
	defaultGrace = 10 * time.Second
	lostAfter    = time.Minute // a request that has ended, and was not observed
	lookInterval = time.Minute // between looks at the clock, which may be set, or stand still in a sleep
)

// Config says how a link is shared. The zero value of a field but Terms is its
// default.
type Config struct {
	Terms  Terms
	Except []string      // prefixes of paths that can be had without the link, such as "/.well-known/gserve/"
	Grace  time.Duration // for which the end is still told to others; default 10 s
	Log    func(line string)
}

// Link is a path that nobody can guess, and that ends. It is safe for
// concurrent use. Make one with [New].
//
// A download is counted when one client has received all of one target, in one
// answer or in several that together have all of its ranges. That client may
// fetch it again without another one being counted. Previews, HEAD and the pages
// of folders are not counted.
//
// When all downloads are used, or the time is over, the path answers 410, to
// those who have had theirs as well. Transfers under way go on. There are never
// more downloads than there may be: while as many as are left are under way,
// others are asked to come again, by 503. Folders can be looked at meanwhile, so
// one more may get a file that stands for its folder.
type Link struct {
	config   Config
	token    string
	deadline time.Time // by the clock on the wall: a machine that sleeps does not stop it
	done     chan struct{}

	mu      sync.Mutex
	over    bool
	ledger  ledger
	running map[*http.Request]*transfer
}

// transfer is a request that was let by and has not been observed.
type transfer struct {
	download download
	counts   bool
	reserved bool        // one of those that are left
	stop     func() bool // what looks after it otherwise
}

// New returns a link. Its time begins now.
func New(c Config) *Link {
	c.Grace = cmp.Or(c.Grace, defaultGrace)
	if c.Log == nil {
		c.Log = func(string) {}
	}
	l := &Link{
		config:   c,
		token:    strings.ToLower(rand.Text()), // 130 bits, in letters that can be typed
		deadline: time.Now().Round(0).Add(c.Terms.Time),
		done:     make(chan struct{}),
		ledger:   newLedger(c.Terms.Downloads),
		running:  make(map[*http.Request]*transfer),
	}
	l.watch()
	return l
}

// Path returns the path below which the files are, without a slash at its end.
// It is made for [fileserver.WithPrefix], and as secret as what is shared.
func (l *Link) Path() string { return "/" + l.token }

// Done is closed when nothing can be downloaded any more, no transfer is under
// way, and the grace is over.
func (l *Link) Done() <-chan struct{} { return l.done }

// Gate returns nil for a request that may go on, and otherwise what answers it.
// It is made for [fileserver.WithGate]. Every request that goes on has to be
// observed, too, whatever becomes of it.
func (l *Link) Gate(r *http.Request) http.Handler {
	if !isBelow(r.URL.Path, l.token) {
		if isExcepted(r.URL.Path, l.config.Except) {
			return nil
		}
		return notFound
	}
	t := &transfer{counts: r.Method == http.MethodGet && !isPreview(r.Header)}
	if t.counts {
		t.download, t.reserved = downloadOf(r), !isFolder(r, l.token)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire()
	switch {
	case l.running[r] != nil:
		return nil
	case l.over:
		return gone
	case t.reserved && !l.ledger.begin(t.download):
		return busy
	}
	t.stop = context.AfterFunc(r.Context(), func() {
		time.AfterFunc(lostAfter, func() { l.end(r, t, answer{}) })
	})
	l.running[r] = t
	return nil
}

// Observe takes up what became of a request that Gate has seen, which is the
// very same value. Others it ignores.
func (l *Link) Observe(r *http.Request, record *fileserver.Record) {
	l.mu.Lock()
	t := l.running[r]
	l.mu.Unlock()
	if t == nil {
		return
	}
	if number := l.end(r, t, answerOf(record)); number > 0 {
		l.config.Log(fmt.Sprintf("download %d of %d: %s, by %s",
			number, l.config.Terms.Downloads, strconv.Quote(record.Name), cmp.Or(clientOf(r), "unix")))
	}
}

// end ends a transfer, once. It returns the number of the download that is
// complete with it, 0 if there is none.
func (l *Link) end(r *http.Request, t *transfer, a answer) (number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running[r] != t {
		return 0
	}
	delete(l.running, r)
	t.stop()
	if t.counts && l.ledger.receive(t.download, a) {
		number = len(l.ledger.done)
	}
	if t.reserved {
		l.ledger.end(t.download)
	}
	if l.ledger.isUsedUp() {
		l.over = true
	}
	l.close()
	return number
}

// watch ends the link when its time is over.
func (l *Link) watch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire()
	if !l.over {
		time.AfterFunc(min(time.Until(l.deadline), lookInterval), l.watch)
	}
}

func (l *Link) expire() {
	if !l.over && !time.Now().Before(l.deadline) {
		l.over = true
		l.close()
	}
}

// close has Done be closed after the grace, if all is over. That comes once:
// nothing begins any more.
func (l *Link) close() {
	if l.over && len(l.running) == 0 {
		time.AfterFunc(l.config.Grace, func() { close(l.done) })
	}
}
