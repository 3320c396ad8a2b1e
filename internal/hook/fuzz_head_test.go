package hook

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/http/httpguts"
)

// FuzzHead holds that whatever a program writes, what is passed on of it can be
// sent, is not the server's to say, and is no answer before the last.
func FuzzHead(f *testing.F) {
	for _, output := range []string{
		"Content-Type: text/html\n\n<p>", "Status: 404 Not Found\r\nContent-Type: a/b\r\n\r\n", "Location: //evil.example/\n\n", "Location: /\\evil.example\n\n", "Location: http://x/\nStatus: 303\n\n", "Status: 100\n\n", "Content-Length: 5\nContent-Length: 5\n\n",
		"Connection: close\nTransfer-Encoding: chunked\nContent-Type: a/b\n\n", "X y: z\n\n", "no field\n\n", "Content-Type: a/b", "Set-Cookie: a\nSet-Cookie: b\nContent-type: x/y\n\n", "Status: 204\n\n", "A: \x00\n\n", "\n",
	} {
		f.Add([]byte(output))
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		h, err := readHead(bufio.NewReaderSize(bytes.NewReader(output), 16))
		again, againErr := readHead(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(output))))
		if (err == nil) != (againErr == nil) || err != nil && err.Error() != againErr.Error() {
			t.Fatalf("%q: %v, in pieces %v", output, err, againErr)
		}
		if err != nil {
			return
		}
		h.resolve()
		again.resolve()
		if h.status < 200 || h.status > 599 || h.status != again.status || len(h.header) != len(again.header) {
			t.Fatalf("%q: %+v, in pieces %+v", output, h, again)
		}
		for name, values := range h.header {
			if !httpguts.ValidHeaderFieldName(name) || textproto.CanonicalMIMEHeaderKey(name) != name || slices.Contains(connectionFields, name) || name == "Status" {
				t.Fatalf("%q: %q is passed on", output, name)
			}
			for _, value := range values {
				if !httpguts.ValidHeaderFieldValue(value) {
					t.Fatalf("%q: %q is passed on", output, value)
				}
			}
			if slices.Contains(onceFields, name) && len(values) != 1 {
				t.Fatalf("%q: %d times %s", output, len(values), name)
			}
		}
		// A path of this server leads to no other.
		if location := h.header.Get("Location"); h.status == http.StatusFound && strings.HasPrefix(h.location, "/") && !strings.Contains(strings.ToLower(string(output)), "status") {
			if strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
				t.Fatalf("%q leads to %q", output, location)
			}
		}
	})
}

// FuzzPath holds that what a program is told of a path is what was sent of it,
// with dots resolved, so that it can join it to a folder.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"/a/b", "/a//b/", "/a/../b", "/..", "/a/%2e%2e/b", "/a%2fb", "/a%2f..%2fb", "/%00", "/a/.", "/", "", "/%zz", "//a/../b", "/a/;x"} {
		f.Add(p, "a")
	}
	f.Fuzz(func(t *testing.T, p, prefix string) {
		u, err := url.ParseRequestURI(p)
		if err != nil || u.Host != "" || !strings.HasPrefix(p, "/") || u.RawQuery != "" {
			return
		}
		segments, err := parsePath(u)
		if err != nil {
			return
		}
		info := segments.info(0)
		if strings.ContainsRune(info, 0) || info != "" && info[0] != '/' {
			t.Fatalf("%q is %q", p, info)
		}
		for part := range strings.SplitSeq(info, "/") {
			if part == ".." {
				t.Fatalf("%q is %q", p, info)
			}
		}
		if joined := path.Join("/folder", info); joined != "/folder" && !strings.HasPrefix(joined, "/folder/") {
			t.Fatalf("%q is %q, which leads to %q", p, info, joined)
		}
		if n, ok := segments.below([]string{prefix}); ok && (n < 1 || n > len(segments) || segments[n-1].text != prefix) {
			t.Fatalf("%q is below %q by %d segments", p, prefix, n)
		}
	})
}

// FuzzFrame reads what any worker may write, in pieces of any size, and holds
// that the frames are those that are there.
func FuzzFrame(f *testing.F) {
	frameOf := func(head, data string, flags byte) []byte {
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
		return append(append(append(b, flags), head...), data...)
	}
	two := append(frameOf("200 OK\x00A\x00b", "data", 0), frameOf("", "rest", frameEnd)...)
	f.Add(two, uint8(1))
	f.Add(two[:15], uint8(3))
	f.Add(frameOf(strings.Repeat("h", 40_000), strings.Repeat("d", 40_000), frameEnd), uint8(0))
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 0}, uint8(9))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		reader := &frameReader{src: &pieces{stream, int(piece) + 1}, buf: make([]byte, 64)}
		var large []byte
		for rest := stream; ; {
			got, err := reader.next()
			if len(rest) < answerFrame {
				if err == nil {
					t.Fatalf("%d bytes are a frame", len(rest))
				}
				return
			}
			head, size := int(binary.LittleEndian.Uint32(rest)), int(binary.LittleEndian.Uint32(rest[4:]))
			if isThere := head <= maxAnswerHead && len(rest)-answerFrame >= head; isThere != (err == nil) {
				t.Fatalf("a head of %d of %d bytes: %v", head, len(rest), err)
			}
			if err != nil {
				if len(reader.buf) > maxAnswerHead+answerFrame {
					t.Fatalf("%d bytes are held", len(reader.buf))
				}
				return
			}
			flags := rest[8]
			if rest = rest[answerFrame:]; got.flags != flags || got.size != size || !bytes.Equal(got.head, rest[:head]) {
				t.Fatalf("%+v is not of %d and %d bytes, %d", got, head, size, flags)
			}
			rest = rest[head:]
			for left := size; left > 0; {
				data, err := reader.take(left, &large)
				if err != nil {
					if len(rest) >= left {
						t.Fatalf("%d of %d bytes are missing: %v", left, size, err)
					}
					return
				}
				if len(data) == 0 || len(data) > left || len(data) > len(rest) || !bytes.Equal(data, rest[:len(data)]) {
					t.Fatalf("%d of %d bytes: %q", len(data), left, data)
				}
				rest, left = rest[len(data):], left-len(data)
			}
		}
	})
}

// pieces is a stream that comes a few bytes at a time.
type pieces struct {
	rest []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}
