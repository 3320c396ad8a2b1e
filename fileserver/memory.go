package fileserver

import (
	"bytes"
	"net/http"
	"os"
	"time"
)

// Memory has answers that a server gave before. It is safe for concurrent use.
type Memory interface {
	// Recall sets p to the answer to r if one is remembered, and what it follows
	// from is as it was.
	Recall(r *http.Request, p *Response) bool

	// Begin is called before an answer is decided. What it returns is for Remember.
	Begin() Beginning

	// Remember may keep p, the answer to r, and its content, of which nothing
	// changes any more. It follows from the basis, and was decided since begun.
	Remember(r *http.Request, p *Response, from Basis, begun Beginning)
}

// Beginning is when a [Memory] was told that an answer is going to be decided.
type Beginning struct {
	Time       time.Time
	Generation uint64 // of what answers depend on besides files
}

// SetMemory has s answer what it can from a memory. Besides files, gates, filters,
// routers and transformations of s must depend on nothing but requests, and of
// clients on nothing but whether they are on this machine. It is called before s
// answers anything.
func (s *Server) SetMemory(m Memory) { s.memory = m }

// maxRemembered is how much content a remembered answer has: more would not be
// worth the copy.
const maxRemembered = 64 << 10

// recall answers r from memory.
func (s *Server) recall(r *http.Request, p *Response) bool {
	if s.memory == nil || !isPlain(r) || s.looks.enter() != nil {
		return false
	}
	defer s.looks.leave()
	return s.memory.Recall(r, p)
}

// isPlain reports whether an answer to r may be remembered.
func isPlain(r *http.Request) bool { return r.Method == "GET" && r.ContentLength == 0 }

// remember has p be remembered if it may. The content is read for that; p is a
// refusal if it cannot be.
func (s *Server) remember(r *http.Request, q *Request, p *Response, top *os.File, begun Beginning) {
	if s.memory == nil || !s.Remembers() || p.Handoff != nil || !isPlain(r) || !s.isRepeatable(p) || p.Ranges != nil {
		return
	}
	if p.Status == http.StatusOK && p.Meta.Length > maxRemembered {
		return
	}
	folder, names, ok := s.lookedAt(q, p)
	if !ok {
		return
	}
	if p.Content.File != nil {
		content := bytes.NewBuffer(make([]byte, 0, p.Meta.Length))
		if _, err := p.WriteContent(content); err != nil {
			s.refuseInstead(q, p, err)
			return
		}
		p.Close()
		p.Content = Content{Bytes: content.Bytes()}
	}
	s.memory.Remember(r, p, s.basis(top, folder, names), begun)
}
