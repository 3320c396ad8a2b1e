package fileserver

import (
	"context"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
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

// stuckFS is a file system in which a file of this name never opens.
type stuckFS struct {
	fstest.MapFS
	opened chan struct{} // has a value when somebody waits for it
	goOn   chan struct{}
}

func (s stuckFS) Open(name string) (fs.File, error) {
	if name == "stuck" {
		s.opened <- struct{}{}
		<-s.goOn
	}
	return s.MapFS.Open(name)
}

// TestLooks has many requests wait for a disk: one more is refused, until the disk
// goes on.
func TestLooks(t *testing.T) {
	t.Parallel()
	files := stuckFS{fstest.MapFS{"stuck": {}, "other": {}}, make(chan struct{}), make(chan struct{})}
	s := New(files)
	status := func(name string) int {
		var p Response
		defer p.Close()
		s.Respond(t.Context(), &Request{Method: "GET", Path: "/" + name}, &p)
		return p.Status
	}
	var waiting sync.WaitGroup
	for range maxLooking {
		waiting.Go(func() { status("stuck") })
		<-files.opened
	}
	if got := status("other"); got != 503 {
		t.Errorf("one too many: %d", got)
	}
	close(files.goOn)
	waiting.Wait()
	if got := status("other"); got != 200 || s.looks.now.Load() != 0 {
		t.Errorf("when the disk has gone on: %d, and %d looks", got, s.looks.now.Load())
	}
}

func TestTurnsEndWithTheClient(t *testing.T) {
	t.Parallel()
	full := make(turns, 1)
	full <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := full.enter(ctx); err != context.Canceled {
		t.Errorf("entered: %v", err)
	}
	<-full
	if _, err := full.enter(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTurnOfOneWhoIsStuck has a turn pass on when its owner gets no further.
func TestTurnOfOneWhoIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		room := make(turns, 1)
		first, err := room.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			time.Sleep(maxPause * 3 / 4)
			first.step()
		}
		if len(room) != 1 {
			t.Error("one who gets on has lost the turn")
		}
		second, err := room.enter(t.Context())
		if err != nil {
			t.Fatalf("one who is stuck keeps the turn: %v", err)
		}
		first.leave()
		if len(room) != 1 {
			t.Error("who has lost the turn has ended that of another")
		}
		second.leave()
		second.leave()
		if len(room) != 0 {
			t.Error("who has left keeps the turn")
		}
		(*turn)(nil).step()
	})
}
