package webdav

import (
	"bytes"
	"net/http"
)

const maxProppatch = 64 << 10 // bytes of XML

// proppatch sets and removes properties (RFC 4918, 9.2): all that are asked for,
// or none.
func (h *Handler) proppatch(w http.ResponseWriter, r *http.Request, t target) error {
	content, err := readXML(r.Body, maxProppatch)
	if err != nil {
		return err
	}
	changes, err := parseChanges(content)
	if err != nil {
		return err
	}
	info, err := h.stat(t.name)
	if err != nil {
		return err
	}
	end, err := h.guard(r, t, claim{name: t.name})
	if err != nil {
		return err
	}
	defer end()
	m := begin(w)
	m.properties(h.href(t.name, info.IsDir()), h.patch(t.name, changes)...)
	return m.end()
}

// patch makes changes and returns what became of them.
func (h *Handler) patch(name string, changes []change) []propstat {
	var protected, others bytes.Buffer
	for _, c := range changes {
		b := &others
		if _, ok := liveByName[c.name]; ok {
			b = &protected
		}
		writeProperty(b, property{name: c.name})
	}
	switch {
	case protected.Len() > 0:
		return []propstat{
			{http.StatusForbidden, "cannot-modify-protected-property", protected.Bytes()},
			{http.StatusFailedDependency, "", others.Bytes()},
		}
	case !h.dead.patch(name, changes):
		return []propstat{{http.StatusInsufficientStorage, "", others.Bytes()}}
	}
	return []propstat{{http.StatusOK, "", others.Bytes()}}
}

// parseChanges reads the content of PROPPATCH (RFC 4918, 14.19).
func parseChanges(content *element) ([]change, error) {
	var changes []change
	if content == nil || !content.is("propertyupdate") {
		return nil, refusal{status: http.StatusBadRequest, text: "the XML is no propertyupdate"}
	}
	for _, action := range content.children() {
		remove := action.is("remove")
		if !remove && !action.is("set") {
			continue // RFC 4918, 17: what is not known is ignored
		}
		for _, prop := range action.children() {
			if !prop.is("prop") {
				continue
			}
			for _, p := range prop.children() {
				changes = append(changes, change{property{p.name, p.lang, p.inner()}, remove})
			}
		}
	}
	if len(changes) == 0 {
		return nil, refusal{status: http.StatusBadRequest, text: "the XML changes no property"}
	}
	return changes, nil
}
