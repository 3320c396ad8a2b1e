package bucket

import (
	"context"
	"net/http"
	"time"
)

// Signs reports whether requests are signed.
func Signs(s Settings) bool { return !s.isAnonymous() }

// NewPatient returns a way to a store that does not wait for long.
func NewPatient(ctx context.Context, head, piece time.Duration) http.RoundTripper {
	return &patient{ctx: ctx, head: head, piece: piece, next: new(http.Transport)}
}

// What the errors of a store are told by.
var (
	ErrSlow = errSlow
	ErrMany = errMany
)

// SmallSize is up to which size objects are kept.
const SmallSize = smallSize

// Believe has b believe for good what the store has told by then, and then
// nothing of what it has told of names.
func (b *Bucket) Believe() (forget func()) {
	m := b.memory
	m.believed = time.Hour
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		clear(m.windows)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.listed = nil
	}
}
