//go:build linux || darwin

package httpd

import (
	"net"
	"syscall"
)

// maxUnsent is how many bytes the system takes from us ahead of those that are
// on their way. Otherwise it takes megabytes and then asks for more when a
// third of them is gone, so that a slow client would seem to stall. The smaller
// buffer stays in the processor's cache, too: on the loopback interface, large
// files are sent twice as fast.
const maxUnsent = 128 << 10

// showProgress has writes return as the client takes what was written.
func showProgress(c *net.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		// A system that does not know the option sees progress less well.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, maxUnsent)
	})
}
