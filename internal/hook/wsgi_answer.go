//go:build unix

package hook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
)

var (
	errBrokenHead = errors.New("the application's status or fields are broken")
	errTooMuch    = errors.New("the application sent more than its Content-Length")
	errTooLittle  = errors.New("the application sent less than its Content-Length")
)

// answer writes what the worker sends until the thread is done with the
// request, and gives the lane back as soon as no more is to come from it. If it
// returns a file, that is the answer, for finish to write.
func (c *call) answer(l *lane, giveBack func(usable bool)) (file *os.File, err error) {
	timeout := c.server.config.Timeout
	for {
		f, err := l.in.next()
		if err != nil {
			return file, err
		}
		switch {
		case f.flags&frameRead != 0:
			n, err := l.feed(c.source(), f.size, &c.large, timeout)
			if c.pulled += int64(n); err != nil {
				return file, err
			}
			continue
		case f.flags&frameError != 0:
			return file, c.takeError(l, f, giveBack)
		}
		if len(f.head) > 0 && c.status == 0 {
			if f.flags&frameEnd == 0 {
				l.begin(timeout)
			}
			if err := c.takeHead(f.head); err != nil {
				c.forget()
				return file, err
			}
		}
		if f.flags&frameFile != 0 {
			if file, err = l.file(); err != nil {
				return nil, err
			}
			continue
		}
		if f.flags&frameEnd != 0 && f.size == l.in.buffered() {
			// The lane is free. Its buffer goes with the data, so that a client
			// that is slow to read keeps no thread waiting.
			data := l.in.buf[l.in.r:l.in.w]
			l.in.buf, c.spare = c.spare, l.in.buf
			l.in.r, l.in.w = 0, 0
			giveBack(true)
			if file != nil {
				return file, nil
			}
			return nil, c.writeLast(data)
		}
		if err := c.pass(l, f); err == errTooMuch {
			giveBack(false) // it might go on for ever
			return file, nil
		} else if err != nil {
			return file, err
		}
		if f.flags&frameEnd != 0 {
			if l.in.buffered() > 0 {
				return file, errFrame
			}
			return file, nil
		}
	}
}

// source is what the application's wsgi.input reads from.
func (c *call) source() io.Reader {
	if c.content == nil || c.spooled == nil && c.pulled >= c.r.ContentLength {
		return http.NoBody // not asked again: net/http may have closed its own
	}
	return c.content
}

// takeHead puts the status and the fields of an answer where they are sent from
// when the content comes.
func (c *call) takeHead(raw []byte) error {
	status, rest, _ := strings.Cut(string(raw), "\x00")
	code, err := strconv.Atoi(status[:min(3, len(status))])
	if err != nil || code < 200 || code > 999 {
		return fmt.Errorf("%w: status %q", errBrokenHead, status)
	}
	h := c.w.Header()
	values := make([]string, 0, usualAnswerFields)
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, "\x00")
		value, rest, _ = strings.Cut(rest, "\x00")
		name = textproto.CanonicalMIMEHeaderKey(name)
		switch name {
		case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
			"Te", "Trailer", "Trailers", "Transfer-Encoding", "Upgrade":
			continue // PEP 3333, "Other HTTP Features": they are the server's
		case "Content-Length":
			n, err := strconv.ParseUint(value, 10, 63)
			if err != nil || c.remaining >= 0 && c.remaining != int64(n) {
				return fmt.Errorf("%w: Content-Length %q", errBrokenHead, value)
			}
			c.remaining = int64(n)
		}
		values = append(values, value)
		n := len(values)
		if before := h[name]; len(before) > 0 && name != "Content-Length" {
			h[name] = append(before, value)
		} else {
			h[name] = values[n-1 : n : n]
		}
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http would guess one
	}
	if code == http.StatusNoContent {
		h.Del("Content-Length") // RFC 9110, 8.6
		c.remaining = -1
	}
	c.status = code
	return nil
}

// usualAnswerFields is how many fields an answer seldom exceeds.
const usualAnswerFields = 8

// bare reports whether the answer has no content, whatever the application
// sends (RFC 9110, 6.4.1).
func (c *call) bare() bool {
	return c.r.Method == http.MethodHead || c.status == http.StatusNoContent || c.status == http.StatusNotModified
}

// begin sends the head.
func (c *call) begin() {
	if !c.sent {
		c.sent = true
		c.w.WriteHeader(c.status)
	}
}

