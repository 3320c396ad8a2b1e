package main

import (
	"io"
	"net"
	"syscall"
)

// drop takes n bytes off a connection. Linux need not even copy them: tcp(7),
// MSG_TRUNC.
func drop(c *net.TCPConn, n int64, buffer []byte) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	for n > 0 {
		var got int
		var failed error
		err := raw.Read(func(descriptor uintptr) bool {
			got, _, failed = syscall.Recvfrom(int(descriptor), buffer[:min(n, int64(len(buffer)))], syscall.MSG_TRUNC)
			return failed != syscall.EAGAIN
		})
		switch {
		case err != nil:
			return err
		case failed == syscall.EINTR:
			continue
		case failed != nil:
			return failed
		case got == 0:
			return io.ErrUnexpectedEOF
		}
		n -= int64(got)
	}
	return nil
}
