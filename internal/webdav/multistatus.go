package webdav

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
)

// multistatus writes an answer about several things (RFC 4918, 13), as it
// comes. The namespace of WebDAV has a prefix in it, since Explorer knows no
// other way.
type multistatus struct{ out *bufio.Writer }

// begin answers 207. The caller calls end.
func begin(w http.ResponseWriter) *multistatus {
	w.Header().Set("Content-Type", xmlType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusMultiStatus)
	m := &multistatus{bufio.NewWriterSize(w, 16<<10)}
	m.out.WriteString(xmlHead + `<D:multistatus xmlns:D="DAV:">` + "\n")
	return m
}

func (m *multistatus) end() error {
	m.out.WriteString("</D:multistatus>\n")
	return m.out.Flush()
}

// propstat is properties that have one status.
type propstat struct {
	status     int
	condition  string // that was not met; "" for none
	properties []byte // as XML
}

// properties tells of the properties of one thing. Of parts that are empty, only
// the first is written, and only if there is no other.
func (m *multistatus) properties(href string, found ...propstat) error {
	m.out.WriteString("<D:response><D:href>")
	xml.EscapeText(m.out, []byte(href))
	m.out.WriteString("</D:href>")
	some := slices.ContainsFunc(found, func(p propstat) bool { return len(p.properties) > 0 })
	for i, p := range found {
		if len(p.properties) == 0 && (some || i > 0) {
			continue
		}
		m.out.WriteString("<D:propstat><D:prop>")
		m.out.Write(p.properties)
		m.out.WriteString("</D:prop>")
		m.status(p.status)
		if p.condition != "" {
			m.out.WriteString("<D:error><D:" + p.condition + "/></D:error>")
		}
		m.out.WriteString("</D:propstat>")
	}
	_, err := m.out.WriteString("</D:response>\n")
	return err
}

// failed tells what became of one thing.
func (m *multistatus) failed(href string, status int) error {
	m.out.WriteString("<D:response><D:href>")
	xml.EscapeText(m.out, []byte(href))
	m.out.WriteString("</D:href>")
	m.status(status)
	_, err := m.out.WriteString("</D:response>\n")
	return err
}

func (m *multistatus) status(status int) {
	m.out.WriteString("<D:status>HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "</D:status>")
}

// writeProperty writes a property with its value, which is XML.
func writeProperty(b *bytes.Buffer, p property) {
	tag := p.name.Local
	switch p.name.Space {
	case "":
		b.WriteString("<" + tag)
	case davSpace:
		tag = "D:" + tag
		b.WriteString("<" + tag)
	default:
		tag = "p:" + tag
		b.WriteString("<" + tag)
		writeAttr(b, "xmlns:p", p.name.Space)
	}
	if p.lang != "" {
		writeAttr(b, "xml:lang", p.lang)
	}
	if p.value == "" {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + p.value + "</" + tag + ">")
}
