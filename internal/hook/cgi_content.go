package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

var (
	errTooLarge      = errors.New("content of the request is over the limit")
	errClientGone    = errors.New("client is gone")
	errSpool         = errors.New("keep the content of the request")
	errContentBroken = errors.New("content of the request is broken")
)

// maxInMemory is what a pipe takes at once, so that no file is made of a form.
const maxInMemory = 64 << 10

// content is what a request brought, all of it: CGI wants its length (RFC
// 3875, 4.1.2), which a chunked one only has at its end. A client that is slow
// to send keeps no program waiting, and one that leaves is noticed, as net/http
// does once it has read everything.
type content struct {
	length int64
	given  bool // also if empty
	memory []byte
	file   *os.File // if it is not in memory
}

// spool reads the content of r, up to a limit.
func spool(r *http.Request, limit int64) (*content, error) {
	c := &content{given: r.ContentLength != 0 || len(r.Header["Content-Length"]) > 0}
	if r.ContentLength == 0 || r.Body == nil {
		return c, nil
	}
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body := io.LimitReader(r.Body, limit+1)
	var start bytes.Buffer
	n, err := io.CopyN(&start, body, maxInMemory)
	c.memory, c.length = start.Bytes(), n
	if err == nil {
		if err = c.spill(body); err == nil {
			err = io.EOF
		}
	}
	switch {
	case err != io.EOF:
		c.Close()
		return nil, contentError(r, err)
	case c.length > limit:
		c.Close()
		return nil, errTooLarge
	}
	return c, nil
}

// spill moves c to a file, and adds the rest of the body.
func (c *content) spill(body io.Reader) error {
	f, err := os.CreateTemp("", "gserve-cgi-*")
	if err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	c.file = f
	os.Remove(f.Name()) // nothing is left behind, however this process ends
	if _, err := f.Write(c.memory); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	c.memory = nil
	n, err := io.Copy(spoolWriter{f}, body)
	c.length += n
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return err
}

// spoolWriter tells errors of the disk from those of the client.
type spoolWriter struct{ f *os.File }

func (w spoolWriter) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	if err != nil {
		err = fmt.Errorf("%w: %w", errSpool, err)
	}
	return n, err
}

// contentError tells a client that has left from one that sends nonsense.
func contentError(r *http.Request, err error) error {
	var limit *http.MaxBytesError
	switch {
	case errors.Is(err, errSpool):
		return err
	case errors.As(err, &limit):
		return errTooLarge
	case r.Context().Err() != nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded):
		return errClientGone
	}
	return fmt.Errorf("%w: %w", errContentBroken, err)
}

// reader returns what becomes the standard input of a program.
func (c *content) reader() io.Reader {
	switch {
	case c.file != nil:
		return c.file // its own descriptor: nothing is copied
	case len(c.memory) > 0:
		return bytes.NewReader(c.memory)
	}
	return nil
}

// Close lets go of the file.
func (c *content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}
