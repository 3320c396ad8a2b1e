// Package exchange reads and runs the corpus of exchanges: requests with the
// answers that they must get, in a text form that can be read aloud. It is for
// tests only.
//
// A file of exchanges starts with the options of its server, if it needs any,
// and holds one exchange a paragraph:
//
//	= hidden
//
//	# a suffix longer than the representation means all of it (RFC 9110, 14.1.2)
//	> GET /ten.txt
//	> Range: bytes=-15
//	< 206
//	< Content-Range: bytes 0-9/10
//	! Content-Encoding
//	| 0123456789
//
// "#" says what the exchange shows, ">" is asked, "<" is required, "!" must be
// absent, and "|" is a line of the content. The content ends with its last
// line, without a line break; CR before LF is not told apart, and the boundary
// of several parts reads BOUNDARY. Without a "|", any content will do. A target,
// field value or line of content may have Go's escapes if it is put in double
// quotes. A request line that ends in a protocol is for the wire of that
// protocol only.
//
// Content is compared as it was sent, coded or not. With a "~", it is compared as
// it is once decoded from its Content-Encoding, if it has one: with the lines of
// "|", or with the file of the site that the "~" names:
//
//	< Content-Encoding: gzip
//	~ fly/app.js
//
// A ">|" is a line of the content that goes with the request, written as that of
// the answer is. Its length is told unless the fields do so, or say that it is
// chunked: then every line is a chunk. Parts of multipart end their lines with
// CRLF. ">*" and "|*" repeat what stands before them:
//
//	> POST /length
//	>| 0123456789
//	>* 1000
//	< 200
//	| 10000
//
// What no file can know beforehand has a name in braces, see [Names]:
//
//	< Set-Cookie: session={session}; Path=/
package exchange

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gserve/gserve/compress"
)

// Script is a file of exchanges.
type Script struct {
	Options   []string
	Exchanges []Exchange
}

// Exchange is one request with what is required of its answer.
type Exchange struct {
	Place   string // file and line
	Comment string

	Method, Target string
	Proto          string // "" if it is for every writer
	Fields         []Field
	Sent           []string // content of the request, by its lines

	Status  int
	Want    []Field
	Absent  []string
	Content *string // nil if any will do
	Decode  bool    // the content before it is compared
	File    string  // of the site, with what the content must be; "" if none is named
}

// Field is a field line.
type Field struct{ Name, Value string }

// Answer is what came of a request.
type Answer struct {
	Status  int
	Header  http.Header
	Content []byte
}

// ReadAll reads the scripts that match a pattern of [fs.Glob], by their name.
func ReadAll(fsys fs.FS, pattern string) (map[string]Script, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, err
	}
	scripts := map[string]Script{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(path.Base(name), path.Ext(name))
		if scripts[base], err = parse(path.Base(name), string(text)); err != nil {
			return nil, err
		}
	}
	return scripts, nil
}

func parse(file, text string) (Script, error) {
	var script Script
	var e Exchange
	number := 0
	finish := func() error {
		if e.Method != "" && e.Status == 0 {
			return fmt.Errorf("%s: no status is required", e.Place)
		}
		if e.Method != "" {
			script.Exchanges = append(script.Exchanges, e)
		}
		e = Exchange{}
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line == "" {
			if err := finish(); err != nil {
				return script, err
			}
			continue
		}
		if rest, ok := strings.CutPrefix(line, "="); ok {
			script.Options = append(script.Options, strings.Fields(rest)...)
			continue
		}
		if err := e.add(line); err != nil {
			return script, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		if e.Place == "" {
			e.Place = file + ":" + strconv.Itoa(number)
		}
	}
	return script, finish()
}

// add reads one line of an exchange.
func (e *Exchange) add(line string) (err error) {
	mark, rest := line[0], line[1:]
	if mark != '|' {
		rest = strings.TrimSpace(rest)
	}
	switch mark {
	case '#':
		e.Comment = strings.TrimSpace(e.Comment + " " + rest)
	case '>':
		switch {
		case e.Method == "":
			return e.requestLine(rest)
		case strings.HasPrefix(line, ">|"):
			rest, err = unquoteEscaped(strings.TrimPrefix(line[2:], " "))
			e.Sent = append(e.Sent, rest)
			return err
		case strings.HasPrefix(line, ">*"):
			n, err := times(rest)
			e.Sent = []string{strings.Repeat(e.content(), n)}
			return err
		}
		return addField(&e.Fields, rest)
	case '<':
		if e.Status == 0 {
			e.Status, err = strconv.Atoi(rest)
			return err
		}
		return addField(&e.Want, rest)
	case '!':
		e.Absent = append(e.Absent, rest)
	case '|':
		if e.Content != nil && strings.HasPrefix(rest, "*") {
			n, err := times(rest)
			rest = strings.Repeat(*e.Content, n)
			e.Content = &rest
			return err
		}
		if rest, err = unquoteEscaped(strings.TrimPrefix(rest, " ")); err != nil {
			return err
		}
		if e.Content != nil {
			rest = *e.Content + "\n" + rest
		}
		e.Content = &rest
	case '~':
		e.Decode, e.File = true, rest
	default:
		return fmt.Errorf("line with an unknown mark: %q", line)
	}
	return nil
}

// times reads how often content is to be repeated.
func times(rest string) (int, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(rest[1:]), 10, 24)
	return int(n), err
}

