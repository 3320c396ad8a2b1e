package webdav

import (
	"net/http"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// condition is one of an If field: that a resource has a lock or an entity tag,
// or has it not.
type condition struct {
	not   bool
	token string // of a lock; "" if it is about a tag
	tag   string
}

// alternative is conditions that are to be met all together, by one resource.
type alternative struct {
	resource   string // the URL of it; "" is the one that the request is for
	conditions []condition
}

// maxConditions bounds what is looked at for one request.
const maxConditions = 100

var errIf = refusal{status: http.StatusBadRequest, text: "the If field cannot be understood"}

// parseIf reads an If field (RFC 4918, 10.4.2).
//
//	If           = "If" ":" ( 1*No-tag-list | 1*Tagged-list )
//	No-tag-list  = List
//	Tagged-list  = "<" Simple-ref ">" 1*List
//	List         = "(" 1*Condition ")"
func parseIf(field string) ([]alternative, error) {
	var alternatives []alternative
	resource, count := "", 0
	for s := strings.TrimLeft(field, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		if s[0] == '<' {
			var ok bool
			if resource, s, ok = cut(s, '<', '>'); !ok || resource == "" {
				return nil, errIf
			}
			s = strings.TrimLeft(s, " \t")
		}
		l := alternative{resource: resource}
		var ok bool
		if l.conditions, s, ok = cutList(s); !ok {
			return nil, errIf
		}
		if count += len(l.conditions); count > maxConditions {
			return nil, errIf
		}
		alternatives = append(alternatives, l)
	}
	return alternatives, nil
}

// cutList takes a list off the front of s.
func cutList(s string) (conditions []condition, rest string, ok bool) {
	if s, ok = strings.CutPrefix(s, "("); !ok {
		return nil, s, false
	}
	for {
		s = strings.TrimLeft(s, " \t")
		if rest, ok := strings.CutPrefix(s, ")"); ok {
			return conditions, rest, len(conditions) > 0
		}
		var c condition
		if c, s, ok = cutCondition(s); !ok {
			return nil, s, false
		}
		conditions = append(conditions, c)
	}
}

// cutCondition takes one condition off the front of s.
//
//	Condition = ["Not"] (State-token | "[" entity-tag "]")
func cutCondition(s string) (c condition, rest string, ok bool) {
	if len(s) >= 3 && strings.EqualFold(s[:3], "Not") {
		c.not, s = true, strings.TrimLeft(s[3:], " \t")
	}
	if c.token, rest, ok = cut(s, '<', '>'); ok {
		return c, rest, c.token != ""
	}
	c.tag, rest, ok = cut(s, '[', ']')
	return c, rest, ok && strings.HasSuffix(c.tag, `"`)
}

// cut takes what stands between two characters off the front of s.
func cut(s string, first, last byte) (inside, rest string, ok bool) {
	if s == "" || s[0] != first {
		return "", s, false
	}
	return strings.Cut(s[1:], string(last))
}

// tokensOf returns the tokens that a field submits: all that it mentions
// (RFC 4918, 10.4.1).
func tokensOf(alternatives []alternative) map[string]bool {
	tokens := map[string]bool{}
	for _, l := range alternatives {
		for _, c := range l.conditions {
			if c.token != "" {
				tokens[c.token] = true
			}
		}
	}
	return tokens
}

// holds reports whether one of the alternatives is met, or there is none.
func (h *Handler) holds(r *http.Request, alternatives []alternative, t target) bool {
	for _, l := range alternatives {
		about := t
		if l.resource != "" {
			var err error
			if about, err = h.parseURL(r, l.resource); err != nil {
				continue
			}
		}
		if h.meets(about.name, l.conditions) {
			return true
		}
	}
	return len(alternatives) == 0
}

func (h *Handler) meets(name string, conditions []condition) bool {
	for _, c := range conditions {
		met := false
		if c.token != "" {
			met = h.locks.covers(c.token, name)
		} else if info, err := h.stat(name); err == nil && !info.IsDir() {
			// RFC 4918, 10.4.4: weakly, since the tag of a file that has just
			// been written is weak.
			tag := string(fileserver.TagOf(info, time.Now()))
			met = tag != "" && strings.TrimPrefix(c.tag, "W/") == strings.TrimPrefix(tag, "W/")
		}
		if met == c.not {
			return false
		}
	}
	return true
}

// guard has a request wait for no lock: it is refused unless it submits the
// locks on what it claims, and its conditions are met. Nobody gets a lock on
// that until end is called.
func (h *Handler) guard(r *http.Request, t target, claims ...claim) (end func(), err error) {
	alternatives, err := parseIf(strings.Join(r.Header.Values("If"), " "))
	if err != nil {
		return nil, err
	}
	end, ok := h.locks.begin(tokensOf(alternatives), claims...)
	switch {
	case !h.holds(r, alternatives, t):
		if ok {
			end()
		}
		return nil, refusal{status: http.StatusPreconditionFailed, text: "the condition of If is not met"}
	case !ok:
		return nil, refusal{status: http.StatusLocked, condition: "lock-token-submitted"}
	}
	return end, nil
}
