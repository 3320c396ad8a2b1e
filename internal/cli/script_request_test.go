package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// get sends a request and prints the answer as it stands in HTTP/1.1, its
// fields sorted. A field of the request is one argument.
func get(ts *testscript.TestScript, neg bool, args []string) {
	method := "GET"
	if len(args) > 1 && args[0] == "-X" {
		method, args = args[1], args[2:]
	}
	arity(ts, len(args) > 0, neg, "get [-X METHOD] TARGET [FIELD...]")
	s := serverOf(ts)
	host := s.address
	if s.network == "unix" {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.scheme+"://"+host+args[0], nil)
	ts.Check(err)
	for _, field := range args[1:] {
		name, value, _ := strings.Cut(field, ":")
		request.Header.Set(name, strings.TrimSpace(value))
		request.Host = cmp.Or(request.Header.Get("Host"), request.Host)
	}
	transport := s.transport()
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	ts.Check(err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s %s\n", answer.Proto, answer.Status)
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		for _, value := range answer.Header[name] {
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(ts.Stdout(), "\n%s", content)
}

// follow sends a request for what the server has printed.
func follow(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "follow PATTERN")
	s := serverOf(ts)
	m := s.await(&s.stdout, regexp.MustCompile("(?m)"+args[0]))
	if len(m) != 2 {
		ts.Fatalf("not printed: %s", args[0])
	}
	get(ts, false, m[1:])
}

func getUntil(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 2, neg, "get-until TARGET PATTERN")
	s, pattern := serverOf(ts), regexp.MustCompile("(?m)"+args[1])
	transport := s.transport()
	defer transport.CloseIdleConnections()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequest("GET", s.scheme+"://"+s.address+args[0], nil)
		ts.Check(err)
		answer, err := transport.RoundTrip(request)
		ts.Check(err)
		dump, err := httputil.DumpResponse(answer, true)
		ts.Check(err)
		answer.Body.Close()
		if pattern.Match(bytes.ReplaceAll(dump, []byte("\r\n"), []byte("\n"))) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s stays as it is:\n%s", args[0], dump)
		}
	}
}

// transport returns what sends one request to s.
func (s *server) transport() *http.Transport {
	return &http.Transport{
		DisableCompression: true,
		ForceAttemptHTTP2:  true,
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, // the server's pair is made by the script
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return s.dial(ctx)
		},
	}
}

func (s *server) dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, s.network, s.address)
}

// trickle begins a transfer, and goes on with it for as long as the script
// runs: too slowly to come to an end, and too fast to count as stalled.
func trickle(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) == 1, neg, "trickle TARGET")
	c, err := serverOf(ts).dial(context.Background())
	ts.Check(err)
	ts.Defer(func() { c.Close() })
	ts.Check(c.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", args[0])
	ts.Check(err)
	_, err = io.ReadFull(c, make([]byte, 1024))
	ts.Check(err)
	go func() {
		for err == nil {
			time.Sleep(20 * time.Millisecond)
			_, err = io.CopyN(io.Discard, c, 128<<10)
		}
	}()
}
