package exchange

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// timeout bounds one exchange: a server that hangs is a failure, not a wait.
const timeout = 10 * time.Second

// Decided runs e by [fileserver.Server.Respond] alone, without a socket.
func Decided(s *fileserver.Server, e Exchange) (Answer, error) {
	path, query, _ := strings.Cut(e.Target, "?")
	q := fileserver.Request{Method: e.Method, Path: path, Query: query, Local: !e.has("X-Forwarded-For")}
	values := map[string]*string{
		"accept": &q.Accept, "accept-encoding": &q.AcceptEncoding,
		"range": &q.Range, "if-range": &q.IfRange,
		"if-match": &q.IfMatch, "if-none-match": &q.IfNoneMatch,
		"if-modified-since": &q.IfModifiedSince, "if-unmodified-since": &q.IfUnmodifiedSince,
		"user-agent": &q.UserAgent,
	}
	for _, f := range e.Fields {
		value, ok := values[strings.ToLower(f.Name)]
		switch {
		case !ok:
		case *value == "":
			*value = f.Value
		default:
			*value += ", " + f.Value
		}
	}
	var p fileserver.Response
	s.Respond(context.Background(), &q, &p)
	if p.Handoff != nil {
		recorder := httptest.NewRecorder()
		p.Handoff.ServeHTTP(recorder, httptest.NewRequest(e.Method, e.Target, nil))
		return answerOf(recorder.Result())
	}
	defer p.Close()
	a := Answer{Status: p.Status, Header: http.Header{}}
	p.Fields(func(name, value string) { a.Header[name] = append(a.Header[name], value) })
	if e.Method == "HEAD" {
		return a, nil
	}
	var content bytes.Buffer
	n, err := p.WriteContent(&content)
	if want := p.ContentLength(); err == nil && want >= 0 && want != n {
		err = fmt.Errorf("%d bytes were written, %d promised", n, want)
	}
	a.Content = content.Bytes()
	return a, err
}

// HTTP1 runs e over a new HTTP/1.1 connection to addr, byte by byte as the
// exchange has it. An exchange for HTTP/1.0 says so in its request line.
func HTTP1(addr string, e Exchange) (Answer, error) {
	conn, err := net.DialTimeout("tcp", addr, timeout)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))

	proto := e.Proto
	if proto == "" {
		proto = "HTTP/1.1"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\nConnection: close\r\n", e.Method, e.Target, proto)
	if !e.has("Host") {
		b.WriteString("Host: example.test\r\n")
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	e.writeContent(&b)
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return Answer{}, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: e.Method})
	if err != nil {
		return Answer{}, err
	}
	return answerOf(response)
}

// writeContent ends the head of the request, and goes on with its content.
func (e Exchange) writeContent(b *strings.Builder) {
	if strings.EqualFold(e.field("Transfer-Encoding"), "chunked") {
		b.WriteString("\r\n")
		for i, line := range e.Sent {
			if i < len(e.Sent)-1 {
				line += e.lineBreak()
			}
			if line != "" {
				fmt.Fprintf(b, "%x\r\n%s\r\n", len(line), line)
			}
		}
		b.WriteString("0\r\n\r\n")
		return
	}
	content := e.content()
	if e.Sent != nil && !e.has("Content-Length") {
		fmt.Fprintf(b, "Content-Length: %d\r\n", len(content))
	}
	b.WriteString("\r\n" + content)
}

// NewHTTP2Client returns a client that speaks HTTP/2 only, and trusts all.
func NewHTTP2Client() *http.Client {
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Protocols:          &protocols,
			DisableCompression: true,
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// HTTP2 runs e by a client of NewHTTP2Client.
func HTTP2(client *http.Client, addr string, e Exchange) (Answer, error) {
	request := &http.Request{
		Method: e.Method,
		// Opaque: the target goes out as it is, not as package url spells it.
		URL:    &url.URL{Scheme: "https", Host: addr, Opaque: e.Target},
		Header: http.Header{},
	}
	if content := e.content(); content != "" {
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(content)), int64(len(content))
	}
	for _, f := range e.Fields {
		request.Header.Add(f.Name, f.Value)
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	return answerOf(response)
}

func answerOf(r *http.Response) (Answer, error) {
	defer r.Body.Close()
	content, err := io.ReadAll(r.Body)
	return Answer{Status: r.StatusCode, Header: r.Header, Content: content}, err
}

func (e Exchange) has(name string) bool {
	return slices.ContainsFunc(e.Fields, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// field returns the first value of a field of the request.
func (e Exchange) field(name string) string {
	for _, f := range e.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}
