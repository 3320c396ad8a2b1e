package fileserver

import "strings"

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
