package httpd

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// request2 sends a request over HTTP/2, and returns the status and the content
// of the answer.
func request2(t *testing.T, addr, method string, content io.Reader) (int, string) {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://"+addr, content)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("got %s, want HTTP/2", resp.Proto)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(got)
}

// framer speaks HTTP/2 frame by frame.
type framer struct {
	*http2.Framer
	t *testing.T
}

func dial2(t *testing.T, addr string) *framer {
	t.Helper()
	c := dialTLS(t, addr, "h2")
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	f := &framer{http2.NewFramer(c, c.r), t}
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return f
}

// request asks for "/" with this method, on a stream.
func (f *framer) request(stream uint32, method string, ends bool) {
	f.t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range []hpack.HeaderField{
		{Name: ":method", Value: method}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: "x"}, {Name: ":path", Value: "/"},
	} {
		encoder.WriteField(field)
	}
	err := f.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: block.Bytes(), EndStream: ends, EndHeaders: true,
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// next returns the next frame that is of interest to a test.
func (f *framer) next() http2.Frame {
	f.t.Helper()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			f.t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				f.WriteSettingsAck()
			}
		case *http2.WindowUpdateFrame, *http2.PingFrame:
		default:
			return frame
		}
	}
}

// reset reads on until the stream is reset, and returns how many bytes of
// content came till then.
func (f *framer) reset(stream uint32) (content int) {
	f.t.Helper()
	for {
		switch frame := f.next().(type) {
		case *http2.RSTStreamFrame:
			if frame.StreamID == stream {
				return content
			}
		case *http2.DataFrame:
			if frame.StreamID == stream {
				content += len(frame.Data())
			}
		}
	}
}

// A client that never widens the window of a stream loses that stream, in
// whatever way the answer is written, and not the connection.
func TestStalledStreamIsReset(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 200 * time.Millisecond
	const window = 65535 // RFC 9113, 6.9.2
	for name, handler := range map[string]func(w http.ResponseWriter) error{
		"write": func(w http.ResponseWriter) error {
			_, err := w.Write(make([]byte, 1<<20))
			return err
		},
		"copy": func(w http.ResponseWriter) error {
			_, err := io.CopyN(w, zeros{}, 1<<20)
			return err
		},
		"flush": func(w http.ResponseWriter) error {
			w.Write(make([]byte, window))
			http.NewResponseController(w).Flush()
			w.Write([]byte("x"))
			return http.NewResponseController(w).Flush()
		},
		"left to net/http": func(w http.ResponseWriter) error {
			w.Write(make([]byte, window))
			w.Write([]byte("x"))
			return errBroken // of no interest here
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := make(chan error, 1)
			s := serve(t, &Server{TLS: testTLS(t), limits: bounds,
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == "HEAD" {
						return
					}
					failed <- handler(w)
				})})
			f := dial2(t, s.addr)
			f.request(1, "GET", true)
			if got := f.reset(1); got != window {
				t.Errorf("got %d bytes, want %d", got, window)
			}
			if err := <-failed; err == nil {
				t.Error("the handler is told of no error")
			}
			f.request(3, "HEAD", true)
			if headers, ok := f.next().(*http2.HeadersFrame); !ok || headers.StreamID != 3 {
				t.Error("the connection is of no use any more")
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A client that widens the window little by little gets all.
func TestSlowStreamGetsAll(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 2 * time.Second
	const size = 256 << 10
	s := serve(t, &Server{TLS: testTLS(t), limits: bounds,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) })})
	f := dial2(t, s.addr)
	f.request(1, "GET", true)
	for got, window := 0, 65535; got < size; {
		switch frame := f.next().(type) {
		case *http2.DataFrame:
			n := len(frame.Data())
			got, window = got+n, window-n
		case *http2.RSTStreamFrame:
			t.Fatalf("reset after %d bytes", got)
		}
		if window == 0 {
			time.Sleep(250 * time.Millisecond)
			f.WriteWindowUpdate(0, 16<<10)
			f.WriteWindowUpdate(1, 16<<10)
			window = 16 << 10
		}
	}
}

// A handler that has nothing to write for a while, such as one that sends
// events, may.
func TestStreamMayPause(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 250 * time.Millisecond
	s := serve(t, &Server{TLS: testTLS(t), limits: bounds,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				io.WriteString(w, "event")
				w.(http.Flusher).Flush()
				time.Sleep(2 * bounds.stall)
			}
		})})
	if _, got := request2(t, s.addr, "GET", nil); got != "eventeventevent" {
		t.Errorf("got %q", got)
	}
}

func TestStalledContentOfStream(t *testing.T) {
	t.Parallel()
	bounds := quick
	bounds.stall = 100 * time.Millisecond
	failed := make(chan error, 1)
	s := serve(t, &Server{TLS: testTLS(t), limits: bounds,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			failed <- err
		})})
	f := dial2(t, s.addr)
	f.request(1, "POST", false)
	f.WriteData(1, false, []byte("hello"))
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
