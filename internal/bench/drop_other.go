//go:build unix && !linux

package main

import (
	"io"
	"net"
)

// drop takes n bytes off a connection.
func drop(c *net.TCPConn, n int64, buffer []byte) error {
	copied, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{io.LimitReader(c, n)}, buffer)
	if err == nil && copied < n {
		err = io.ErrUnexpectedEOF
	}
	return err
}
