//go:build unix

package main

import (
	"context"
	"slices"
)

// filesConditions are those of the files.
const filesConditions = "Everybody writes an access log to a file, and has the settings of its distribution: one worker in nginx, " +
	"the defaults of lighttpd, caddy file-server and http.server. wrk has one thread, h2load 16 connections with 10 streams each. " +
	"10 MiB and 1 GiB are asked for by this program, which looks at heads alone while it measures. Before each round, one answer is looked at in full."

// prepareFiles makes what all cases of the files need.
func prepareFiles(ctx context.Context, b *bench) error {
	b.findPeers(ctx)
	if err := b.buildPeer(ctx); err != nil {
		return err
	}
	if err := b.makeCertificate(); err != nil {
		return err
	}
	if err := b.makeSite(ctx); err != nil {
		return err
	}
	return b.pinSelf(ctx)
}

// filesSuite is gserve beside what serves files.
func filesSuite(b *bench) (all []experiment) {
	for _, f := range b.fileCases() {
		all = append(all, b.comparisonOf(f))
	}
	return append(all, largeListing{}, idle{kept: true}, idle{}, firstAnswer{}, respond{})
}

// fileCase is a comparison of the peers that can do it.
type fileCase struct {
	id, title   string
	connections int
	asks        question
	setup       setup // what the servers need that is no default
	load        load
	needs       string // program, besides those of the servers
	prepare     func() error
	targets     []target
	tail        string // whose p99 gserve's is judged by
}

func (b *bench) fileCases() []fileCase {
	small := question{path: "/1k.txt", right: b.whole("1k.txt")}
	again, closing := small, small
	again.validates, again.status, again.right = true, 304, nothing
	closing.fields = []string{"Connection: close"}
	large := func(name string, size int64) question {
		return question{path: "/" + name, length: size, right: b.whole(name)}
	}
	asNginx := []target{{"nginx", 1}}
	return []fileCase{
		{id: "1k", title: "1 KiB", connections: 64, asks: small, targets: []target{{"nginx", 1.3}, {"lighttpd", 1}}, tail: "nginx"},
		{id: "100k", title: "100 KiB", connections: 64, asks: question{path: "/100k.txt", right: b.whole("100k.txt")}, targets: asNginx},
		{id: "10m", title: "10 MiB", connections: 8, asks: large("10m.bin", 10*mebibyte), load: downloads, targets: asNginx},
		{id: "1g", title: "1 GiB", connections: 1, asks: large("1g.bin", gibibyte), load: downloads, targets: asNginx,
			prepare: func() error { return b.makeLarge("1g.bin", gibibyte) }},
		{id: "304", title: "Not modified", connections: 64, asks: again, targets: []target{{"nginx", 1.3}}},
		{id: "range", title: "1,000 bytes of 100 KiB", connections: 64, asks: question{
			path: "/100k.txt", fields: []string{"Range: bytes=5000-5999"}, status: 206, right: b.part("100k.txt", 5000, 5999),
		}},
		{id: "br", title: "A sidecar (br, but nginx has gzip) of 100 KiB", connections: 64, setup: setup{Sidecars: true}, asks: question{
			path: "/sidecar/app.js", fields: []string{"Accept-Encoding: gzip, deflate, br"}, right: b.sidecar("sidecar/app.js"),
		}},
		{id: "gzip", title: "100 KiB, gzip on the fly", connections: 64, setup: setup{Encoded: true}, asks: question{
			path: "/page.html", fields: []string{"Accept-Encoding: gzip"}, right: b.gzipped("page.html"),
		}},
		{id: "404", title: "Not found", connections: 64, asks: question{path: "/absent.txt", status: 404, right: anything}},
		{id: "listing", title: "A listing of 100 files", connections: 64, asks: question{path: "/hundred/", right: lists(100)}},
		{id: "tls", title: "1 KiB, TLS, HTTP/1.1", connections: 64, asks: small, setup: setup{Secure: true}},
		{id: "http2", title: "1 KiB, TLS, HTTP/2", connections: 16, asks: small, setup: setup{Secure: true, HTTP2: true}, load: h2load, needs: "h2load"},
		{id: "new", title: "1 KiB, a new connection for each", connections: 64, asks: closing, targets: asNginx},
	}
}

// comparisonOf sets gserve beside the peers. In every case it is to be a lot
// faster than two of them.
func (b *bench) comparisonOf(f fileCase) comparison {
	return comparison{
		id: f.id, title: f.title + ", " + counted(f.connections, "connection"), short: f.title, connections: f.connections,
		servers: b.serversOf(f.id, &f.asks, f.setup), load: f.load, needs: f.needs, prepare: f.prepare,
		targets: append(slices.Clip(f.targets), target{"caddy", 2.5}, target{"python", 20}), tail: f.tail,
	}
}
