package exchange

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing/fstest"
	"time"
)

// Now is when the exchanges take place, by the server's clock.
var Now = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// modified is the time of modification of nearly all files of the site, which
// reads "Fri, 02 Jan 2026 03:04:05 GMT".
var modified = time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

// site is a tree of files that fails as a disk does: [fstest.MapFS] takes names
// of any length, says of a file used as a folder that it does not exist, and
// follows a loop of links for ever.
type site struct {
	files    fstest.MapFS
	unseen   map[string]error // what a look at these files comes to
	unopened map[string]error // what opening them comes to
}

// errActed is for what must not be opened: that alone would act on a device,
// or wait for the other end of a FIFO.
var errActed = errors.New("a FIFO, socket or device was opened")

// Lstat describes a file, or the link that it is.
func (s site) Lstat(name string) (fs.FileInfo, error) { return s.files.Lstat(name) }

// ReadLink returns where a link leads.
func (s site) ReadLink(name string) (string, error) { return s.files.ReadLink(name) }

// Stat describes a file.
func (s site) Stat(name string) (fs.FileInfo, error) {
	if err := s.fault(name); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return s.files.Stat(name)
}

// Open opens a file or directory.
func (s site) Open(name string) (fs.File, error) {
	info, err := s.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errActed}
	}
	if err := s.unopened[name]; err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := s.files.Open(name)
	if err != nil {
		return nil, err
	}
	switch name {
	case "forward.txt", "sides/forward.txt.gz", "fly/forward.js":
		return struct{ fs.File }{f}, nil // can only be read from its start on
	case "offset.txt", "fly/offset.js":
		return readerAt{f, f.(io.ReaderAt)}, nil // cannot seek, but be read anywhere
	case "faults/unread.txt", "fly/unread.json", "fly/unread-large.json":
		return readerAt{f, badSector{}}, nil
	}
	return f, nil
}

type readerAt struct {
	fs.File
	io.ReaderAt
}

// badSector is where nothing can be read.
type badSector struct{}

func (badSector) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

// fault returns why a disk would refuse this name.
func (s site) fault(name string) error {
	for segment := range strings.SplitSeq(name, "/") {
		if len(segment) > 255 {
			return syscall.ENAMETOOLONG
		}
	}
	if err := s.unseen[name]; err != nil {
		return err
	}
	for i, c := range name {
		if c != '/' {
			continue
		}
		if f := s.files[name[:i]]; f != nil && f.Mode.IsRegular() {
			return syscall.ENOTDIR
		}
	}
	return nil
}

// Site returns the files that the exchanges ask for. They are not to be changed.
func Site() fs.FS { return theSite() }

var theSite = sync.OnceValue(newSite)

