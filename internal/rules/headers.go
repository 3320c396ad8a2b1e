package rules

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// maxNames is how many fields a file may name.
const maxNames = 256

// Headers are the rules of a file _headers. They are not changed, so any
// number of goroutines may use them. None at all are nil.
type Headers struct {
	blocks []block
	index  index
	leaves [][]int  // the blocks of one pattern, in the order of the file
	names  []string // of all fields
}

// block is a path with the fields below it.
type block struct {
	line     int
	pattern  pattern // without segments if nothing of them is needed again
	detached []entry
	set      []entry
}

// entry is one field of a block.
type entry struct {
	line  int
	name  int // in the names of the file
	value []piece
}

// ParseHeaders reads a file _headers, of the given name in the faults:
//
//	path
//	  Name: value
//	  ! Name
//
// A line with a fault is reported and left out; if it is that of a path, so are
// the fields below it.
func ParseHeaders(name string, content []byte) (*Headers, []Fault) {
	p := headersParser{
		report: report{file: name},
		parsed: &Headers{index: newIndex()},
		names:  map[string]int{},
	}
	for number, line := range p.report.lines(content) {
		if err := p.parse(number, line); err != nil {
			p.report.add(number, err.Error())
		}
	}
	p.close()
	p.parsed.index.done()
	return p.parsed, p.report.all()
}

type headersParser struct {
	report  report
	parsed  *Headers
	names   map[string]int
	begun   bool // there was a path before
	current *block
	failed  bool // the current path is one with a fault, or one of its fields is
}

func (p *headersParser) parse(number int, line string) error {
	if line[0] == '/' || isURL(line) {
		p.close()
		p.begun = true
		if strings.ContainsAny(line, " \t") {
			return fmt.Errorf("%s has a space in it: write %%20", quote(line))
		}
		pattern, err := parsePattern(line)
		if err != nil {
			return err
		}
		p.failed, p.current = false, &block{line: number, pattern: pattern}
		return nil
	}
	if !p.begun {
		return fmt.Errorf("%s has no path above it that begins with a slash", quote(line))
	}
	if p.current == nil {
		return nil // the path has been reported
	}
	err := p.parseField(number, line)
	p.failed = p.failed || err != nil
	return err
}

func (p *headersParser) parseField(number int, line string) error {
	if name, ok := strings.CutPrefix(line, "! "); ok {
		name, err := p.name(strings.TrimSpace(name))
		p.current.detached = appendEntry(p.current.detached, entry{number, name, nil}, err)
		return err
	}
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case !ok:
		return fmt.Errorf(`%s is no field: write "Name: value", or "! Name" to detach one`, quote(line))
	case value == "":
		return fmt.Errorf("%s has no value", quote(line))
	case !httpguts.ValidHeaderFieldValue(value):
		return fmt.Errorf("the value %s cannot be sent", quote(value))
	}
	id, err := p.name(strings.TrimSpace(name))
	p.current.set = appendEntry(p.current.set, entry{number, id, split(value, p.current.pattern.names)}, err)
	return err
}

func appendEntry(list []entry, e entry, err error) []entry {
	if err != nil {
		return list
	}
	return append(list, e)
}

// ofServer are the fields that say how an answer is sent, or that decide what
// is: rules have no say in them. Netlify refuses most of them too.
var ofServer = []string{
	"Accept-Ranges", "Age", "Allow", "Alt-Svc", "Connection", "Content-Encoding", "Content-Length", "Content-Range",
	"Date", "Etag", "Keep-Alive", "Last-Modified", "Location", "Proxy-Connection", "Server", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// name returns the number of a field's name.
func (p *headersParser) name(name string) (int, error) {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return 0, fmt.Errorf("%s is no name of a field", quote(name))
	case slices.Contains(ofServer, canonical):
		return 0, fmt.Errorf("the field %s is the server's own", canonical)
	case canonical == "Basic-Auth":
		return 0, errors.New("Basic-Auth, which asks for a password at Netlify, is not supported: nobody is asked for one")
	}
	id, ok := p.names[canonical]
	if !ok {
		if id = len(p.names); id == maxNames {
			return 0, fmt.Errorf("the file names more than %d fields", maxNames)
		}
		p.names[canonical] = id
		p.parsed.names = append(p.parsed.names, canonical)
	}
	return id, nil
}

// close puts the current block in its place.
func (p *headersParser) close() {
	b := p.current
	p.current = nil
	if b == nil {
		return
	}
	if len(b.set)+len(b.detached) == 0 {
		if !p.failed {
			p.report.add(b.line, "the path has no fields below it")
		}
		return
	}
	h := p.parsed
	at, ok := 0, false
	if len(h.blocks) < maxRules {
		at, ok = h.index.add(&b.pattern, len(h.blocks))
	}
	if !ok {
		p.report.add(b.line, "the paths of the file are too many, or too long: the fields are ignored")
		return
	}
	if at == len(h.leaves) {
		h.leaves = append(h.leaves, nil)
	}
	h.leaves[at] = append(h.leaves[at], len(h.blocks))
	if len(b.pattern.names) == 0 {
		b.pattern = pattern{}
	}
	h.blocks = append(h.blocks, *b)
}
