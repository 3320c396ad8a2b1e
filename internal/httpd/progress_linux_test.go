package httpd

import (
	"testing"
	"time"
)

// The system takes little ahead of a client that takes nothing. Otherwise it
// would hold megabytes, and show no progress until a third of them is gone.
func TestProgressIsSeen(t *testing.T) {
	t.Parallel()
	ours, theirs := accepted(t, 200*time.Millisecond)
	theirs.SetReadBuffer(32 << 10)
	n, err := ours.Write(make([]byte, 16<<20))
	if n > 4*maxUnsent || err == nil {
		t.Errorf("wrote %d bytes ahead, %v", n, err)
	}
}
