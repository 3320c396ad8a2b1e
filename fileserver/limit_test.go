package fileserver

import (
	"context"
	"testing"
	"testing/fstest"
)

// TestBudget has answers held open until there is no memory for more, and
// closes them.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := New(fstest.MapFS{"d/a": {}})
	q := &Request{Method: "GET", Path: "/d/", Query: "archive=tar.gz"}
	var held []*Response
	for range 1000 {
		p := new(Response)
		s.Respond(t.Context(), q, p)
		held = append(held, p)
		if p.Status == 503 {
			break
		}
	}
	if n := len(held); n < 10 || n > 100 {
		t.Errorf("%d answers at once", n)
	}
	for _, p := range held {
		p.Close()
		p.Close()
	}
	if used := s.budget.used.Load(); used != 0 {
		t.Errorf("%d bytes are still set aside", used)
	}
	for _, query := range []string{"archive=zip", "archive=rar", "archive=tar&name=missing", "format=html", "q=a&deep=1", "archive=tar.zst"} {
		for _, method := range []string{"GET", "HEAD"} {
			var p Response
			s.Respond(t.Context(), &Request{Method: method, Path: "/d/", Query: query, AcceptEncoding: "gzip"}, &p)
			p.Close()
			if used := s.budget.used.Load(); used != 0 {
				t.Errorf("%s %s leaves %d bytes set aside", method, query, used)
			}
		}
	}
}

func TestTurnsEndWithTheClient(t *testing.T) {
	t.Parallel()
	full := make(turns, 1)
	full <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := full.enter(ctx); err != context.Canceled {
		t.Errorf("entered: %v", err)
	}
	full.leave()
	if err := full.enter(t.Context()); err != nil {
		t.Error(err)
	}
}
