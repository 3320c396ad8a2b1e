package webdav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	xmlType = "application/xml; charset=utf-8"
	xmlHead = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

	davSpace  = "DAV:"
	langSpace = "http://www.w3.org/XML/1998/namespace"

	declSpace = "http://www.w3.org/2000/xmlns/"

	// In the content of a request. A namespace is said once there, and in what
	// is made of it again and again.
	maxElements  = 1000
	maxNesting   = 32
	maxNamespace = 256 // bytes
)

// element is one of the content of a request. What it holds of comments,
// instructions and declarations is dropped (RFC 4918, 4.3).
type element struct {
	name  xml.Name
	attrs []xml.Attr // without those that declare namespaces
	lang  string     // that is in force
	nodes []node
}

// node is an element, or else text.
type node struct {
	element *element
	text    string
}

// readXML reads the content of a request, of at most some bytes. It is nil if
// there is none.
func readXML(r io.Reader, most int64) (*element, error) {
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, refusal{status: http.StatusBadRequest, text: "the content ended early", cause: err}
	case int64(len(content)) > most:
		return nil, refusal{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the XML may have %d bytes", most)}
	case len(content) == 0:
		return nil, nil
	}
	root, err := parseXML(content)
	if err != nil {
		return nil, refusal{status: http.StatusBadRequest, text: "the XML cannot be understood", cause: err}
	}
	return root, nil
}

// parseXML reads a document. Entities that it declares are none to the decoder,
// so that they cannot grow.
func parseXML(content []byte) (*element, error) {
	var document element
	open := []*element{&document}
	count := 0
	for decoder := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		parent := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			child, err := newElement(token, parent.lang)
			if err != nil {
				return nil, err
			}
			if count++; count > maxElements || len(open) > maxNesting {
				return nil, errors.New("too many elements")
			}
			parent.nodes = append(parent.nodes, node{element: child})
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			parent.nodes = append(parent.nodes, node{text: string(token)})
		}
	}
	return document.only()
}

// only returns the one element of a document.
func (e *element) only() (*element, error) {
	children := e.children()
	if len(children) != 1 || strings.Trim(e.text(), " \t\r\n\ufeff") != "" {
		return nil, errors.New("it is not one element")
	}
	return children[0], nil
}

func newElement(start xml.StartElement, lang string) (*element, error) {
	if !isName(start.Name) || start.Name.Space == langSpace {
		return nil, fmt.Errorf("%q is no name of an element", start.Name.Local)
	}
	e := &element{name: start.Name, lang: lang}
	seen := map[xml.Name]bool{}
	for _, attr := range start.Attr {
		switch {
		case attr.Name.Space == "xmlns" && attr.Value == "":
			return nil, errors.New("a prefix has no namespace") // Namespaces in XML 1.0, 5
		case attr.Name.Space == "xmlns", attr.Name == xml.Name{Local: "xmlns"}:
			continue
		case !isName(attr.Name), seen[attr.Name]:
			return nil, fmt.Errorf("%q is no name of an attribute, or is there twice", attr.Name.Local)
		case attr.Name == xml.Name{Space: langSpace, Local: "lang"}:
			e.lang = attr.Value
		}
		seen[attr.Name] = true
		e.attrs = append(e.attrs, attr)
	}
	return e, nil
}

// isName reports whether a name can be written with any prefix. The decoder has
// looked at it with the one that it came with.
func isName(name xml.Name) bool {
	first, _ := utf8.DecodeRuneInString(name.Local)
	return (first == '_' || unicode.IsLetter(first)) && !strings.Contains(name.Local, ":") &&
		len(name.Space) <= maxNamespace && name.Space != declSpace
}

func (e *element) children() (children []*element) {
	for _, n := range e.nodes {
		if n.element != nil {
			children = append(children, n.element)
		}
	}
	return children
}

// child returns the first child of a name in the namespace of WebDAV, or nil.
func (e *element) child(local string) *element {
	for _, n := range e.nodes {
		if n.element != nil && n.element.is(local) {
			return n.element
		}
	}
	return nil
}

func (e *element) is(local string) bool { return e.name == xml.Name{Space: davSpace, Local: local} }

// text returns the text of an element, without that of its children.
func (e *element) text() string {
	var b strings.Builder
	for _, n := range e.nodes {
		b.WriteString(n.text)
	}
	return b.String()
}

// inner returns the content of an element as XML that needs no declaration
// from around it.
func (e *element) inner() string {
	var b bytes.Buffer
	for _, n := range e.nodes {
		if n.element != nil {
			n.element.write(&b)
		} else {
			xml.EscapeText(&b, []byte(n.text))
		}
	}
	return b.String()
}

func (e *element) write(b *bytes.Buffer) {
	tag := e.name.Local
	if e.name.Space != "" {
		tag = "n:" + tag
	}
	b.WriteString("<" + tag)
	if e.name.Space != "" {
		writeAttr(b, "xmlns:n", e.name.Space)
	}
	for i, attr := range e.attrs {
		switch attr.Name.Space {
		case "":
			writeAttr(b, attr.Name.Local, attr.Value)
		case langSpace:
			writeAttr(b, "xml:"+attr.Name.Local, attr.Value)
		default:
			prefix := fmt.Sprintf("a%d", i)
			writeAttr(b, "xmlns:"+prefix, attr.Name.Space)
			writeAttr(b, prefix+":"+attr.Name.Local, attr.Value)
		}
	}
	b.WriteString(">" + e.inner() + "</" + tag + ">")
}

func writeAttr(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + `="`)
	xml.EscapeText(b, []byte(value))
	b.WriteString(`"`)
}

// escape returns text as it stands in XML. What XML has no way to say becomes
// U+FFFD.
func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text))
	return b.String()
}
