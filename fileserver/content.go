package fileserver

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// Content is the content of an answer: bytes, a file, a stream, or none.
type Content struct {
	Bytes  []byte
	File   fs.File
	Stream func(io.Writer) error // writes content of a length that is not known

	opened  fs.FileInfo // File as it was when it was described
	begun   bool        // a part of File has been written
	release func()      // lets go of what Bytes or Stream hold on to, once or more often; may be nil
}

// isNone reports whether there is no content, not even of length 0.
func (c *Content) isNone() bool { return c.Bytes == nil && c.File == nil && c.Stream == nil }

func (c *Content) close() error {
	if c.release != nil {
		c.release()
	}
	if c.File == nil {
		return nil
	}
	return c.File.Close()
}

var errChanged = errors.New("file changed while it was sent")

// WriteContent writes the content of the answer to w, and returns how many
// bytes it wrote. It writes as many as ContentLength says, or fails; what was
// written then is not to be taken for the whole, so the connection must not be
// used further. It may be called once.
//
// A file is copied by [io.CopyN] from the file itself, so that a writer that
// can have the kernel send it does.
func (p *Response) WriteContent(w io.Writer) (int64, error) {
	switch c := &p.Content; {
	case p.Ranges != nil:
		return p.writeRanges(w)
	case c.Stream != nil:
		counter := counter{w: w}
		err := c.Stream(&counter)
		return counter.n, err
	default:
		return c.copyRange(w, ByteRange{0, p.Meta.Length - 1}, true)
	}
}

// writeRanges writes the parts of the content, with what stands between them.
func (p *Response) writeRanges(w io.Writer) (sent int64, err error) {
	for i, r := range p.Ranges {
		n, err := io.WriteString(w, p.partHead(i))
		if sent += int64(n); err != nil {
			return sent, err
		}
		m, err := p.Content.copyRange(w, r, i == len(p.Ranges)-1)
		if sent += m; err != nil {
			return sent, err
		}
	}
	n, err := io.WriteString(w, p.partsEnd())
	return sent + int64(n), err
}

// tailSize is how much of a file is held back until it is known to be still
// the one that was promised. Smaller files are sent without sendfile for it,
// which for them costs less: head and content leave in one write.
const tailSize = 32 << 10

var tails = sync.Pool{New: func() any { return new([tailSize]byte) }}

// copyRange writes one range of the content. If it is the last one of a file
// to be sent, its end follows only after a look at the file: an answer that is
// complete is one of the bytes that its validator stands for.
func (c *Content) copyRange(w io.Writer, r ByteRange, last bool) (sent int64, err error) {
	if c.File == nil {
		n, err := w.Write(c.Bytes[r.First : r.Last+1])
		return int64(n), err
	}
	length := r.Length()
	held := int64(0)
	if last {
		held = min(length, tailSize)
	}
	src, err := c.reader(r.First)
	if err != nil {
		return 0, err
	}
	if length > held {
		c.begun = true
		if sent, err = io.CopyN(w, src, length-held); err != nil {
			return sent, unexpectedEOF(err)
		}
	}
	if held == 0 {
		return sent, nil
	}
	buf := tails.Get().(*[tailSize]byte)
	defer tails.Put(buf)
	if _, err := io.ReadFull(src, buf[:held]); err != nil {
		return sent, unexpectedEOF(err)
	}
	if err := c.unchanged(); err != nil {
		return sent, err
	}
	n, err := w.Write(buf[:held])
	return sent + int64(n), err
}

// reader returns a reader of the file from this offset on: the file itself if
// it can seek, since only that can be sent by the kernel.
func (c *Content) reader(offset int64) (io.Reader, error) {
	switch f := c.File.(type) {
	case io.Seeker:
		_, err := f.Seek(offset, io.SeekStart)
		return c.File, err
	case io.ReaderAt:
		return io.NewSectionReader(f, offset, c.opened.Size()-offset), nil
	}
	return c.File, nil // ranges are not offered: this is the start
}

// seekable reports whether parts of the content can be sent.
func (c *Content) seekable() bool {
	switch c.File.(type) {
	case io.Seeker, io.ReaderAt:
		return true
	}
	return false
}

// unchanged looks whether the file may have been rewritten since it was
// described. If a part of it is on its way already, one that has grown is
// taken for a log that was appended to, whose promised part is as it was: a
// busy log could not be had otherwise.
func (c *Content) unchanged() error {
	info, err := c.File.Stat()
	if err != nil {
		return err
	}
	grown := info.Size() > c.opened.Size()
	if info.Size() == c.opened.Size() && info.ModTime().Equal(c.opened.ModTime()) || grown && c.begun {
		return nil
	}
	return errChanged
}

// unexpectedEOF tells the end of a file that came too soon from other errors.
func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errChanged
	}
	return err
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
