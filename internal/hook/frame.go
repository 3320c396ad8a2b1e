package hook

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The frames on a lane, numbers little-endian:
//
//	request:  u32 len(head)  u32 len(content)  head  content
//	answer:   u32 len(head)  u32 len(data)  u8 flags  head  data
//
// The head of a request is KEY NUL VALUE NUL KEY ..., the environ of PEP 3333.
// The content comes with it if it is small; otherwise its length is pulled, and
// Python asks for it with frameRead, whose len(data) is how much it would take.
// It gets i32 n and n bytes: 0 at the end, -1 if there is no more to come.
//
// The head of an answer is STATUS NUL NAME NUL VALUE ..., in its first frame.
const (
	frameEnd   = 1 << iota // the lane is free
	frameRead              // content is asked for
	frameFile              // the data is a file: asked with an i32, a byte brings its descriptor
	frameError             // the head is where the application failed, the data its traceback
)

const (
	requestFrame = 8
	answerFrame  = 9
	pulled       = 1<<32 - 1

	maxAnswerHead = 1 << 20 // no client takes as much
)

var errFrame = errors.New("the worker does not keep to the protocol")

// frame is the start of an answer's frame. Its data is still to be read.
type frame struct {
	head  []byte // valid until the next read
	size  int    // of the data
	flags byte
}

// frameReader takes frames apart. It reads no more than its source has, so that
// small answers take one read.
type frameReader struct {
	src  io.Reader
	buf  []byte
	r, w int // buf[r:w] is not used yet
}

// frameBuffer holds nearly every answer whole.
const frameBuffer = 16 << 10

// next reads the start of a frame.
func (f *frameReader) next() (frame, error) {
	if err := f.need(answerFrame); err != nil {
		return frame{}, err
	}
	b := f.buf[f.r:]
	length := int(binary.LittleEndian.Uint32(b))
	got := frame{size: int(binary.LittleEndian.Uint32(b[4:])), flags: b[8]}
	if length > maxAnswerHead {
		return frame{}, fmt.Errorf("%w: a head of %d bytes", errFrame, length)
	}
	f.r += answerFrame
	if err := f.need(length); err != nil {
		return frame{}, err
	}
	got.head = f.buf[f.r : f.r+length : f.r+length]
	f.r += length
	return got, nil
}

// need has n bytes in the buffer.
func (f *frameReader) need(n int) error {
	if f.w-f.r >= n {
		return nil
	}
	if f.r > 0 {
		f.w = copy(f.buf, f.buf[f.r:f.w])
		f.r = 0
	}
	if n > len(f.buf) {
		f.buf = append(f.buf, make([]byte, n-len(f.buf))...)
	}
	for f.w < n {
		m, err := f.src.Read(f.buf[f.w:])
		f.w += m
		if err != nil && f.w < n {
			return err
		}
	}
	return nil
}

// buffered is how many bytes are there without a read.
func (f *frameReader) buffered() int { return f.w - f.r }

// take returns the next bytes of a frame's data, at least one of at most n. They
// are valid until the next read. Long data goes through a larger buffer.
func (f *frameReader) take(n int, large *[]byte) ([]byte, error) {
	if f.buffered() > 0 {
		n = min(n, f.buffered())
		f.r += n
		return f.buf[f.r-n : f.r], nil
	}
	into := f.buf
	if n > len(f.buf) {
		*large = slices.Grow((*large)[:0], largeBuffer)[:largeBuffer]
		into = (*large)[:min(n, largeBuffer)]
		m, err := f.src.Read(into)
		if m > 0 {
			err = nil
		}
		return into[:m], err
	}
	f.r, f.w = 0, 0
	m, err := f.src.Read(into)
	if m == 0 {
		return nil, err
	}
	f.w = m
	return f.take(n, large)
}

// largeBuffer is what a socket pair holds, about.
const largeBuffer = 128 << 10
