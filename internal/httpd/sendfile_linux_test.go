package httpd

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

// The kernel sends a file, past all wrappers: what sendfile returned adds up to
// the content, less the first bytes, which go with the head.
func TestSendfile(t *testing.T) {
	const size = 4 << 20
	if isChild(t) {
		sendFileOnce(t, size)
		return
	}
	t.Parallel()
	strace := exchange.Program(t, "strace")
	calls := filepath.Join(t.TempDir(), "calls")
	cmd := child(t)
	cmd.Args = append([]string{strace, "-f", "-e", "trace=sendfile", "-o", calls, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	trace, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, result := range regexp.MustCompile(`sendfile.*\) += (\d+)`).FindAllSubmatch(trace, -1) {
		n, _ := strconv.Atoi(string(result[1]))
		sent += n
	}
	if sent < size-4096 || sent > size {
		t.Errorf("sendfile sent %d of %d bytes:\n%.2000s", sent, size, trace)
	}
}

func sendFileOnce(t *testing.T, size int64) {
	f := openFile(t, numbers(int(size)))
	s := serve(t, &Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"] = []string{strconv.FormatInt(size, 10)}
		io.CopyN(w, f, size)
	})})
	if got := len(dial(t, s.addr).get("/")); got != int(size) {
		t.Errorf("got %d bytes", got)
	}
}
