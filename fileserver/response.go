package fileserver

import (
	"crypto/rand"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
)

// Response is an answer that has been decided and not yet written. It owns the
// file in its Content: whoever asked for it calls Close when it is written.
//
// Date, Connection and Server are the writer's own.
type Response struct {
	Status   int
	Meta     Representation
	Ranges   []ByteRange // of Content, in the order of sending; nil: all of it
	Location string      // URI reference, for a redirect
	Allow    string      // methods, for 405 and OPTIONS
	Vary     Vary
	Extra    []Field // of the caller (see [WithFields]); append, do not edit
	Content  Content

	AcceptRanges bool // parts of the content can be asked for

	Handoff http.Handler // not for the server to answer: a mount, the fallback
	Name    string       // file that was chosen, below the root; "" if none was
	Listing bool         // the content lists what is in a directory
	Rule    string       // that led to this answer; "" if the path did
	Err     error        // why this is a refusal; for the log, never sent

	file     fs.File      // to be closed, whatever a filter makes of Content
	release  func()       // lets go of what content is made of; may be nil, and called repeatedly
	single   [1]ByteRange // what Ranges usually points to
	complete int64        // length that a 416 tells the client
	boundary string       // between the parts of several ranges
	stored   bool         // the content is a file that lay encoded beside another
}

// Representation is the metadata of what was selected to be sent (RFC 9110, 8).
type Representation struct {
	Type   string // media type; "" if there is none to tell
	Coding compress.Coding
	Length int64 // bytes of all of it as coded, whatever part is sent; -1 if unknown
	Validator
}

// Field is one field of an answer.
type Field struct{ Name, Value string }

// Vary is a set of the request fields that an answer depends on.
type Vary uint8

// The fields that an answer may depend on.
const (
	VaryAccept Vary = 1 << iota
	VaryAcceptEncoding
	VaryUserAgent
)

var varyValues = [...]string{
	VaryAccept:                                      "Accept",
	VaryAcceptEncoding:                              "Accept-Encoding",
	VaryAccept | VaryAcceptEncoding:                 "Accept, Accept-Encoding",
	VaryUserAgent:                                   "User-Agent",
	VaryAccept | VaryUserAgent:                      "Accept, User-Agent",
	VaryAcceptEncoding | VaryUserAgent:              "Accept-Encoding, User-Agent",
	VaryAccept | VaryAcceptEncoding | VaryUserAgent: "Accept, Accept-Encoding, User-Agent",
}

// String returns the value of the Vary field, "" for the empty set.
func (v Vary) String() string { return varyValues[v] }

// Close lets go of what p holds open. It may be called more than once.
func (p *Response) Close() error {
	if p.release != nil {
		p.release()
	}
	if p.file == nil {
		return nil
	}
	defer func() { p.file = nil }()
	return p.file.Close()
}

// SetContent replaces the content of p, as a filter does that has changed it.
// What p said of the former one, validator and ranges included, no longer holds.
func (p *Response) SetContent(mediaType string, content []byte) {
	p.Close()
	if p.Status == http.StatusPartialContent {
		p.Status = http.StatusOK
	}
	p.Content = Content{Bytes: content}
	p.Meta = Representation{Type: mediaType, Length: int64(len(content))}
	p.Ranges, p.AcceptRanges = nil, false
}

// ContentLength returns the number of bytes that WriteContent writes, -1 if it
// is not known in advance.
func (p *Response) ContentLength() int64 {
	switch {
	case p.Content.isNone():
		return 0
	case p.Ranges == nil:
		return p.Meta.Length
	}
	var n int64
	for i, r := range p.Ranges {
		n += int64(len(p.partHead(i))) + r.Length()
	}
	return n + int64(len(p.partsEnd()))
}

// Fields calls yield with every field of the answer, in the order in which
// they are to be written. Values are free of line breaks.
func (p *Response) Fields(yield func(name, value string)) {
	p.contentFields(yield)
	if p.Meta.ETag != "" {
		yield("Etag", string(p.Meta.ETag))
	}
	// RFC 9110, 15.4.5: a 304 has no metadata that a cache does not need.
	if !p.Meta.LastModified.IsZero() && (p.Status != http.StatusNotModified || p.Meta.ETag == "") {
		yield("Last-Modified", formatDate(p.Meta.LastModified))
	}
	if p.Vary != 0 {
		yield("Vary", p.Vary.String())
	}
	if p.Location != "" {
		yield("Location", p.Location)
	}
	if p.Allow != "" {
		yield("Allow", p.Allow)
	}
	if p.Status == http.StatusServiceUnavailable {
		yield("Retry-After", "1") // what is short now is free when a transfer ends
	}
	for _, f := range p.Extra {
		yield(f.Name, f.Value)
	}
}

// contentFields yields the fields that describe the content.
func (p *Response) contentFields(yield func(name, value string)) {
	switch {
	case p.Status == http.StatusNoContent || p.Status == http.StatusNotModified:
		return // RFC 9110, 8.6: no Content-Length
	case len(p.Ranges) > 1:
		yield("Content-Type", "multipart/byteranges; boundary="+p.boundary)
	case p.Meta.Type != "":
		yield("Content-Type", p.Meta.Type)
	}
	if p.Meta.Coding != compress.Identity {
		yield("Content-Encoding", p.Meta.Coding.Token())
	}
	if n := p.ContentLength(); n >= 0 {
		yield("Content-Length", strconv.FormatInt(n, 10))
	}
	switch {
	case len(p.Ranges) == 1:
		yield("Content-Range", contentRange(p.Ranges[0], p.Meta.Length))
	case p.Status == http.StatusRequestedRangeNotSatisfiable:
		yield("Content-Range", "bytes */"+strconv.FormatInt(p.complete, 10))
	}
	if p.AcceptRanges {
		yield("Accept-Ranges", "bytes")
	}
}

// setRanges makes p an answer of these parts only.
func (p *Response) setRanges(ranges []ByteRange) {
	p.Status = http.StatusPartialContent
	p.Ranges = ranges
	if len(ranges) > 1 {
		p.boundary = rand.Text() // 130 bits that no file can hold on purpose
	}
}

// partHead returns what stands before the content of one of several ranges
// (RFC 9110, 14.6); nothing if there is one only.
func (p *Response) partHead(i int) string {
	if len(p.Ranges) == 1 {
		return ""
	}
	var b strings.Builder
	if i > 0 {
		b.WriteString("\r\n")
	}
	b.WriteString("--" + p.boundary + "\r\n")
	if p.Meta.Type != "" {
		b.WriteString("Content-Type: " + p.Meta.Type + "\r\n")
	}
	b.WriteString("Content-Range: " + contentRange(p.Ranges[i], p.Meta.Length) + "\r\n\r\n")
	return b.String()
}

// partsEnd returns what stands behind the last of several ranges.
func (p *Response) partsEnd() string {
	if len(p.Ranges) == 1 {
		return ""
	}
	return "\r\n--" + p.boundary + "--\r\n"
}

// contentRange returns the value of a Content-Range field (RFC 9110, 14.4).
func contentRange(r ByteRange, complete int64) string {
	b := make([]byte, 0, 64)
	b = append(b, "bytes "...)
	b = strconv.AppendInt(b, r.First, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, r.Last, 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, complete, 10)
	return string(b)
}

func formatDate(t time.Time) string {
	b := make([]byte, 0, len(http.TimeFormat))
	return string(t.UTC().AppendFormat(b, http.TimeFormat))
}
