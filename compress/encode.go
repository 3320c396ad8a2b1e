package compress

import (
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Effort is how much time an encoder may take for how much it saves.
type Effort uint8

const (
	// Fast is for content that somebody waits for. It encodes tens of
	// megabytes a second.
	Fast Effort = iota
	// Best is for content that is encoded once and sent often.
	Best
)

// encoder is what the encoders of all codings have.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// Levels by effort. Brotli's 5 is the first that looks for matches far enough
// back to beat gzip by the usual fifth; its 11 takes a hundred times as long as
// that.
var (
	brotliLevels = [...]int{Fast: 5, Best: brotli.BestCompression}
	zstdLevels   = [...]zstd.EncoderLevel{Fast: zstd.SpeedDefault, Best: zstd.SpeedBestCompression}
	gzipLevels   = [...]int{Fast: 6, Best: gzip.BestCompression}
)

// Version changes whenever an encoder makes other bytes of the same content, so
// that validators of encoded content are different then.
const Version = "1"

// maxWindow is how far back encoded content may refer, and so how much memory
// it takes to decode. Browsers refuse zstd with more (RFC 8878, 3.1.1.1.2; RFC
// 9659).
const maxWindow = 8 << 20

func newEncoder(c Coding, effort Effort) encoder {
	switch c {
	case Brotli:
		return brotli.NewWriterLevel(io.Discard, brotliLevels[effort])
	case Zstd:
		// One at a time, or the encoder would leave goroutines behind.
		w, err := zstd.NewWriter(io.Discard, zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderLevel(zstdLevels[effort]), zstd.WithWindowSize(maxWindow))
		if err != nil {
			panic(err) // the options are constants
		}
		return w
	case Gzip:
		w, err := gzip.NewWriterLevel(io.Discard, gzipLevels[effort])
		if err != nil {
			panic(err)
		}
		return w
	}
	panic("compress: no encoder for " + c.Token())
}

// encoders are those that wait for their next use, which saves setting up
// tables of up to some megabytes.
var encoders [len(names)][Best + 1]sync.Pool

// Writer encodes what is written to it. It is not safe for concurrent use.
type Writer struct {
	encoder encoder
	pool    *sync.Pool
}

// NewWriter returns a writer that encodes to w with coding c, which is not
// Identity. It must be closed or released.
func NewWriter(w io.Writer, c Coding, effort Effort) *Writer {
	pool := &encoders[c][effort]
	e, ok := pool.Get().(encoder)
	if !ok {
		e = newEncoder(c, effort)
	}
	e.Reset(w)
	return &Writer{e, pool}
}

// maxPiece is how much an encoder is given at once. Brotli's chooses its tables
// by the size of the first piece and keeps them when it is used again: content
// would be encoded in one way or another by what was encoded before.
const maxPiece = 64 << 10

// Write encodes b.
func (w *Writer) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = w.encoder.Write(b[n:min(len(b), n+maxPiece)])
		n += m
	}
	return n, err
}

// Flush writes out all that can be decoded so far.
func (w *Writer) Flush() error { return w.encoder.Flush() }

// Close writes the end of the content, and releases w. It does not close the
// writer below.
func (w *Writer) Close() error {
	err := w.encoder.Close()
	w.Release()
	return err
}

// Release gives up on the content without writing its end. It does nothing
// after Close.
func (w *Writer) Release() {
	if w.encoder == nil {
		return
	}
	w.encoder.Reset(io.Discard) // holds on to nothing
	w.pool.Put(w.encoder)
	w.encoder = nil
}
