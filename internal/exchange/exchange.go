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
// of several parts reads BOUNDARY. Without a "|", any content will do. A target
// or field value may have Go's escapes if it is put in double quotes. A request
// line that ends in a protocol is for the wire of that protocol only.
package exchange

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
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

	Status  int
	Want    []Field
	Absent  []string
	Content *string // nil if any will do
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
		if e.Method == "" {
			return e.requestLine(rest)
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
		rest = strings.TrimPrefix(rest, " ")
		if e.Content != nil {
			rest = *e.Content + "\n" + rest
		}
		e.Content = &rest
	default:
		return fmt.Errorf("line with an unknown mark: %q", line)
	}
	return nil
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
	if e.Content != nil && string(a.Content) != *e.Content {
		return fmt.Errorf("content %q, want %q", a.Content, *e.Content)
	}
	return nil
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
