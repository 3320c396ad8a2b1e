package bucket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// How long the store may take: until an answer begins, and for each piece of one.
const (
	headTime  = 10 * time.Second
	pieceTime = 30 * time.Second
)

var errSlow = errors.New("the store does not answer in time")

// maxListing is how long the answer of a listing may be: 1000 keys of 1 KiB, in
// which each byte is encoded, and what is told of them.
const maxListing = 8 << 20

// newTransport returns the way to the store. What goes over it ends with ctx.
func newTransport(ctx context.Context) http.RoundTripper {
	return &patient{ctx: ctx, head: headTime, piece: pieceTime, next: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: headTime}).DialContext,
		TLSHandshakeTimeout:   headTime,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // content is to come as it is stored
	}}
}

// patient is a way to a store that may stop answering.
type patient struct {
	ctx         context.Context
	next        http.RoundTripper
	head, piece time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.ctx.Err() != nil {
		return nil, context.Cause(p.ctx)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	leave := context.AfterFunc(p.ctx, func() { cancel(context.Cause(p.ctx)) })
	timer := time.AfterFunc(p.head, func() { cancel(errSlow) })
	answer, err := p.next.RoundTrip(r.WithContext(ctx))
	timer.Stop()
	if err != nil {
		leave()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	b := &patientBody{ReadCloser: answer.Body, ctx: ctx, leave: leave, cancel: cancel, timer: timer, piece: p.piece, left: -1}
	if r.URL.Query().Has("list-type") {
		b.left = maxListing
	}
	answer.Body = b
	return answer, nil
}

// patientBody is content that may stop coming. The time that whoever reads it
// takes does not count.
type patientBody struct {
	io.ReadCloser
	ctx    context.Context
	leave  func() bool
	cancel context.CancelCauseFunc
	timer  *time.Timer
	piece  time.Duration
	left   int64 // bytes that are read at most; -1 for all
}

var errLong = errors.New("the answer of the store is too long")

func (b *patientBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errLong
	}
	if b.left > 0 {
		p = p[:min(int64(len(p)), b.left)]
	}
	b.timer.Reset(b.piece)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if b.left > 0 {
		b.left -= int64(n)
	}
	if cause := context.Cause(b.ctx); err != nil && err != io.EOF && cause != nil {
		err = cause
	}
	return n, err
}

func (b *patientBody) Close() error {
	b.timer.Stop()
	b.leave()
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
