//go:build unix

package hook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxHold is how long requests wait for new code. Then the old code answers.
	maxHold = 5 * time.Second
	// maxStay is how long the requests of old code may go on.
	maxStay = 2 * time.Second
	// stuckGrace is what the other requests of a worker get when one is stuck.
	stuckGrace = 5 * time.Second
	// A worker that lived for long is replaced at once, others ever later.
	longLife   = 5 * time.Second
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// generation is the workers that have imported the same code, or why they could
// not. The pool guards it.
type generation struct {
	workers []*worker
	failure *ImportError // why there is none, or no other one
	retired bool
	python  string
	young   int // deaths in a row of workers that had not lived for long
}

// serves reports whether any worker takes requests.
func (g *generation) serves() bool {
	return slices.ContainsFunc(g.workers, func(w *worker) bool { return w.serving })
}

// load starts a generation and waits until all of its workers have imported the
// application. The import's failure is the generation's; an error is that of
// gserve, or ctx's.
func (s *WSGI) load(ctx context.Context) (*generation, []string, error) {
	g := new(generation)
	abandon := func() {
		for _, w := range g.workers {
			w.kill() // it holds nothing yet
			w.leave(0)
		}
		g.workers = nil
	}
	for range s.config.Workers {
		w, err := s.startWorker()
		if err != nil {
			abandon()
			return nil, nil, err
		}
		g.workers = append(g.workers, w)
	}
	var folders []string
	for _, w := range g.workers {
		r, err := w.await(ctx)
		if err != nil {
			abandon()
			return nil, nil, err
		}
		folders = append(folders, r.folders...)
		g.python = r.python
		if r.failure != nil {
			g.failure = r.failure
			abandon()
			return g, folders, nil
		}
	}
	return g, folders, nil
}

// takeOver has g answer from now on, and retires the one before. The pool is
// held.
func (s *WSGI) takeOver(g *generation) {
	old := s.pool.current
	s.pool.current, s.pool.held = g, false
	for _, w := range g.workers {
		w.serving = true
		s.running.Go(func() { s.supervise(g, w) })
	}
	if old != nil {
		s.retire(old)
	}
	s.pool.pump()
}

// retire has the workers of a generation leave when they are idle, or after
// maxStay: an event stream has no end. The pool is held.
func (s *WSGI) retire(g *generation) {
	g.retired = true
	for _, w := range g.workers {
		s.pool.withdraw(w)
		w.endIfIdle()
	}
	workers := slices.Clone(g.workers)
	time.AfterFunc(maxStay, func() {
		s.pool.mu.Lock()
		defer s.pool.mu.Unlock()
		for _, w := range workers {
			w.cut()
			w.leave(lastWords)
		}
	})
}

// supervise waits for the end of a worker, and replaces it if that was not
// wanted.
func (s *WSGI) supervise(g *generation, w *worker) {
	<-w.gone
	s.pool.mu.Lock()
	s.pool.withdraw(w)
	// What it has sent is still to be read. But a process that it has started may
	// hold the lanes open.
	time.AfterFunc(time.Second, w.closeLanes)
	for number, overdue := range w.adrift {
		if overdue != nil {
			overdue.Stop()
		}
		delete(w.adrift, number)
	}
	w.leave(0)
	replace := !g.retired && !s.pool.closed && slices.Contains(g.workers, w)
	g.workers = slices.DeleteFunc(g.workers, func(other *worker) bool { return other == w })
	s.pool.mu.Unlock()
	if replace {
		s.config.Log(fmt.Sprintf("%s: worker %d ended: %s", s.config.scheme(), w.cmd.Process.Pid, w.cmd.ProcessState))
		s.replace(g, time.Since(w.started))
	}
}

// replace starts workers until one serves in the place of one that lived for so
// long.
func (s *WSGI) replace(g *generation, lived time.Duration) {
	for {
		if !s.pause(g, lived) {
			return
		}
		started := time.Now()
		w, err := s.startWorker()
		var r report
		if err == nil {
			if r, err = w.await(s.life); err == nil && r.failure == nil {
				s.join(g, w)
				return
			}
			w.kill()
			w.leave(0)
		}
		failure := r.failure
		if failure == nil {
			failure = &ImportError{App: s.config.App, Reason: fmt.Sprint(err)}
		}
		s.pool.mu.Lock()
		g.failure = failure
		s.pool.pump() // what waits need not do so
		s.pool.mu.Unlock()
		if s.life.Err() == nil {
			s.config.Log(strings.TrimSuffix(failure.Error(), "\n"))
		}
		lived = time.Since(started)
	}
}

// pause waits before a worker is replaced. It reports whether it still has to be.
func (s *WSGI) pause(g *generation, lived time.Duration) bool {
	s.pool.mu.Lock()
	var pause time.Duration
	if lived < longLife {
		pause = min(firstPause<<min(g.young, 10), lastPause)
		g.young++
	} else {
		g.young = 0
	}
	s.pool.mu.Unlock()
	select {
	case <-time.After(pause):
	case <-s.life.Done():
		return false
	}
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	return !g.retired && !s.pool.closed
}

// join adds a worker that has imported the application.
func (s *WSGI) join(g *generation, w *worker) {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if g.retired || s.pool.closed {
		w.leave(lastWords)
		return
	}
	g.failure = nil
	g.workers = append(g.workers, w)
	w.serving = true
	s.running.Go(func() { s.supervise(g, w) })
	s.pool.pump()
}

// replaceStuck has another worker take the place of one whose thread does not
// answer in time, which cannot be interrupted. What else it is busy with may
// end.
func (s *WSGI) replaceStuck(w *worker) {
	s.pool.mu.Lock()
	if !w.serving {
		s.pool.mu.Unlock()
		return
	}
	w.stuck = true
	s.pool.withdraw(w)
	w.endIfIdle()
	g := s.pool.current
	mine := slices.Contains(g.workers, w)
	if mine {
		g.workers = slices.DeleteFunc(g.workers, func(other *worker) bool { return other == w })
	}
	s.pool.mu.Unlock()
	s.config.Log(fmt.Sprintf("%s: worker %d did not answer within %v and is replaced", s.config.scheme(), w.cmd.Process.Pid, s.config.Timeout))
	s.running.Go(func() {
		select {
		case <-w.gone:
		case <-time.After(stuckGrace):
			w.kill()
		}
	})
	if mine {
		s.running.Go(func() { s.replace(g, longLife) })
	}
}
