package fileserver

import (
	"fmt"
	"path"
	"strings"

	"github.com/gserve/gserve/listing"
)

// withSlash returns the reference from a directory's path without its slash to
// the one with it. It is relative, so that it holds below whatever prefix the
// server is mounted at, and has one segment, so that it cannot lead elsewhere.
func withSlash(t target, query string) string {
	location := listing.Reference(path.Base(t.name)) + "/"
	if query != "" {
		location += "?" + encodeQuery(query)
	}
	return location
}

// encodeQuery percent-encodes what cannot stand in a query (RFC 3986, 3.4),
// and leaves what is encoded already.
func encodeQuery(query string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?"
	var b strings.Builder
	for i := range len(query) {
		c := query[i]
		encoded := c == '%' && i+2 < len(query) && unhex(query[i+1]) >= 0 && unhex(query[i+2]) >= 0
		if encoded || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
