package fileserver

import (
	"bytes"
	"cmp"
	"io"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"github.com/gserve/gserve/compress"
)

// mediaTypes tells the media type of a file by the extension of its name, in
// lower case and without the dot. It is our own table, since the system's
// differs from one machine to the next, and the Windows registry lies.
var mediaTypes = readMediaTypes(`
application/atom+xml          atom
application/epub+zip          epub
application/geo+json          geojson
application/gzip              gz tgz
application/java-archive      jar
application/json              json map
application/jsonl             jsonl ndjson
application/ld+json           jsonld
application/manifest+json     webmanifest
application/msword            doc dot
application/octet-stream      bin dat dmg exe img iso msi pkg so dll br
application/ogg               ogx
application/pdf               pdf
application/pgp-signature     sig
application/postscript        ai eps ps
application/rss+xml           rss
application/rtf               rtf
application/sql               sql
application/toml              toml
application/vnd.android.package-archive                                   apk
application/vnd.apple.mpegurl                                             m3u8
application/vnd.debian.binary-package                                     deb
application/vnd.ms-excel                                                  xls
application/vnd.ms-fontobject                                             eot
application/vnd.ms-powerpoint                                             ppt
application/vnd.oasis.opendocument.presentation                           odp
application/vnd.oasis.opendocument.spreadsheet                            ods
application/vnd.oasis.opendocument.text                                   odt
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet         xlsx
application/vnd.openxmlformats-officedocument.wordprocessingml.document   docx
application/vnd.rar           rar
application/vnd.sqlite3       sqlite sqlite3
application/wasm              wasm
application/x-7z-compressed   7z
application/x-bzip2           bz2
application/x-rpm             rpm
application/x-tar             tar
application/x-xz              xz
application/xhtml+xml         xhtml xht
application/xml               xml xsl xslt xsd
application/yaml              yaml yml
application/zip               zip
application/zstd              zst
audio/aac                     aac
audio/flac                    flac
audio/midi                    mid midi
audio/mp4                     m4a m4b
audio/mpeg                    mp3
audio/ogg                     oga ogg opus
audio/wav                     wav
audio/webm                    weba
audio/x-aiff                  aif aiff
font/collection               ttc
font/otf                      otf
font/ttf                      ttf
font/woff                     woff
font/woff2                    woff2
image/apng                    apng
image/avif                    avif
image/bmp                     bmp
image/gif                     gif
image/heic                    heic
image/heif                    heif
image/jpeg                    jpg jpeg jpe jfif
image/jxl                     jxl
image/png                     png
image/svg+xml                 svg
image/tiff                    tif tiff
image/vnd.adobe.photoshop     psd
image/webp                    webp
image/x-icon                  ico cur
message/rfc822                eml
model/gltf+json               gltf
model/gltf-binary             glb
model/obj                     obj
model/stl                     stl
multipart/related             mhtml mht
text/calendar                 ics
text/css                      css
text/csv                      csv
text/html                     html htm
text/javascript               js mjs cjs
text/markdown                 md markdown
text/plain                    txt text log conf cfg ini env diff patch rst adoc asc
text/plain                    c h cc cpp cxx hpp cs go rs java kt swift py pyw rb pl php lua r sh bash zsh fish bat ps1 tsx jsx vue svelte scss sass less tex srt
text/tab-separated-values     tsv
text/vcard                    vcf
text/vtt                      vtt
video/3gpp                    3gp
video/mp4                     mp4 m4v
video/mpeg                    mpeg mpg
video/ogg                     ogv
video/quicktime               mov qt
video/webm                    webm
video/x-flv                   flv
video/x-matroska              mkv
video/x-ms-wmv                wmv
video/x-msvideo               avi
`)

func readMediaTypes(table string) map[string]string {
	types := make(map[string]string, 256)
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		for i := 1; i < len(fields); i++ {
			types[fields[i]] = fields[0]
		}
	}
	return types
}

