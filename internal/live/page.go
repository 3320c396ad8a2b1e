package live

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// page is how a page begins.
type page struct {
	head      []byte
	whole     bool   // there is no more of it
	mediaType string // as the field has it
}

// edits returns what puts the tag into the page, and what is to follow at its
// end if it is not in there.
func (p *page) edits(tag string) (edits []edit, last string) {
	if mark := utf16Mark(p.head); mark != "" {
		s := scan{tag: tag, isSettled: true}
		s.read(narrow(p.head[len(mark):], mark), p.whole)
		return widen(s.edits, mark), ""
	}
	charset := p.charset()
	if strings.HasPrefix(charset, "utf-16") {
		return nil, "" // without a mark: which one is it?
	}
	mark := len(p.head) - len(bytes.TrimPrefix(p.head, []byte("\ufeff")))
	s := scan{tag: tag, isSettled: charset != "" || mark > 0, offset: mark}
	s.read(p.head[mark:], p.whole)
	if s.isPlaced {
		return s.edits, ""
	}
	return s.edits, tag
}

// charset returns the charset of the page that the field tells, in lower case.
func (p *page) charset() string {
	_, charset, _ := strings.Cut(strings.ToLower(p.mediaType), "charset=")
	return strings.Trim(charset, `"' `)
}

// blanks are what HTML has for space.
const blanks = " \t\r\n\f"

// declarationSize is where a page has to declare its charset (HTML, 4.2.5.4).
const declarationSize = 1024

// scan goes through the head of a page, token by token, for what there is to
// edit.
type scan struct {
	tag       string
	offset    int  // of the token
	size      int  // of the token
	blank     int  // how much of it is space at its beginning
	isSettled bool // the charset is known, wherever bytes stand
	isPlaced  bool // the tag has its place
	isText    bool // what comes is the text of an element
	templates int  // that are open
	edits     []edit
}

// read scans text, which may be cut off. The tag is for what comes next in the
// head, but for what must come first: the doctype, the charset, the title.
func (s *scan) read(text []byte, whole bool) {
	end := s.offset + len(text)
	z := html.NewTokenizer(bytes.NewReader(text))
	for {
		z.Next()
		raw := z.Raw()
		s.size, s.blank = len(raw), len(raw)-len(bytes.TrimLeft(raw, blanks))
		token := z.Token()
		if token.Type == html.ErrorToken {
			break
		}
		if !whole && token.Type == html.TextToken && s.offset+s.size == end {
			return // it may be the beginning of something else
		}
		fits, ends := s.look(&token)
		if fits {
			s.place()
		}
		if ends {
			return
		}
		s.offset += s.size
	}
	if whole {
		s.place() // before a tag that does not end, which is dropped
	}
}

// place has the tag stand before the token, unless it would move a declaration
// of the charset to where nobody looks.
func (s *scan) place() {
	if !s.isPlaced && (s.isSettled || s.offset >= declarationSize) {
		s.isPlaced = true
		at := s.offset + s.blank
		s.edits = append(s.edits, edit{at, at, s.tag})
	}
}

// look reports whether the tag can stand before the token, and whether the head
// ends with it (HTML, 13.2.6.4.1 to 13.2.6.4.6).
func (s *scan) look(token *html.Token) (fits, ends bool) {
	wasText := s.isText
	s.isText = false
	switch token.Type {
	case html.TextToken:
		if wasText || s.templates > 0 || strings.Trim(token.Data, blanks) == "" {
			return false, false
		}
		return true, true
	case html.StartTagToken, html.SelfClosingTagToken: // which is the same
		return s.lookAtStart(token)
	case html.EndTagToken:
		return s.lookAtEnd(token.Data)
	}
	return false, false // a comment, or the doctype
}

func (s *scan) lookAtStart(token *html.Token) (fits, ends bool) {
	if token.Data == "template" {
		s.place() // before it is open
		s.templates++
	}
	if s.templates > 0 {
		return false, false
	}
	switch token.Data {
	case "html", "head", "base":
		return false, false
	case "meta":
		s.meta(token)
		return false, false
	case "title":
		s.isText = true
		return false, false
	case "style", "script", "noscript", "noframes":
		s.isText = true
		return true, false
	case "link":
		return true, false
	}
	return true, true
}

func (s *scan) lookAtEnd(name string) (fits, ends bool) {
	switch {
	case name == "template":
		s.templates = max(0, s.templates-1)
	case s.templates > 0:
	case name == "head":
		return true, false // what comes may still belong there
	case name == "body", name == "html", name == "br":
		return true, true
	}
	return false, false
}

// meta takes up what a meta element says of the charset, or of what the page
// may do.
func (s *scan) meta(token *html.Token) {
	if declaresCharset(token.Attr) {
		s.isSettled = true
	}
	if text := admitMeta(token.Attr); text != "" {
		s.edits = append(s.edits, edit{s.offset, s.offset + s.size, text})
	}
}
