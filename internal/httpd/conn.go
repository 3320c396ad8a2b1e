package httpd

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a connection whose writes fail if the client takes nothing for as
// long as the patience lasts, and only then: how long they take altogether is
// not bounded.
//
// It does so with deadlines of a part of the patience each. A write that made
// progress when its deadline passes goes on with the rest.
type conn struct {
	net.Conn
	set    *connections
	client netip.Addr   // whom it counts for
	moved  atomic.Int64 // bytes read and written so far
	sent   atomic.Int64 // bytes written so far
	busy   atomic.Int32 // handlers that are at work, and do not wait for the client
	begun  atomic.Int64 // sent when the last of them began
	state  atomic.Int32 // http.ConnState
	since  atomic.Int64 // when it began to wait for a request, after set.begun

	mu       sync.Mutex // guards what follows, and the deadline of writes
	patience time.Duration
	deadline time.Time // asked for by SetWriteDeadline; zero: none
}

// parts is how many deadlines the patience is divided into. A stalled client is
// cut late by at most one of them.
const parts = 4

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.moved.Add(int64(n))
	return n, err
}

func (c *conn) Write(b []byte) (n int, err error) {
	for {
		piece := b[n:min(len(b), n+maxWrite)]
		sent, err := c.push(func() (int64, error) {
			m, err := c.Conn.Write(piece)
			piece = piece[m:]
			return int64(m), err
		})
		if n += int(sent); err != nil || n == len(b) {
			return n, err
		}
	}
}

// ReadFrom is what net/http looks for to have the kernel send a file.
func (c *conn) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	file, isFile := limited.R.(*os.File)
	tcp, isTCP := c.Conn.(*net.TCPConn)
	if !resumes || !isFile || !isTCP {
		return c.copyFrom(src)
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe: what was read of it and not written would be lost
		return c.copyFrom(src)
	}
	return c.sendFile(tcp, limited, file, start)
}

// sendFile sends the file, whose position is start, as far as src reaches.
func (c *conn) sendFile(to io.ReaderFrom, src *io.LimitedReader, file io.Seeker, start int64) (int64, error) {
	length, sent := src.N, int64(0)
	return c.push(func() (int64, error) {
		n, err := to.ReadFrom(src)
		if sent += n; errors.Is(err, os.ErrDeadlineExceeded) {
			// The kernel stops where it broke off. But a file that it cannot
			// send is copied by package net, which then has read too much.
			src.N = length - sent
			if _, failed := file.Seek(start+sent, io.SeekStart); failed != nil {
				return n, failed
			}
		}
		return n, err
	})
}

var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (c *conn) copyFrom(src io.Reader) (int64, error) {
	buf := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{c}, src, buf[:])
}

// push calls write, which goes on where it broke off, until it is done or the
// client has taken nothing for too long. Then the connection is cut: net/http
// would keep on trying.
func (c *conn) push(write func() (int64, error)) (total int64, err error) {
	now := time.Now()
	for progress := now; ; {
		c.arm(now)
		n, err := write()
		total += n
		c.moved.Add(n)
		c.sent.Add(n)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return total, err
		}
		now = time.Now()
		if n > 0 {
			progress = now
		}
		if stalled, expired := c.overdue(now, progress); stalled {
			c.cut()
			return total, err
		} else if expired {
			return total, err
		}
	}
}

// arm sets the deadline of the write that follows.
func (c *conn) arm(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Conn.SetWriteDeadline(c.next(now))
}

// next returns when the next look at a write is due. The caller holds c.mu.
func (c *conn) next(now time.Time) time.Time {
	part := c.patience
	if resumes {
		part /= parts
	}
	due := now.Add(part)
	if !c.deadline.IsZero() && c.deadline.Before(due) {
		return c.deadline
	}
	return due
}

// overdue reports whether the patience is over, or the write cannot go on, and
// whether the deadline has passed that was asked for.
func (c *conn) overdue(now, progress time.Time) (stalled, expired bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stalled = !resumes || now.Sub(progress) >= c.patience
	return stalled, !c.deadline.IsZero() && !now.Before(c.deadline)
}

// SetWriteDeadline sets a deadline besides the patience.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if t.IsZero() {
		return nil // of no consequence before the next write, which sets one
	}
	return c.Conn.SetWriteDeadline(c.next(time.Now()))
}

// SetDeadline sets the deadlines of both directions.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// hurry shortens the patience, for a write that is under way, too.
func (c *conn) hurry(patience time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.patience = patience
	if resumes {
		c.Conn.SetWriteDeadline(time.Now()) // has it look at the patience again
	}
}

// CloseWrite is what net/http looks for to end an answer before the connection,
// so that the client sees it whole.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (c *conn) Close() error {
	if http.ConnState(c.state.Load()) == http.StateHijacked {
		c.set.remove(c) // net/http does not tell the end of those
	}
	return c.Conn.Close()
}

// cut closes the connection in the midst of an answer. The client is told by a
// reset, as the end of the connection may be the end of the content for it, and
// the system drops what it still holds for the client.
func (c *conn) cut() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// RemoteAddr tells clients of a Unix socket, which have no address, by "unix".
func (c *conn) RemoteAddr() net.Addr {
	addr := c.Conn.RemoteAddr()
	if addr != nil && addr.Network() == "unix" {
		return unixPeer{}
	}
	return addr
}

type unixPeer struct{}

func (unixPeer) Network() string { return "unix" }
func (unixPeer) String() string  { return "unix" }
