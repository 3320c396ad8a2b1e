package upload

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// content is the content of a request, of which is known how far it was read.
type content struct {
	io.ReadCloser
	read  int64
	ended bool // by its end, or by an error
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read += int64(n)
	c.ended = c.ended || err != nil
	return n, err
}

const (
	// net/http skips as much by itself.
	skipped = 256 << 10

	maxLinger  = 32 << 20 // more than a piece of an upload has
	lingerTime = 10 * time.Second
)

// isComing reports whether a client sends content that nobody reads. A client
// that waits to be told to go on sends none.
func (c *content) isComing(r *http.Request) bool {
	if c.ended || r.ContentLength == 0 || r.ProtoMajor != 1 || c.read == 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		return false
	}
	return r.ContentLength < 0 || r.ContentLength-c.read > skipped
}

// refuseEarly refuses a request whose content is still coming. Browsers read
// the answer once they have sent all, and a connection that is closed before
// then is all that they would see: so some more is read and dropped.
func (h *Handler) refuseEarly(w http.ResponseWriter, r *http.Request, c *content, err error) {
	control := http.NewResponseController(w)
	if control.EnableFullDuplex() != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Connection", "close")
	h.refuse(w, r, err)
	control.Flush()
	end := time.Now().Add(lingerTime)
	control.SetReadDeadline(end)
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for dropped := 0; dropped < maxLinger && !c.ended && time.Now().Before(end); {
		n, _ := c.Read(*buffer)
		dropped += n
	}
}