// beginDuplex sends the head while the application may still read.
func (c *call) beginDuplex() {
	if !c.sent && c.content != nil && c.spooled == nil && c.pulled < c.r.ContentLength {
		c.duplex = http.NewResponseController(c.w).EnableFullDuplex() == nil
	}
	c.begin()
}

// write sends data, but never more than the Content-Length.
func (c *call) write(data []byte) error {
	c.begin()
	if c.bare() {
		return nil
	}
	var tooMuch error
	if c.remaining >= 0 {
		if int64(len(data)) > c.remaining {
			data, tooMuch = data[:c.remaining], errTooMuch
			c.complain(tooMuch)
		}
		c.remaining -= int64(len(data))
	}
	if len(data) > 0 {
		if _, c.err = c.w.Write(data); c.err != nil {
			return c.err
		}
	}
	return tooMuch
}

// writeLast sends the data that completes an answer.
func (c *call) writeLast(data []byte) error {
	if c.status == 0 {
		return fmt.Errorf("%w: none", errBrokenHead)
	}
	if !c.sent && c.remaining < 0 && !c.bare() {
		// All of it is here: the client may keep its connection.
		c.w.Header()["Content-Length"] = []string{strconv.Itoa(len(data))}
		c.remaining = int64(len(data))
	}
	if err := c.write(data); err != nil && err != errTooMuch {
		return err
	}
	return nil
}

// pass sends the data of a frame as it comes, and flushes it unless more is
// there already: PEP 3333, "Buffering and Streaming".
func (c *call) pass(l *lane, f frame) error {
	if f.flags&frameEnd == 0 && f.size > 0 {
		c.beginDuplex()
	}
	for size := f.size; size > 0; {
		data, err := l.in.take(size, &c.large)
		if err != nil {
			return err
		}
		size -= len(data)
		if err := c.write(data); err != nil {
			return err
		}
	}
	if f.flags&frameEnd == 0 && f.size > 0 && l.in.buffered() == 0 && c.r.Method != http.MethodHead {
		if c.err = http.NewResponseController(c.w).Flush(); errors.Is(c.err, http.ErrNotSupported) {
			c.err = nil
		}
		return c.err
	}
	return nil
}

// finish completes an answer whose lane is free.
func (c *call) finish(file *os.File) error {
	switch {
	case c.failed:
		return nil
	case file != nil:
		return c.sendFile(file)
	}
	c.begin()
	if c.remaining > 0 && !c.bare() {
		c.complain(errTooLittle)
		return errTooLittle
	}
	return nil
}

// sendFile sends a file from where it stands, to its end or for as long as the
// Content-Length says.
func (c *call) sendFile(file *os.File) error {
	if c.remaining < 0 {
		stat, err := file.Stat()
		if err != nil {
			return err
		}
		at, err := file.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		c.remaining = max(0, stat.Size()-at)
		c.w.Header()["Content-Length"] = []string{strconv.FormatInt(c.remaining, 10)}
	}
	c.begin()
	if c.bare() {
		return nil
	}
	_, c.err = io.CopyN(c.w, file, c.remaining)
	return c.err
}

// takeError takes what the application raised. After the first byte, only the
// end of the connection tells the client.
func (c *call) takeError(l *lane, f frame, giveBack func(usable bool)) error {
	place := string(f.head)
	var text strings.Builder
	for size := f.size; size > 0; {
		data, err := l.in.take(size, &c.large)
		if err != nil {
			return err
		}
		size -= len(data)
		text.Write(data)
	}
	c.failed = true
	giveBack(f.flags&frameEnd != 0 && l.in.buffered() == 0)
	if c.sent && c.remaining != 0 {
		return http.ErrAbortHandler
	}
	if !c.sent {
		c.forget()
		c.server.explain(c.w, c.r, "500 Internal Server Error", place, text.String())
	}
	return nil
}

// forget drops what the application has said of an answer that it does not
// complete.
func (c *call) forget() {
	if c.remaining, c.status = -1, 0; !c.sent {
		clear(c.w.Header())
	}
}

// complain logs what is wrong with the application's answer, for its author.
func (c *call) complain(err error) {
	c.server.config.Log(fmt.Sprintf("%s: %s %s: %v", c.server.config.scheme(), c.r.Method, c.r.URL.Path, err))
}
