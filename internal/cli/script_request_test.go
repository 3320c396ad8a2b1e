package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
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
