package webdav

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/internal/store"
)

var (
	errConflict = refusal{status: http.StatusLocked, condition: "no-conflicting-lock"}
	errLocks    = refusal{status: http.StatusServiceUnavailable, text: "there are too many locks"}
	errNoLock   = refusal{status: http.StatusPreconditionFailed, condition: "lock-token-matches-request-uri"}
)

const (
	maxLockInfo = 16 << 10 // bytes of XML
	maxOwner    = 512      // bytes that are kept of who says to hold a lock
)

// owner is who says to hold a lock.
type owner struct {
	text string
	href bool // the text is a URL
}

// lock gives or refreshes a lock (RFC 4918, 9.10).
func (h *Handler) lock(w http.ResponseWriter, r *http.Request, t target) error {
	d, err := parseDepth(r.Header.Get("Depth"))
	if err != nil || d == depthOne {
		return errDepth
	}
	content, err := readXML(r.Body, maxLockInfo)
	if err != nil {
		return err
	}
	if content == nil {
		return h.refreshLock(w, r, t)
	}
	l, err := parseLockInfo(content)
	if err != nil {
		return err
	}
	l.root, l.deep, l.client, l.timeout = t.name, d != depthZero, clientOf(r), parseTimeout(r)
	if l.root == "." && l.deep {
		return refusal{status: http.StatusForbidden, text: "nobody gets a lock on all there is"}
	}
	created, err := h.takeLock(r, t, &l)
	if err != nil {
		return err
	}
	w.Header().Set("Lock-Token", "<"+l.token+">")
	if created {
		w.Header().Set("Location", h.href(t.name, false))
		h.writeLock(w, http.StatusCreated, l)
		return nil
	}
	h.writeLock(w, http.StatusOK, l)
	return nil
}

// takeLock takes up a lock. Nothing of that name yet is an empty file from now
// on (RFC 4918, 7.3).
func (h *Handler) takeLock(r *http.Request, t target, l *lock) (created bool, err error) {
	_, err = h.stat(t.name)
	if err == nil {
		*l, err = h.locks.add(*l)
		return false, err
	}
	if !h.config.Upload || t.slash {
		return false, refusal{status: http.StatusForbidden, text: "nothing may be made there", cause: err}
	}
	end, err := h.guard(r, t, claim{name: t.name, member: true})
	if err != nil {
		return false, err
	}
	end() // or the claim would be in the way of the lock
	if *l, err = h.locks.add(*l); err != nil {
		return false, err
	}
	if h.isDouble(t) {
		h.doubles.add(t.name, 0)
		return true, nil
	}
	if err := h.makeBlank(r, t.name); err != nil {
		h.locks.remove(l.token, t.name)
		return false, as(as(err, store.ErrNotFound, http.StatusConflict), store.ErrExists, http.StatusForbidden)
	}
	return true, nil
}

// refreshLock has a lock last longer (RFC 4918, 9.10.2).
func (h *Handler) refreshLock(w http.ResponseWriter, r *http.Request, t target) error {
	alternatives, err := parseIf(strings.Join(r.Header.Values("If"), " "))
	if err != nil {
		return err
	}
	tokens := tokensOf(alternatives)
	if len(tokens) != 1 {
		return refusal{status: http.StatusBadRequest, text: "If has to say which lock is to be refreshed"}
	}
	for token := range tokens {
		l, ok := h.locks.refresh(token, t.name, parseTimeout(r))
		if !ok {
			return errNoLock
		}
		h.writeLock(w, http.StatusOK, l)
	}
	return nil
}

// unlock ends a lock (RFC 4918, 9.11).
func (h *Handler) unlock(w http.ResponseWriter, r *http.Request, t target) error {
	token, rest, ok := cut(strings.TrimSpace(r.Header.Get("Lock-Token")), '<', '>')
	if !ok || token == "" || rest != "" {
		return refusal{status: http.StatusBadRequest, text: "Lock-Token has to say which lock is to be ended"}
	}
	if !h.locks.remove(token, t.name) {
		e := errNoLock
		e.status = http.StatusConflict
		return e
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// parseLockInfo reads what kind of lock is asked for, and by whom (RFC 4918,
// 14.11).
func parseLockInfo(content *element) (lock, error) {
	var l lock
	scope, kind := content.child("lockscope"), content.child("locktype")
	switch {
	case !content.is("lockinfo"), scope == nil, kind == nil:
		return l, refusal{status: http.StatusBadRequest, text: "the XML is no lockinfo"}
	case kind.child("write") == nil, scope.child("shared") == nil && scope.child("exclusive") == nil:
		return l, refusal{status: http.StatusUnprocessableEntity, text: "there are no such locks"}
	}
	l.shared = scope.child("shared") != nil
	if o := content.child("owner"); o != nil {
		l.owner.text = o.text()
		if url := o.child("href"); url != nil {
			l.owner = owner{url.text(), true}
		}
		l.owner.text = strings.TrimSpace(l.owner.text)
		if len(l.owner.text) > maxOwner {
			l.owner.text = strings.ToValidUTF8(l.owner.text[:maxOwner], "")
		}
	}
	return l, nil
}

// writeLock answers with a lock.
func (h *Handler) writeLock(w http.ResponseWriter, status int, l lock) {
	w.Header().Set("Content-Type", xmlType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, xmlHead+`<D:prop xmlns:D="DAV:"><D:lockdiscovery>`+h.describe(l)+"</D:lockdiscovery></D:prop>\n")
}

// describe returns the element activelock (RFC 4918, 14.1).
func (h *Handler) describe(l lock) string {
	scope, depth := "exclusive", "0"
	if l.shared {
		scope = "shared"
	}
	if l.deep {
		depth = "infinity"
	}
	who := ""
	if l.owner.text != "" {
		who = escape(l.owner.text)
		if l.owner.href {
			who = "<D:href>" + who + "</D:href>"
		}
		who = "<D:owner>" + who + "</D:owner>"
	}
	left := max(0, int64(l.expires.Sub(h.locks.now()).Round(time.Second)/time.Second))
	return "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:" + scope + "/></D:lockscope><D:depth>" + depth +
		"</D:depth>" + who + "<D:timeout>Second-" + strconv.FormatInt(left, 10) + "</D:timeout><D:locktoken><D:href>" + l.token +
		"</D:href></D:locktoken><D:lockroot><D:href>" + escape(h.href(l.root, false)) + "</D:href></D:lockroot></D:activelock>"
}