// content returns the content of the request.
func (e Exchange) content() string { return strings.Join(e.Sent, e.lineBreak()) }

// lineBreak is what stands between lines of content that is sent. RFC 2046,
// 5.1.1: that of multipart is CRLF.
func (e Exchange) lineBreak() string {
	if strings.HasPrefix(e.field("Content-Type"), "multipart/") {
		return "\r\n"
	}
	return "\n"
}

func (e *Exchange) requestLine(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok {
		return fmt.Errorf("request line without a target: %q", line)
	}
	target, proto := rest, ""
	if i := strings.LastIndexByte(rest, ' '); i >= 0 {
		target, proto = rest[:i], rest[i+1:]
	}
	target, err := unquote(target)
	e.Method, e.Target, e.Proto = method, target, proto
	return err
}

func addField(fields *[]Field, line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("field without a colon: %q", line)
	}
	value, err := unquoteEscaped(strings.TrimSpace(value))
	*fields = append(*fields, Field{name, value})
	return err
}

// unquoteEscaped takes the quotes off a value only if it has escapes in it: an
// entity tag keeps its own.
func unquoteEscaped(s string) (string, error) {
	if strings.Contains(s, `\`) {
		return unquote(s)
	}
	return s, nil
}

func unquote(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		return strconv.Unquote(s)
	}
	return s, nil
}

// Check compares an answer with what is required of it.
func (e Exchange) Check(a Answer) error {
	if a.Status != e.Status {
		return fmt.Errorf("status %d, want %d", a.Status, e.Status)
	}
	if err := e.checkLength(a); err != nil {
		return err
	}
	a = a.withoutBoundary()
	for _, f := range e.Want {
		if got := strings.Join(a.Header.Values(f.Name), ", "); got != f.Value {
			return fmt.Errorf("%s: %q, want %q", f.Name, got, f.Value)
		}
	}
	for _, name := range e.Absent {
		if got, ok := a.Header[http.CanonicalHeaderKey(name)]; ok {
			return fmt.Errorf("%s: %q, want none", name, got)
		}
	}
	return e.checkContent(a)
}

func (e Exchange) checkContent(a Answer) error {
	content := a.Content
	if e.Decode {
		var err error
		if content, err = a.decoded(); err != nil {
			return err
		}
	}
	if e.Content != nil && string(content) != *e.Content {
		return fmt.Errorf("content %.3000q, want %.3000q", content, *e.Content)
	}
	if e.File == "" {
		return nil
	}
	want, err := fs.ReadFile(Site(), e.File)
	if err == nil && !bytes.Equal(content, want) {
		err = fmt.Errorf("content is %d bytes that are not those of %s", len(content), e.File)
	}
	return err
}

// decoded returns the content without its coding.
func (a Answer) decoded() ([]byte, error) {
	token := a.Header.Get("Content-Encoding")
	if token == "" {
		return a.Content, nil
	}
	coding, ok := compress.Parse(token)
	if !ok {
		return nil, fmt.Errorf("Content-Encoding: %q, which is not known", token)
	}
	r, err := compress.NewReader(bytes.NewReader(a.Content), coding)
	if err != nil {
		return nil, fmt.Errorf("content is not %s: %w", token, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("content is not %s: %w", token, err)
	}
	return content, nil
}

// checkLength holds what is true of every answer.
func (e Exchange) checkLength(a Answer) error {
	declared := a.Header.Get("Content-Length")
	switch {
	case a.Status == http.StatusNoContent || a.Status == http.StatusNotModified:
		if declared != "" || len(a.Content) > 0 {
			return fmt.Errorf("Content-Length %q with %d bytes of content, want neither", declared, len(a.Content))
		}
	case e.Method == "HEAD":
		if len(a.Content) > 0 {
			return fmt.Errorf("%d bytes of content for HEAD", len(a.Content))
		}
	case declared != "" && declared != strconv.Itoa(len(a.Content)):
		return fmt.Errorf("Content-Length %s, but %d bytes of content", declared, len(a.Content))
	}
	return nil
}

// multipart is what the content type of several parts begins with.
const multipart = "multipart/byteranges; boundary="

// withoutBoundary puts BOUNDARY for the random boundary of several parts, and
// LF for CRLF.
func (a Answer) withoutBoundary() Answer {
	boundary, ok := strings.CutPrefix(a.Header.Get("Content-Type"), multipart)
	if !ok {
		return a
	}
	a.Header = a.Header.Clone()
	a.Header.Set("Content-Type", multipart+"BOUNDARY")
	a.Content = bytes.ReplaceAll(a.Content, []byte(boundary), []byte("BOUNDARY"))
	a.Content = bytes.ReplaceAll(a.Content, []byte("\r\n"), []byte("\n"))
	return a
}
