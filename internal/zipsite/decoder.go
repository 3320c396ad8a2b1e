package zipsite

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// newDecoder returns a reader of what data holds compressed. Closing it gives it
// to the next one.
func newDecoder(k kind, data *io.SectionReader) (io.ReadCloser, error) {
	if k == zstandard {
		return newZstdDecoder(data)
	}
	d := inflaters.Get().(*inflater)
	d.in.Reset(data)
	if err := d.Resetter.Reset(d.in, nil); err != nil {
		return nil, err
	}
	return d, nil
}

// inflater decodes deflate. It takes about 60 KiB, whatever it decodes.
type inflater struct {
	in *bufio.Reader
	flate.Resetter
	io.Reader
}

var inflaters = sync.Pool{New: func() any {
	in := bufio.NewReaderSize(nil, 16<<10)
	out := flate.NewReader(in)
	return &inflater{in, out.(flate.Resetter), out}
}}

func (d *inflater) Close() error {
	d.in.Reset(nil)
	inflaters.Put(d)
	return nil
}

// maxWindow is how far back content compressed by Zstandard may refer: what
// clients have to be able to hold (RFC 9659), so what is decoded here and what is
// sent as it lies are the same files. Decoding takes as much memory.
const maxWindow = 8 << 20

// zstdDecoder decodes Zstandard.
type zstdDecoder struct{ *zstd.Decoder }

var zstdDecoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		panic(err) // an option is wrong
	}
	return &zstdDecoder{d}
}}

func newZstdDecoder(data *io.SectionReader) (io.ReadCloser, error) {
	if err := checkWindow(data); err != nil {
		return nil, err
	}
	d := zstdDecoders.Get().(*zstdDecoder)
	if err := d.Reset(data); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *zstdDecoder) Close() error {
	d.Reset(nil)
	zstdDecoders.Put(d)
	return nil
}

// checkWindow fails if the first frame needs too large a window. The others, if
// there are any, are of the same maker.
func checkWindow(data *io.SectionReader) error {
	head := make([]byte, zstd.HeaderMaxSize)
	n, err := data.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	var h zstd.Header
	if err := h.Decode(head[:n]); err != nil {
		return errors.Join(errDamaged, err)
	}
	window := h.WindowSize
	if h.SingleSegment {
		window = h.FrameContentSize
	}
	if window > maxWindow {
		return errWindow
	}
	return nil
}
