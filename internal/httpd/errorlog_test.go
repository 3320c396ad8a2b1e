package httpd

import (
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"testing"
	"time"
)

func TestKindLog(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := time.Unix(0, 0)
	l := log.New(&kindLog{
		out: log.New(&out, "gserve: ", 0), now: func() time.Time { return now }, kinds: map[string]kind{},
	}, "", 0)
	say := func(after time.Duration, line string) {
		now = now.Add(after)
		l.Print(line)
	}
	say(0, "handshake error from 127.0.0.1:1000: EOF")
	say(time.Second, "handshake error from 127.0.0.1:1001: EOF")
	say(time.Second, "Accept error: too many open files; retrying in 5ms")
	say(7*time.Second, "handshake error from 10.0.0.1:99: EOF")
	say(time.Second, "handshake error from 10.0.0.1:100: EOF") // ten seconds after the first
	say(0, "panic serving 10.0.0.1:100\nstack 1")
	say(0, "panic serving 10.0.0.2:100\nstack 2")
	say(quiet, "handshake error from [::1]:1: EOF")
	say(0, "panic serving 10.0.0.3:100\nstack 3")
	const want = `gserve: handshake error from 127.0.0.1:1000: EOF
gserve: Accept error: too many open files; retrying in 5ms
gserve: handshake error from 10.0.0.1:100: EOF (and 2 more like it)
gserve: panic serving 10.0.0.1:100
stack 1
gserve: handshake error from [::1]:1: EOF
gserve: panic serving 10.0.0.3:100
stack 3 (and 1 more like it)
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestKindLogIsBounded(t *testing.T) {
	t.Parallel()
	l := &kindLog{out: log.New(io.Discard, "", 0), now: time.Now, kinds: map[string]kind{}}
	for i := range 10 * maxKinds {
		fmt.Fprintln(l, strings.Repeat("a", i))
	}
	if len(l.kinds) > maxKinds {
		t.Errorf("%d kinds are kept", len(l.kinds))
	}
}

// Who breaks off handshakes does not fill the log.
func TestHandshakeNoiseIsLimited(t *testing.T) {
	t.Parallel()
	w := &testWriter{t: t}
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t), ErrorLog: log.New(w, "", 0)})
	for range 20 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "no handshake")
		io.Copy(io.Discard, c)
		c.Close()
	}
	if got := w.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "TLS handshake error") {
		t.Errorf("got %q", got)
	}
}
