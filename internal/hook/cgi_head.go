package hook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// maxHead bounds the header block of a program.
const maxHead = 64 << 10

var errNoHead = errors.New("ended before its header block did")

// brokenHead is the cause of a 502: what a program wrote is no header block.
type brokenHead string

func (e brokenHead) Error() string { return string(e) }

// head is the header block of a program (RFC 3875, 6.3).
type head struct {
	status   int // 0 if it has none
	location string
	header   http.Header // what is passed on, Location included
}

// connectionFields are not a program's to send: they are of the server's
// connection (RFC 3875, 6.3.4).
var connectionFields = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// onceFields may be there once (RFC 3875, 6.3; RFC 9110, 8.6).
var onceFields = []string{"Content-Type", "Location", "Status", "Content-Length"}

// readHead reads the header block, which an empty line ends. Lines end in LF
// or CRLF (RFC 3875, 6.3).
func readHead(output *bufio.Reader) (*head, error) {
	h := &head{header: http.Header{}}
	var once []string
	for size := 0; ; {
		line, err := readLine(output, maxHead-size)
		if err != nil {
			return nil, err
		}
		size += len(line)
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			break
		}
		name, value, err := parseField(line)
		if err != nil {
			return nil, err
		}
		if slices.Contains(onceFields, name) {
			if slices.Contains(once, name) {
				return nil, brokenHead(name + " is there twice in its header block")
			}
			once = append(once, name)
		}
		if err := h.add(name, value); err != nil {
			return nil, err
		}
	}
	if h.status == 0 && h.location == "" && h.header.Get("Content-Type") == "" {
		return nil, brokenHead("its header block has no Content-Type")
	}
	return h, nil
}

// readLine reads a line of no more than limit bytes.
func readLine(output *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := output.ReadSlice('\n')
		if line = append(line, part...); len(line) > limit {
			return "", brokenHead(fmt.Sprintf("its header block is longer than %d KiB", maxHead>>10))
		}
		switch err {
		case nil:
			return string(line), nil
		case bufio.ErrBufferFull:
		case io.EOF:
			return "", errNoHead
		default:
			return "", err
		}
	}
}

func parseField(line string) (name, value string, err error) {
	name, value, ok := strings.Cut(line, ":")
	value = textproto.TrimString(value)
	if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
		return "", "", brokenHead(fmt.Sprintf("%.80q is no field; a header block is lines such as Content-Type: text/html, and an empty one", line))
	}
	return textproto.CanonicalMIMEHeaderKey(name), value, nil
}

// add takes a field up.
func (h *head) add(name, value string) error {
	switch {
	case name == "Status":
		code, _, _ := strings.Cut(value, " ")
		status, err := strconv.Atoi(code)
		if err != nil || len(code) != 3 || status < 200 || status > 599 {
			return brokenHead(fmt.Sprintf("its Status is %.80q; a final one is three digits, 200 to 599", value))
		}
		h.status = status
		return nil
	case name == "Content-Length":
		if _, err := strconv.ParseUint(value, 10, 63); err != nil {
			return brokenHead(fmt.Sprintf("its Content-Length is %.80q", value))
		}
	case name == "Location":
		h.location = value
	case slices.Contains(connectionFields, name):
		return nil
	}
	h.header.Add(name, value)
	return nil
}

// resolve settles what the answer is.
//
// A Location with no Status asks for a redirect. Where RFC 3875, 6.2.2 has the
// server answer with the local resource itself, the client is sent there: a
// program is one of several handlers and knows not the others, links in the
// page stay right, and loops end in the client.
func (h *head) resolve() {
	if h.location == "" {
		if h.status == 0 {
			h.status = http.StatusOK
		}
		return
	}
	if h.status != 0 {
		return
	}
	h.status = http.StatusFound // RFC 3875, 6.2.3
	if h.location[0] == '/' {
		// A path of this server: to a client "//x" would name another one.
		h.header.Set("Location", "/"+strings.TrimLeft(h.location, `/\`))
	}
}

// hasContent reports whether an answer of this status has any (RFC 9110, 6.4.1).
func (h *head) hasContent() bool {
	return h.status != http.StatusNoContent && h.status != http.StatusNotModified
}
