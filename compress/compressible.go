package compress

import "strings"

// IsCompressible reports whether content of this media type, with or without
// parameters, is worth encoding: text and the like, not what is compressed
// already.
func IsCompressible(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	mediaType = strings.ToLower(strings.TrimRight(mediaType, " \t"))
	if strings.HasPrefix(mediaType, "text/") {
		return mediaType != "text/event-stream" // whose events are awaited one by one
	}
	if strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+xml") {
		return true
	}
	return compressible[mediaType]
}

var compressible = map[string]bool{
	"application/javascript":        true,
	"application/json":              true,
	"application/jsonl":             true,
	"application/postscript":        true,
	"application/rtf":               true,
	"application/sql":               true,
	"application/toml":              true,
	"application/vnd.apple.mpegurl": true,
	"application/vnd.ms-fontobject": true,
	"application/wasm":              true,
	"application/x-sh":              true,
	"application/x-tar":             true,
	"application/xml":               true,
	"application/yaml":              true,
	"font/collection":               true,
	"font/otf":                      true,
	"font/ttf":                      true,
	"image/bmp":                     true,
	"image/x-icon":                  true,
	"message/rfc822":                true,
	"model/gltf-binary":             true,
	"model/obj":                     true,
	"model/stl":                     true,
}