// TypeByName returns the media type that the extension of a name tells, without
// parameters, or "" if it tells none. It is the same on every machine.
func TypeByName(name string) string {
	ext := path.Ext(name)
	if len(ext) < 2 || len(ext) > 16 {
		return ""
	}
	var lower [16]byte
	for i := 1; i < len(ext); i++ {
		c := ext[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i-1] = c
	}
	return mediaTypes[string(lower[:len(ext)-1])]
}

// sniffSize is how much of a file tells its type and its charset: what
// mimetype looks at, and more than the 1024 bytes in which an HTML page has to
// declare its own.
const sniffSize = 4096

var sniffBuffers = sync.Pool{New: func() any { return new([sniffSize]byte) }}

// typeOf returns the media type of a file by its name, else by its first bytes.
// The charset is added to text.
func (s *Server) typeOf(res *resource) (string, error) {
	if res.mediaType != "" {
		return res.mediaType, nil
	}
	byName := TypeByName(res.base)
	if byName == "" {
		byName = s.unknownType
	}
	if byName != "" && !strings.HasPrefix(byName, "text/") {
		return byName, nil
	}
	buf := sniffBuffers.Get().(*[sniffSize]byte)
	defer sniffBuffers.Put(buf)
	n, err := s.peek(res, buf[:])
	switch {
	case err != nil && res.file == nil:
		return cmp.Or(byName, "application/octet-stream"), nil // what cannot be decoded tells nothing
	case err != nil:
		return "", err
	}
	head := buf[:n]
	if byName == "" {
		byName, _, _ = strings.Cut(mimetype.Detect(head).String(), ";")
		if strings.HasPrefix(byName, "text/x-") {
			byName = "text/plain" // a script is to be read, not to be downloaded
		}
	}
	if strings.HasPrefix(byName, "text/") {
		byName = withCharset(byName, head)
	}
	res.mediaType = byName
	return byName, nil
}

// withCharset adds the charset of a text that starts with head. Text that is
// neither UTF-8 nor marked as UTF-16 gets none: the browser then looks for
// what the text says of itself.
func withCharset(mediaType string, head []byte) string {
	if strings.Contains(mediaType, ";") {
		return mediaType // the caller's own, with its parameters
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return mediaType + "; charset=utf-16"
	case !isUTF8(head, len(head) == sniffSize):
		return mediaType
	}
	if t, ok := utf8Types[mediaType]; ok {
		return t
	}
	return mediaType + "; charset=utf-8"
}

// utf8Types holds the usual types with their charset, made once.
var utf8Types = func() map[string]string {
	types := map[string]string{}
	for _, t := range mediaTypes {
		if strings.HasPrefix(t, "text/") {
			types[t] = t + "; charset=utf-8"
		}
	}
	return types
}()

// isUTF8 reports whether text is UTF-8. If it was cut off, its last character
// may be incomplete.
func isUTF8(text []byte, cut bool) bool {
	for i := 1; cut && i < utf8.UTFMax && i <= len(text); i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				text = text[:len(text)-i]
			}
			break
		}
	}
	return utf8.Valid(text)
}

// peek reads the first bytes of the file, decoded if it is there in coded form
// only, and leaves the file at its start. One that can only be read forward is
// opened once more for it.
func (s *Server) peek(res *resource, buf []byte) (int, error) {
	if r, ok := res.file.(io.ReaderAt); ok {
		n, err := r.ReadAt(buf, 0)
		return n, ignoreEOF(err)
	}
	base, coding := res.base, compress.Identity
	if res.file == nil {
		coding = res.firstSidecar()
		base += coding.Suffix()
	}
	file, err := res.dir.fsys.Open(res.dir.join(base))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	r, err := compress.NewReader(file, coding)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.ReadFull(r, buf)
	return n, ignoreEOF(err)
}

// firstSidecar returns the coding of the sidecar that is the quickest to decode.
func (r *resource) firstSidecar() compress.Coding {
	for c := compress.Gzip; c <= compress.Brotli; c++ {
		if r.sidecars[c] != nil {
			return c
		}
	}
	return compress.Identity
}

func ignoreEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}
