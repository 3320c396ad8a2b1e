package fileserver

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
)

// Content is the content of an answer: bytes, a file, what is made while it is
// sent, or none.
type Content struct {
	Bytes  []byte
	File   fs.File
	Part   func(w io.Writer, offset, n int64) error // writes n bytes of content of a known length
	Stream func(io.Writer) error                    // writes content of a length that is not known

	opened fs.FileInfo // File as it was when it was described
	held   []byte      // all of File that is to be sent, once it has been read
}

// isNone reports whether there is no content, not even of length 0.
func (c *Content) isNone() bool {
	return c.Bytes == nil && c.File == nil && c.Part == nil && c.Stream == nil
}

// Origin returns the file of the system that the content is the whole of, and how
// it was when it was described. It returns false if the content is made in any
// other way.
func (c *Content) Origin() (*os.File, fs.FileInfo, bool) {
	f, ok := c.File.(*os.File)
	return f, c.opened, ok && c.opened != nil
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

// markSize is how much of the end of a file is looked at before it is sent. A
// file that grows meanwhile is taken for a log that is appended to if its end is
// still where it was.
const markSize = 4 << 10

// prepare reads of a file what can be read before the head of the answer is out:
// all that is to be sent if that is little, or else the first of it. So a file that
// cannot be read is refused, and no answer breaks off for it.
func (p *Response) prepare() error {
	c, r := &p.Content, ByteRange{0, p.Meta.Length - 1}
	if c.File == nil {
		return nil
	}
	if p.Ranges != nil {
		r = p.Ranges[0]
	}
	if len(p.Ranges) > 1 || r.Length() > tailSize {
		if f, ok := c.File.(io.ReaderAt); ok {
			_, err := f.ReadAt(make([]byte, 1), r.First)
			return unexpectedEOF(err)
		}
		return nil
	}
	src, err := c.reader(r.First)
	if err != nil {
		return err
	}
	c.held = tails.Get().(*[tailSize]byte)[:r.Length()]
	return c.readEnd(src, nil, c.held)
}

// readEnd reads the last bytes that are to be sent, and then looks at the file.
func (c *Content) readEnd(src io.Reader, mark, end []byte) error {
	if _, err := io.ReadFull(src, end); err != nil {
		return unexpectedEOF(err)
	}
	return c.unchanged(mark, end)
}

// copyRange writes one range of the content. If it is the last one of a file
// to be sent, its end follows only after a look at the file: an answer that is
// complete is one of the bytes that its validator stands for.
func (c *Content) copyRange(w io.Writer, r ByteRange, last bool) (sent int64, err error) {
	switch {
	case c.Part != nil:
		counter := counter{w: w}
		err := c.Part(&counter, r.First, r.Length())
		return counter.n, err
	case c.File == nil:
		n, err := w.Write(c.Bytes[r.First : r.Last+1])
		return int64(n), err
	case c.held != nil:
		defer tails.Put((*[tailSize]byte)(c.held[:tailSize]))
		n, err := w.Write(c.held)
		return int64(n), err
	}
	src, err := c.reader(r.First)
	if err != nil {
		return 0, err
	}
	if !last {
		sent, err = io.CopyN(w, src, r.Length())
		return sent, unexpectedEOF(err)
	}
	held := min(r.Length(), tailSize)
	var mark []byte
	if r.Length() > held {
		mark = c.mark(r.Last)
		if sent, err = io.CopyN(w, src, r.Length()-held); err != nil {
			return sent, unexpectedEOF(err)
		}
	}
	buf := tails.Get().(*[tailSize]byte)
	defer tails.Put(buf)
	if err := c.readEnd(src, mark, buf[:held]); err != nil {
		return sent, err
	}
	n, err := w.Write(buf[:held])
	return sent + int64(n), err
}

// mark reads the bytes up to this position, nil if that cannot be done without
// losing the place in the file.
func (c *Content) mark(last int64) []byte {
	f, ok := c.File.(io.ReaderAt)
	if !ok {
		return nil
	}
	mark := make([]byte, markSize)
	if _, err := f.ReadAt(mark, last+1-markSize); err != nil {
		return nil
	}
	return mark
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
	return c.Part != nil
}

// unchanged looks whether the file may have been rewritten since it was
// described. One that has grown while a part of it was sent is let pass if its
// end, which was mark then, has stayed: a busy log could not be had otherwise.
func (c *Content) unchanged(mark, end []byte) error {
	info, err := c.File.Stat()
	if err != nil {
		return err
	}
	same := info.Size() == c.opened.Size() && info.ModTime().Equal(c.opened.ModTime())
	appended := info.Size() > c.opened.Size() && mark != nil && bytes.HasSuffix(end, mark)
	if same || appended {
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

// counter counts what is written through it, and hides nothing that the writer
// below can do.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// ReadFrom lets the kernel send what comes from a file.
func (c *counter) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(c.w, src)
	c.n += n
	return n, err
}

// Flush sends out what has been written so far, if that can be done.
func (c *counter) Flush() error {
	switch f := c.w.(type) {
	case interface{ FlushError() error }:
		return f.FlushError()
	case http.Flusher:
		f.Flush()
	}
	return nil
}
