package httpd

import (
	"net"
	"testing"
	"time"
)

// The system takes little ahead of a client that takes nothing. Otherwise it
// would hold megabytes, and show no progress until a third of them is gone.
func TestProgressIsSeen(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	theirs, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	theirs.(*net.TCPConn).SetReadBuffer(32 << 10)
	ours, err := listener{l, newConnections(200 * time.Millisecond)}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	n, err := ours.Write(make([]byte, 16<<20))
	if n > 4*maxUnsent || err == nil {
		t.Errorf("wrote %d bytes ahead, %v", n, err)
	}
}
