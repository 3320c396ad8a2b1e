package webdav

import (
	"bytes"
	"encoding/xml"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What PROPFIND asks for is answered for each file of a folder, also that there
// is no such property. Explorer and Finder ask for less than 20.
const (
	maxPropfind = 16 << 10 // bytes of XML
	maxNames    = 100      // of properties
	maxNameSize = 8 << 10  // bytes of all names
)

// question is what PROPFIND asks for (RFC 4918, 14.20).
type question struct {
	all       bool       // all properties but those that are told on request
	namesOnly bool       // which properties there are, without their values
	names     []xml.Name // these, or these besides
}

func readQuestion(r *http.Request) (question, error) {
	content, err := readXML(r.Body, maxPropfind)
	if err != nil {
		return question{}, err
	}
	return parseQuestion(content)
}

// parseQuestion reads the content of PROPFIND. None asks for all.
func parseQuestion(content *element) (question, error) {
	if content == nil {
		return question{all: true}, nil
	}
	prop, all, names := content.child("prop"), content.child("allprop"), content.child("propname")
	kinds := 0
	for _, kind := range []*element{prop, all, names} {
		if kind != nil {
			kinds++
		}
	}
	if !content.is("propfind") || kinds != 1 {
		return question{}, refusal{status: http.StatusBadRequest, text: "the XML is no propfind"}
	}
	q := question{all: all != nil || names != nil, namesOnly: names != nil}
	if prop == nil {
		prop = content.child("include")
	}
	if prop == nil || q.namesOnly {
		return q, nil
	}
	size := 0
	for _, p := range prop.children() {
		q.names = append(q.names, p.name)
		size += len(p.name.Space) + len(p.name.Local)
	}
	if len(q.names) > maxNames || size > maxNameSize {
		return question{}, refusal{status: http.StatusRequestEntityTooLarge, text: "it asks for too many properties"}
	}
	return q, nil
}

// propfind tells of a file, or of a folder and what is in it (RFC 4918, 9.1).
func (h *Handler) propfind(w http.ResponseWriter, r *http.Request, t target) error {
	field, noRoot := strings.CutSuffix(r.Header.Get("Depth"), ",noroot") // as older Windows asks
	d, err := parseDepth(field)
	if err != nil {
		return err
	}
	q, err := readQuestion(r)
	if err != nil {
		return err
	}
	info, err := h.stat(t.name)
	switch {
	case err != nil:
		return err
	case t.slash && !info.IsDir():
		return errAbsent
	case info.IsDir() && (d == depthNone || d == depthInfinity):
		return refusal{status: http.StatusForbidden, condition: "propfind-finite-depth"} // RFC 4918, 9.1.1
	}
	a := &answer{handler: h, question: q, now: time.Now(), quota: sync.OnceValues(func() (int64, bool) { return h.free(t.name) })}
	if !info.IsDir() || d == depthZero {
		a.out = begin(w)
		a.tell(t.name, info)
		return a.out.end()
	}
	members, err := h.openMembers(t.name)
	if err != nil {
		return absent(err)
	}
	defer members.close()
	a.out = begin(w)
	if !noRoot {
		a.tell(t.name, info)
	}
	if err := members.each(r.Context(), a.tell); err != nil {
		return joinCut(err)
	}
	return a.out.end()
}

// free returns how many bytes can still be written into a folder.
func (h *Handler) free(name string) (int64, bool) {
	if h.readOnly() {
		return 0, false
	}
	return h.config.Store.FreeSpace(name)
}

// answer is one to PROPFIND.
type answer struct {
	handler  *Handler
	question question
	now      time.Time
	quota    func() (int64, bool)
	out      *multistatus

	found, missing bytes.Buffer
}

// tell writes what is asked for of a file or folder.
func (a *answer) tell(name string, info fs.FileInfo) error {
	a.found.Reset()
	a.missing.Reset()
	s := &subject{a.handler, name, info, a.now, a.quota}
	dead := a.handler.dead.of(name)
	if a.question.all {
		for _, l := range lives {
			if value, ok := s.find(l); ok && (!l.asked || a.question.namesOnly) {
				a.write(property{name: xml.Name{Space: davSpace, Local: l.local}, value: value})
			}
		}
		for _, p := range dead {
			a.write(p)
		}
	}
	for _, wanted := range a.question.names {
		if !a.question.all || liveByName[wanted].asked {
			a.look(s, dead, wanted)
		}
	}
	return a.out.properties(a.handler.href(name, info.IsDir()),
		propstat{status: http.StatusOK, properties: a.found.Bytes()},
		propstat{status: http.StatusNotFound, properties: a.missing.Bytes()})
}

// look writes one property, or that there is none.
func (a *answer) look(s *subject, dead []property, wanted xml.Name) {
	if l, ok := liveByName[wanted]; ok {
		if value, ok := s.find(l); ok {
			a.write(property{name: wanted, value: value})
			return
		}
	}
	for _, p := range dead {
		if p.name == wanted {
			a.write(p)
			return
		}
	}
	writeProperty(&a.missing, property{name: wanted})
}

func (a *answer) write(p property) {
	if a.question.namesOnly {
		p.value, p.lang = "", ""
	}
	writeProperty(&a.found, p)
}
