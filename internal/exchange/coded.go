package exchange

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/gserve/gserve/compress"
)

// codedLater is when most sidecars were made, an hour after their originals:
// "Fri, 02 Jan 2026 04:04:05 GMT".
var codedLater = modified.Add(time.Hour)

// addCoded adds the files that are about content codings. A sidecar that is
// only ever sent as it is holds words instead of coded bytes.
func addCoded(files fstest.MapFS) {
	add := func(modified time.Time, names map[string]string) {
		for name, content := range names {
			files[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644, ModTime: modified}
		}
	}
	addMode := func(mode fs.FileMode, names map[string]string) {
		for name, content := range names {
			files[name] = &fstest.MapFile{Data: []byte(content), Mode: mode, ModTime: modified}
		}
	}

	// Folders that have a time, so that what they lack is remembered. All other
	// folders have none.
	addMode(fs.ModeDir|0o755, map[string]string{"sides": "", "fly": "", "bare": "", "only": ""})

	// Beside their originals.
	add(modified, map[string]string{
		"sides/app.js":         "let app = 1",
		"sides/style.css":      "a{}",
		"sides/two.html":       "<p>two",
		"sides/as-old.txt":     "exactly as old",
		"sides/as-old.txt.gz":  "gzip of exactly as old",
		"sides/stale.txt":      "younger than its sidecar",
		"sides/half.txt":       "younger than one of them",
		"sides/kinds.txt":      "sidecars of other kinds",
		"sides/one-kind.txt":   "one of them will do",
		"sides/kinds.txt.br/x": "in a folder",
		"sides/linked.txt":     "its sidecar is a link",
		"sides/latin1.txt":     "caf\xe9 au lait",
		"sides/picture.png":    "png",
		"sides/README":         "plain words",
		"sides/empty.css":      "",
		"sides/forward.txt":    "can only be read forward",
		"sides/locked.txt":     "its sidecar is locked",
		"sides/busy.txt":       "its sidecar is busy",
		"sides/locked.js":      text(2000),
		"sides/locked2.txt":    "one of its sidecars is locked",
		"sides/twice.txt":      "its sidecar has one of its own",
		"sides/.secret.txt":    "hidden",
		"sides/long.js":        text(2000),
		"sides/old.js":         strings.ToUpper(text(2000)),
		"sides/index.html":     "<h1>sides</h1>",
		"sides/bare.png":       "png",
		"unsettled/app.js":     "in a folder without a time",
		"bare/app.js":          "let bare = 1",
	})
	add(codedLater, map[string]string{
		"sides/app.js.br":       "br of app.js",
		"sides/app.js.zst":      "zstd of app.js",
		"sides/app.js.gz":       "gzip of app.js: 0123456789",
		"sides/style.css.gz":    "gzip of style.css",
		"sides/two.html.zst":    "zstd of two.html",
		"sides/two.html.gz":     "gzip of two.html",
		"sides/half.txt.gz":     "gzip of half.txt",
		"sides/one-kind.txt.gz": "gzip of one-kind.txt",
		"sides/latin1.txt.gz":   "gzip of latin1.txt",
		"sides/picture.png.gz":  "gzip of picture.png",
		"sides/README.gz":       "gzip of README",
		"sides/empty.css.gz":    "gzip of empty.css",
		"sides/forward.txt.gz":  "gzip of forward.txt",
		"sides/locked.txt.br":   "br of locked.txt",
		"sides/busy.txt.br":     "br of busy.txt",
		"sides/locked.js.br":    "br of locked.js",
		"sides/locked2.txt.br":  "br of locked2.txt",
		"sides/locked2.txt.gz":  "gzip of locked2.txt",
		"sides/twice.txt.gz":    "gzip of twice.txt",
		"sides/twice.txt.gz.br": "br of gzip of twice.txt",
		"sides/.secret.txt.gz":  "gzip of hidden",
		"sides/long.js.gz":      "gzip of long.js",
		"sides/index.html.br":   "br of index.html",
		"unsettled/app.js.gz":   "gzip of app.js",
	})
	add(modified.Add(-1), map[string]string{
		"sides/stale.txt.br": "br of older", "sides/stale.txt.zst": "zstd of older", "sides/stale.txt.gz": "gzip of older",
		"sides/half.txt.br": "br of older", "sides/old.js.gz": "gzip of older",
	})
	addMode(fs.ModeNamedPipe|0o644, map[string]string{"sides/kinds.txt.zst": "", "sides/one-kind.txt.br": "", "only/pipe.js.gz": ""})
	addMode(fs.ModeSymlink|0o777, map[string]string{
		"sides/kinds.txt.gz":  "../../outside.gz",
		"sides/linked.txt.gz": "app.js.gz",
		"sides/linked.txt.br": "nowhere",
		"coded-link":          "sides",
	})
	add(Now.Add(-time.Second), map[string]string{
		"sides/fresh.txt": "fresh", "sides/fresh.txt.gz": "gzip of fresh", "fly/fresh.js": text(2000),
	})
	add(Now.Add(-time.Hour), map[string]string{"sides/aged.txt": "an hour old"})
	add(Now.Add(-time.Second), map[string]string{"sides/aged.txt.gz": "gzip of a second ago"})
	add(time.Time{}, map[string]string{
		"sides/timeless.txt": "timeless", "sides/timeless.txt.gz": "gzip of timeless", "fly/timeless.js": text(2000),
		"sides/dated.txt.gz": "gzip without a time",
	})
	add(modified, map[string]string{"sides/dated.txt": "dated"})

	// Without their originals.
	add(codedLater, map[string]string{
		"only/app.js.gz":             encode(compress.Gzip, "let only = 1"),
		"only/style.css.br":          encode(compress.Brotli, "only{}"),
		"only/data.json.zst":         encode(compress.Zstd, `{"only":1}`),
		"only/all.txt.br":            encode(compress.Brotli, "all of br"),
		"only/all.txt.zst":           encode(compress.Zstd, "all of zstd"),
		"only/all.txt.gz":            encode(compress.Gzip, "all of gzip"),
		"only/latin1.txt.gz":         encode(compress.Gzip, "caf\xe9 au lait"),
		"only/page.gz":               encode(compress.Gzip, "<!doctype html><title>t</title>"),
		"only/picture.png.gz":        encode(compress.Gzip, "png"),
		"only/long.txt.gz":           encode(compress.Gzip, text(200_000)),
		"only/index.html.gz":         encode(compress.Gzip, "<h1>only</h1>"),
		"only/.hidden.txt.gz":        encode(compress.Gzip, "hidden"),
		"only/folder.js.gz/x.txt":    "x",
		"onlybr/index.html.br":       encode(compress.Brotli, "<h1>only br</h1>"),
		"onlybr/index.htm":           "<h1>htm</h1>",
		"onlyindex/index.html.gz":    encode(compress.Gzip, "<h1>only</h1>"),
		"only/locked.txt.gz":         "locked",
		"only/members.txt.gz":        encode(compress.Gzip, "one ") + encode(compress.Gzip, "two"),
		"only/frames.json.zst":       encode(compress.Zstd, "[1,") + encode(compress.Zstd, "2]"),
		"only/fifo.js.gz":            encode(compress.Gzip, "let fifo = 1"),
		"only/locked-original.js.gz": "gzip of locked",
		"only/locked-one.txt.gz":     "locked",
		"only/locked-one.txt.br":     encode(compress.Brotli, "br of locked-one"),
		"only/loop.js.gz":            encode(compress.Gzip, "let loop = 1"),
		"only/empty.txt.gz":          encode(compress.Gzip, ""),
	})
	addMode(fs.ModeNamedPipe|0o644, map[string]string{"only/fifo.js": ""})
	add(modified, map[string]string{"only/locked-original.js": "locked", "only/loop.js": ""})
	add(Now.Add(-time.Second), map[string]string{"only/fresh.txt.gz": encode(compress.Gzip, "fresh")})

	// Encoded on the fly.
	add(modified, map[string]string{
		"fly/1023.js":           text(1023),
		"fly/1024.js":           text(1024),
		"fly/app.js":            text(5000),
		"fly/other.js":          text(5000),
		"fly/page.html":         text(2000),
		"fly/style.css":         text(2000),
		"fly/data.json":         text(2000),
		"fly/icon.svg":          text(2000),
		"fly/code.wasm":         text(2000),
		"fly/notes.txt":         text(2000),
		"fly/latin1.txt":        text(2000) + "caf\xe9",
		"fly/picture.png":       text(2000),
		"fly/photo.jpg":         text(2000),
		"fly/film.mp4":          text(2000),
		"fly/archive.zip":       text(2000),
		"fly/font.woff2":        text(2000),
		"fly/data.bin":          text(2000),
		"fly/long.txt":          text(200_000),
		"fly/app.css":           strings.ToUpper(text(5000)),
		"fly/index/index.html":  text(3000),
		"fly/LICENSE":           text(2000),
		"fly/blob":              "\x00\x01\x02\x03\x04\xfe" + text(2000),
		"fly/forward.js":        text(2000),
		"fly/offset.js":         text(2000),
		"fly/awaited.js":        text(128 << 10),
		"fly/streamed.js":       text(128<<10 + 1),
		"fly/large.js":          text(2 << 20),
		"fly/larger.js":         text(4 << 20),
		"fly/largest.txt":       largest()[:16<<20],
		"fly/too-large.txt":     largest(),
		"fly/unread.json":       text(2000),
		"fly/unread-large.json": text(1 << 20),
	})
}

// text returns n bytes that look like what is worth encoding.
func text(n int) string { return largest()[:n] }

// largest is the text that all others are the beginning of, one byte more than
// what is encoded on the fly.
var largest = sync.OnceValue(func() string {
	var b strings.Builder
	for i := 0; b.Len() < 2<<20; i++ {
		fmt.Fprintf(&b, "function f%d(x) { return x * %d + g%d(x) }\n", i, i*7919%1000, i%17)
	}
	return strings.Repeat(b.String(), 9)[:16<<20+1]
})

// encode returns content in a coding.
func encode(c compress.Coding, content string) string {
	var b bytes.Buffer
	w := compress.NewWriter(&b, c, compress.Best)
	w.Write([]byte(content))
	if err := w.Close(); err != nil {
		panic(err) // a buffer takes all
	}
	return b.String()
}
