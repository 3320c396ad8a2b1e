package compress

import (
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// NewReader returns a reader of what r holds in coding c. It is to be closed,
// which does not close r. Malformed content is an error of Read.
func NewReader(r io.Reader, c Coding) (io.ReadCloser, error) {
	switch c {
	case Brotli:
		return io.NopCloser(brotli.NewReader(r)), nil
	case Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(decodeWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case Gzip:
		return gzip.NewReader(r)
	}
	return io.NopCloser(r), nil
}

// decodeWindow is what zstd -19 and --ultra use at most, without --long.
const decodeWindow = 128 << 20
