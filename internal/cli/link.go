package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/share"
)

// shareByLink has everything be had by a link that ends, if that was asked for.
func (r *run) shareByLink() {
	if r.config.Share == nil {
		return
	}
	r.link = share.New(share.Config{Terms: *r.config.Share, Except: []string{trustPrefix}, Log: r.say})
	// The secret is in the path: it is not to be told to the sites that a page
	// refers to, nor to be found by those who search.
	r.options = append(r.options, fileserver.WithFields(
		fileserver.Field{Name: "Referrer-Policy", Value: "no-referrer"}, fileserver.Field{Name: "X-Robots-Tag", Value: "noindex"}))
	r.options = append(r.options, fileserver.WithPrefix(r.link.Path()), fileserver.WithGate(r.link.Gate),
		fileserver.WithObserver(func(record *fileserver.Record) { r.link.Observe(record.Request, record) }))
	r.place.path = r.link.Path() + "/"
	if r.source.home != "" {
		r.place.path += url.PathEscape(r.source.home)
	}
}

// untilShared returns a context that is done when the link has ended, if there
// is one.
func (r *run) untilShared(ctx context.Context) context.Context {
	if r.link == nil {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-r.link.Done():
			r.say("the link has ended")
		case <-ctx.Done():
		}
	}()
	return ctx
}

// tellLink prints the link, which no terminal is needed for: without it,
// nothing can be had.
func (r *run) tellLink() {
	terms := r.config.Share
	until := fmt.Sprintf("for %s", shortTime(terms.Time.String()))
	if terms.Downloads > 0 {
		until += fmt.Sprintf(", for %s", plural(terms.Downloads, "download"))
	}
	link := r.place.path // on a Unix socket, that is all there is
	if addresses := r.place.addresses(); len(addresses) > 0 {
		link = r.place.url(addresses[0])
	}
	fmt.Fprintf(r.Stdout, "Shared %s: %s\n", until, link)
}

// shortTime returns a duration without what is zero: 1h0m0s is 1h.
func shortTime(d string) string {
	if rest, ok := strings.CutSuffix(d, "m0s"); ok {
		d = rest + "m"
	}
	if rest, ok := strings.CutSuffix(d, "h0m"); ok {
		d = rest + "h"
	}
	return d
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