func newSite() fs.FS {
	files := fstest.MapFS{}
	add := func(mode fs.FileMode, modified time.Time, names map[string]string) {
		for name, content := range names {
			files[name] = &fstest.MapFile{Data: []byte(content), Mode: mode, ModTime: modified}
		}
	}
	add(0o644, modified, map[string]string{
		"index.html":       "<h1>home</h1>",
		"ten.txt":          "0123456789",
		"hundred.txt":      "00.01.02.03.04.05.06.07.08.09.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31.32.x",
		"long.txt":         strings.Repeat("0123456789", 100),
		"empty.txt":        "",
		"forward.txt":      "0123456789",
		"offset.txt":       "0123456789",
		"docs/index.html":  "<h1>docs</h1>",
		"docs/guide.html":  "<h1>guide</h1>",
		"docs/deep/er.txt": "deeper",
		"htm/index.htm":    "<h1>htm</h1>",
		"home/home.html":   "<h1>own index</h1>",
		"both/home.html":   "<h1>own index</h1>",
		"both/index.html":  "<h1>index.html</h1>",
		"both/index.htm":   "<h1>index.htm</h1>",
		"plain/a.txt":      "a",
		"plain/b2.txt":     "b2",
		"plain/b10.txt":    "b10",
		"plain/.secret":    "secret",
		"plain/sub/c.txt":  "c",
		"api/file.txt":     "a file below the mount",
		"apiary/bee.txt":   "bee",

		".gserve-half":             "half of it",
		"plain/.GServe-half":       "half of it",
		".env":                     "KEY=secret",
		".git/config":              "[core]",
		".git/index.html":          "<h1>git</h1>",
		"docs/.htpasswd":           "user:hash",
		".well-known/security.txt": "Contact: none",
		".well-known/.hidden":      "hidden",
		".well-known-not/x.txt":    "x",
		"docs/.well-known/x.txt":   "x",
		"hiddenindex/.index.html":  "<h1>hidden index</h1>",

		// An index that is none.
		"odd/index.html/x.txt": "x",
		"odd/index.htm":        "<h1>odd</h1>",
		"words/index.html":     "plain words",
		"folder.css/index.htm": "<h1>folder</h1>",

		// Pages that have shorter URLs, and pages for what is not there.
		"clean/about.html":      "<h1>about</h1>",
		"clean/both.html":       "<h1>both.html</h1>",
		"clean/both/index.html": "<h1>both/</h1>",
		"clean/bare.html":       "<h1>bare.html</h1>",
		"clean/bare/x.txt":      "x",
		"clean/taken":           "taken",
		"clean/taken.html":      "<h1>taken.html</h1>",
		"clean/index.html":      "<h1>clean</h1>",
		"clean/a:b.html":        "<h1>colon</h1>",
		"clean/.dot.html":       "<h1>dot</h1>",
		"lost/404.html":         "<h1>lost here</h1>",
		"lost/deep/x.txt":       "x",
		"lost/odd/404.html/x":   "x",

		// Names that have to be encoded.
		"names/a b.txt":       "space",
		"names/100%.txt":      "percent",
		"names/%41.txt":       "percent-encoded",
		"names/c:d.txt":       "colon",
		"names/back\\s.txt":   "backslash",
		"names/new\nline.txt": "newline",
		"names/ünï.txt":       "umlauts",
		"names/q?.txt":        "question",
		"names/h#.txt":        "hash",
		"names/quo\"te.txt":   "quote",
		"names/<b>&.txt":      "markup",
		"names/+plus.txt":     "plus",
		"names/;p=1.txt":      "semicolon",
		"names/....txt":       "dots",
		"names/...":           "three dots",
		"names/a..b.txt":      "dots within",
		"names/nul\x00.txt":   "what no disk has",

		"names/" + strings.Repeat("n", 251) + ".txt": "255 bytes",

		// Directories, whose names a redirect has to spell.
		"dir:colon/x.txt":           "x",
		"dir space/x.txt":           "x",
		"dir\\back/x.txt":           "x",
		"dir\"quote/x.txt":          "x",
		"dir%20/x.txt":              "x",
		"dir?query/x.txt":           "x",
		"dir#hash/x.txt":            "x",
		"dir;p=1/x.txt":             "x",
		"dir\nline/x.txt":           "x",
		"dïr/x.txt":                 "x",
		"\\host/x.txt":              "x",
		"javascript:alert(1)/x.txt": "x",

		// Media types.
		"types/app.js":          "let a = 1",
		"types/module.mjs":      "export {}",
		"types/common.cjs":      "exports.a = 1",
		"types/style.css":       "a{}",
		"types/page.html":       "<p>page",
		"types/page.HTM":        "<p>page",
		"types/table.csv":       "a,b",
		"types/table.tsv":       "a\tb",
		"types/dates.ics":       "BEGIN:VCALENDAR",
		"types/person.vcf":      "BEGIN:VCARD",
		"types/captions.vtt":    "WEBVTT",
		"types/code.go":         "package p",
		"types/settings.toml":   "a = 1",
		"types/settings.yaml":   "a: 1",
		"types/data.json":       "{}",
		"types/data.geojson":    "{}",
		"types/lines.ndjson":    "{}\n{}",
		"types/app.webmanifest": "{}",
		"types/image.svg":       "<svg/>",
		"types/image.png":       "png",
		"types/image.jpg":       "jpeg",
		"types/image.JPEG":      "jpeg",
		"types/image.webp":      "webp",
		"types/image.avif":      "avif",
		"types/image.gif":       "gif",
		"types/favicon.ico":     "ico",
		"types/page.xhtml":      "<html/>",
		"types/feed.xml":        "<feed/>",
		"types/feed.atom":       "<feed/>",
		"types/app.wasm":        "\x00asm",
		"types/paper.pdf":       "%PDF-",
		"types/UPPER.TXT":       "upper",
		"types/archive.tgz":     "\x1f\x8b",
		"types/archive.tar.gz":  "\x1f\x8b",
		"types/archive.zip":     "PK",
		"types/disk.iso":        "iso",
		"types/song.mp3":        "ID3",
		"types/song.opus":       "OggS",
		"types/video.mp4":       "video",
		"types/video.webm":      "video",
		"types/video.mkv":       "video",
		"types/font.woff2":      "wOF2",
		"types/font.ttf":        "ttf",
		"types/scene.glb":       "glTF",
		"types/mail.eml":        "From: me",
		"types/letter.docx":     "PK",
		"types/readme.md":       "# readme",
		"types/LICENSE":         "Permission is hereby granted",
		"types/script":          "#!/bin/sh\necho hello\n",
		"types/picture":         "\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR",
		"types/page":            "<!doctype html><title>t</title>",
		"types/blob":            "\x00\x01\x02\x03\x04\xfe",
		"types/nothing":         "",
		"types/x.unknownext":    "plain words",
		"types/bom.txt":         "\xef\xbb\xbfbom",
		"types/utf16le.txt":     "\xff\xfeh\x00i\x00",
		"types/utf16be.txt":     "\xfe\xff\x00h\x00i",
		"types/utf16.html":      "\xff\xfe<\x00p\x00>\x00",
		"types/latin1.txt":      "caf\xe9 au lait",
		"types/latin1end.txt":   "un caf\xe9",
		"types/latin1.html":     "<meta charset=iso-8859-1>caf\xe9 au lait",
		"types/utf8.txt":        "café",
		"types/late.txt":        strings.Repeat(".", 4000) + "caf\xe9" + strings.Repeat(".", 200),

		// The first 4096 bytes tell the charset. The last character of them is
		// whole, lacks one byte of two, three or four, two of three, three of four.
		"types/cut.txt":    strings.Repeat("é", 2047) + "é...",
		"types/cut12.txt":  strings.Repeat(".", 4095) + "é...",
		"types/cut13.txt":  strings.Repeat(".", 4094) + "€...",
		"types/cut14.txt":  strings.Repeat(".", 4093) + "😀...",
		"types/cut23.txt":  strings.Repeat(".", 4095) + "€...",
		"types/cut34.txt":  strings.Repeat(".", 4095) + "😀...",
		"types/cut04.txt":  strings.Repeat(".", 4092) + "😀...",
		"types/cutbad.txt": strings.Repeat(".", 4095) + "\xff...",

		"types/app.js.map": "{}",
		"types/video.ts":   "let typed: number = 1",
		"types/trailing.":  "trailing dot",
		"types.txt/inner":  "plain words",
	})
	add(0o644, Now.Add(-time.Second), map[string]string{"fresh.txt": "fresh"})
	add(0o644, Now.Add(-2*time.Second+1), map[string]string{"unsettled.txt": "fresh"})
	add(0o644, Now.Add(-2*time.Second), map[string]string{"settled.txt": "fresh"})
	add(0o644, Now.Add(24*time.Hour), map[string]string{"future.txt": "future"})
	add(0o644, time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), map[string]string{"old.txt": "old"})
	add(0o644, time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), map[string]string{"newyear.txt": "after a leap second"})
	add(0o644, time.Time{}, map[string]string{"timeless.txt": "timeless"})
	add(fs.ModeDir|0o755, modified, map[string]string{"void": ""})

	add(fs.ModeNamedPipe|0o644, modified, map[string]string{
		"special/fifo": "", "special/fifo.txt": "", "pipeindex/index.html": "", "pipes/index.html": "",
	})
	add(0o644, modified, map[string]string{"pipes/index.htm": "<h1>pipes</h1>"})
	add(fs.ModeDevice|fs.ModeCharDevice|0o644, modified, map[string]string{"special/device": ""})
	add(fs.ModeDevice|0o644, modified, map[string]string{"special/disk": ""})
	add(fs.ModeSocket|0o644, modified, map[string]string{"special/socket": ""})
	add(fs.ModeIrregular|0o644, modified, map[string]string{"special/irregular": ""})

	add(fs.ModeSymlink|0o777, modified, map[string]string{
		"links/file":           "../ten.txt",
		"links/chain":          "file",
		"links/folder":         "../docs",
		"links/to-fifo":        "../special/fifo",
		"links/broken":         "nowhere",
		"links/above":          "../../etc/passwd",
		"links/absolute":       "/etc/passwd",
		"links/uncovered":      "../.env",
		"linkindex/index.html": "../docs/guide.html",
		"badindex/index.html":  "../nowhere",
	})
	add(0o644, modified, map[string]string{
		"links/loop": "", "links/ring-a": "", "links/ring-b": "", "loopindex/index.html": "",
		"faults/unreadable.txt": "secret", "faults/busy.txt": "busy", "lockedindex/index.html": "secret",
		"brokenindex/index.html": "broken", "brokenindex/index.htm": "<h1>broken</h1>",
		"faults/broken.txt": "broken", "faults/unread.txt": "unread",
	})
	addCoded(files)
	loop := syscall.ELOOP
	return site{
		files: files,
		unseen: map[string]error{
			"links/loop": loop, "links/ring-a": loop, "links/ring-b": loop, "loopindex/index.html": loop,
			"only/loop.js": loop,
		},
		unopened: map[string]error{
			"faults/unreadable.txt":  fs.ErrPermission,
			"lockedindex/index.html": fs.ErrPermission,
			"faults/broken.txt":      syscall.EIO,
			"brokenindex/index.html": syscall.EIO,
			"faults/busy.txt":        syscall.EMFILE,

			"sides/locked.txt.br":     fs.ErrPermission,
			"sides/locked2.txt.br":    fs.ErrPermission,
			"sides/busy.txt.br":       syscall.EMFILE,
			"sides/locked.js.br":      fs.ErrPermission,
			"only/locked-one.txt.gz":  fs.ErrPermission,
			"only/locked.txt.gz":      fs.ErrPermission,
			"only/locked-original.js": fs.ErrPermission,
		},
	}
}
