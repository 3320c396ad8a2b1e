//go:build unix

package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answer is what is kept of a right answer.
type answer struct {
	header    http.Header
	size      int64         // of head and content, as the load counts them
	firstByte time.Duration // since the request was sent
	whole     time.Duration
}

// longest is how long an answer may take.
const longest = 30 * time.Second

// fields are those of its requests, besides Host.
func (p *process) fields() (fields []string) {
	if p.asks != nil {
		fields = append(fields, p.asks.fields...)
	}
	if p.validator != "" {
		fields = append(fields, p.validator)
	}
	return fields
}

// ask asks once as the load does, and looks at all of the answer.
func (p *process) ask(ctx context.Context) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	exchange := p.exchange
	if p.setup.HTTP2 {
		exchange = p.exchange2
	}
	a, err := exchange(ctx)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return a, fmt.Errorf("the answer to %s: %w", p.url, err)
	}
	return a, nil
}

// exchange asks by HTTP/1.1 on a connection of its own.
func (p *process) exchange(ctx context.Context) (a answer, err error) {
	c, err := p.dial(ctx)
	if err != nil {
		return a, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	return p.askOn(c)
}

// askOn asks by HTTP/1.1 on a connection on which nothing is under way.
func (p *process) askOn(c net.Conn) (a answer, err error) {
	began := time.Now()
	if _, err := io.WriteString(c, p.request()); err != nil {
		return a, err
	}
	counted := &counter{Reader: c}
	reader := bufio.NewReader(counted)
	if _, err := reader.Peek(1); err != nil {
		return a, err
	}
	a.firstByte = time.Since(began)
	r, err := http.ReadResponse(reader, nil)
	if err != nil {
		return a, err
	}
	err = p.right(r)
	a.whole = time.Since(began)
	a.header, a.size = r.Header, counted.n-int64(reader.Buffered())
	return a, err
}

// exchange2 asks by HTTP/2. The size is that of the content alone.
func (p *process) exchange2(ctx context.Context) (a answer, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return a, err
	}
	t := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: unverified.Clone(), DisableCompression: true}
	defer t.CloseIdleConnections()
	began := time.Now()
	response, err := t.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	if response.ProtoMajor != 2 {
		return a, fmt.Errorf("it is one of %s", response.Proto)
	}
	counted := &counter{Reader: response.Body}
	response.Body = io.NopCloser(counted)
	err = p.right(response)
	return answer{header: response.Header, size: counted.n, whole: time.Since(began)}, err
}

// right compares an answer with what is wanted.
func (p *process) right(r *http.Response) error {
	q := p.asks
	if q.validates && p.validator == "" { // the first answer
		if p.validator = validator(r.Header); p.validator == "" {
			return errors.New("it has no validator")
		}
		return anything(r)
	}
	if want := cmp.Or(q.status, http.StatusOK); r.StatusCode != want {
		return fmt.Errorf("its status is %d instead of %d", r.StatusCode, want)
	}
	return q.right(r)
}

// validator is the field that asks whether an earlier answer still holds, or "".
func validator(header http.Header) string {
	if tag := header.Get("ETag"); tag != "" {
		return "If-None-Match: " + tag
	}
	if date := header.Get("Last-Modified"); date != "" {
		return "If-Modified-Since: " + date
	}
	return ""
}

// request is the text of a request, as wrk writes it.
func (p *process) request() string {
	fields := append([]string{"Host: " + p.address}, p.fields()...)
	return "GET " + p.path + " HTTP/1.1\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
}

// unverified takes the certificate that this program has made.
var unverified = &tls.Config{InsecureSkipVerify: true}

// dial connects to the server.
func (p *process) dial(ctx context.Context) (net.Conn, error) {
	if p.setup.Secure {
		return (&tls.Dialer{Config: unverified}).DialContext(ctx, "tcp", p.address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", p.address)
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}
