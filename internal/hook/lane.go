//go:build unix

package hook

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// lane is a socket to one thread of a worker. One request has it at a time.
type lane struct {
	worker *worker
	number uint32
	conn   *net.UnixConn
	in     frameReader
	since  time.Time   // when the request that has it got it
	begun  bool        // the answer to that request
	landed bool        // its thread has ended; guarded by the pool
	cut    atomic.Bool // its worker has to end, and nothing is wrong with the client
}

// socketPair returns two ends of a socket, neither of which other programs
// inherit.
func socketPair() (ours *net.UnixConn, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	own := os.NewFile(uintptr(fds[0]), "gserve")
	theirs = os.NewFile(uintptr(fds[1]), "worker")
	conn, err := net.FileConn(own)
	own.Close()
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn.(*net.UnixConn), theirs, nil
}

// closeQuietly may be called from any goroutine, more than once.
func (l *lane) closeQuietly() { l.conn.Close() }

// send hands a request over.
func (l *lane) send(request []byte, timeout time.Duration) error {
	l.begun = false
	if timeout > 0 {
		l.since = time.Now()
		l.conn.SetReadDeadline(l.since.Add(timeout))
	}
	_, err := l.conn.Write(request)
	return err
}

// begin notes that the answer has begun: nothing bounds it from now on.
func (l *lane) begin(timeout time.Duration) {
	l.begun = true
	if timeout > 0 {
		l.conn.SetReadDeadline(time.Time{})
	}
}

// feed answers frameRead with up to n bytes of a request's content. It takes
// what one read of it brings: the application gets its content as it comes.
func (l *lane) feed(content io.Reader, n int, scratch *[]byte, timeout time.Duration) (got int, err error) {
	if cap(*scratch) < largeBuffer {
		*scratch = make([]byte, largeBuffer)
	}
	b := (*scratch)[:largeBuffer]
	n = min(n, len(b)-4)
	for got == 0 && err == nil && n > 0 {
		got, err = content.Read(b[4 : 4+n])
	}
	count := uint32(got)
	if got == 0 && err != nil && err != io.EOF {
		count = 1<<32 - 1 // -1
	}
	binary.LittleEndian.PutUint32(b, count)
	if timeout > 0 && !l.begun {
		l.conn.SetReadDeadline(time.Now().Add(timeout)) // the application waited for the client
	}
	_, err = l.conn.Write(b[:4+got])
	return got, err
}

// file fetches the descriptor that a frame has announced. Plain reads would
// lose it, so it only comes when asked for.
func (l *lane) file() (*os.File, error) {
	if l.in.buffered() > 0 {
		return nil, errFrame
	}
	if _, err := l.conn.Write(make([]byte, 4)); err != nil {
		return nil, err
	}
	var b [1]byte
	oob := make([]byte, syscall.CmsgSpace(4))
	n, oobn, _, _, err := l.conn.ReadMsgUnix(b[:], oob)
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, io.ErrUnexpectedEOF
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("%w: a file without a descriptor", errFrame)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("%w: a file without a descriptor", errFrame)
	}
	syscall.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "file of the application"), nil
}

// isTimeout reports whether a lane's deadline has passed.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// isBroken reports whether the other end of a lane is not what it should be:
// its process ends, or talks nonsense. It never closes a lane that a request
// has.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errFrame) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
