//go:build unix

package hook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// WSGI runs an application of PEP 3333 in worker processes. gserve reads HTTP
// and writes it; Python runs the application and nothing else. A worker handles
// as many requests at once as it has threads; the others wait.
//
// Make one with [NewWSGI]. All its methods may be called at any time, from any
// goroutine.
type WSGI struct {
	config            WSGIConfig
	target, attribute string // of App
	python            string
	output            *os.File // of the workers; nil is the one of this process
	pool              pool
	processes         map[*worker]struct{} // all that run; guarded by the pool
	proxy             *httputil.ReverseProxy

	life    context.Context // ends with Close
	end     context.CancelFunc
	running sync.WaitGroup // goroutines that wait for processes

	reloading sync.Mutex         // guards what follows
	loading   context.CancelFunc // ends the load of a generation that is not the newest
	newest    int
	patience  *time.Timer // ends the hold

	foldersMu sync.Mutex
	folders   []string
	telling   sync.Mutex // has FoldersChanged called by one at a time
}

// NewWSGI checks what can be checked without running Python, which it looks for.
// It starts nothing.
func NewWSGI(c WSGIConfig) (*WSGI, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if stat, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("folder of the application: %w", err)
	} else if !stat.IsDir() {
		return nil, fmt.Errorf("folder of the application: %s is not a folder", dir)
	}
	c.Dir = dir
	if c.Prefix = strings.TrimRight(c.Prefix, "/"); c.Prefix != "" && c.Prefix[0] != '/' {
		return nil, fmt.Errorf("prefix %q does not begin with a slash", c.Prefix)
	}
	s := &WSGI{config: c.withDefaults(), processes: make(map[*worker]struct{})}
	if s.target, s.attribute, err = parseApp(c.App, dir); err != nil {
		return nil, err
	}
	if s.python, err = findPython(c.Python, dir); err != nil {
		return nil, err
	}
	s.pool.queue, s.pool.threads = s.config.Queue, s.config.Threads
	s.life, s.end = context.WithCancel(context.Background())
	s.folders = []string{dir}
	if c.Class {
		s.proxy = s.newHandlerProxy()
	}
	return s, nil
}

// Start starts the workers, and returns when they have imported the application.
// If they cannot, the error is an [*ImportError]; under Watch it is logged and
// becomes the answer to all requests until a [WSGI.Reload] does better.
func (s *WSGI) Start(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	g, folders, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.setFolders(folders, g.failure == nil)
	if g.failure != nil {
		if !s.config.Watch {
			return g.failure
		}
		s.config.Log(strings.TrimSuffix(g.failure.Error(), "\n"))
	}
	return s.install(g)
}

// install has g answer, unless it is too late for that.
func (s *WSGI) install(g *generation) error {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if s.pool.closed {
		for _, w := range g.workers {
			w.leave(lastWords)
		}
		return errClosed
	}
	s.takeOver(g)
	return nil
}

// Hold has new requests wait for a Reload that is certain to come, for some
// seconds at most: what was just saved should be what answers.
func (s *WSGI) Hold() {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.patience == nil {
		s.patience = time.AfterFunc(maxHold, s.unhold)
		s.pool.hold(true)
	}
}

func (s *WSGI) unhold() {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.patience = nil
	s.pool.hold(false)
}

// Reload starts workers with the code as it is now. Requests wait for them,
// for some seconds at most. They take over together; the ones before get no
// more requests, and two seconds to end those they have. A newer Reload makes
// one that is under way meaningless, and ends it.
//
// If the import fails, the old code goes on; under Watch its traceback is the
// answer from then on, as a page for clients on this machine.
func (s *WSGI) Reload() {
	s.Hold()
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.life.Err() != nil {
		return
	}
	if s.loading != nil {
		s.loading()
	}
	ctx, cancel := context.WithCancel(s.life)
	s.loading = cancel
	s.newest++
	number := s.newest
	s.running.Go(func() {
		defer cancel()
		g, folders, err := s.load(ctx)
		s.finishReload(number, g, folders, err)
	})
}

// finishReload switches to g if it is the newest generation.
func (s *WSGI) finishReload(number int, g *generation, folders []string, err error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if number != s.newest {
		if g != nil {
			for _, w := range g.workers {
				w.leave(0)
			}
		}
		return
	}
	defer func() {
		if s.patience != nil {
			s.patience.Stop()
			s.patience = nil
		}
		s.pool.hold(false)
	}()
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.config.Log(fmt.Sprintf("%s: not reloaded: %v", s.config.scheme(), err))
		}
		return
	}
	s.setFolders(folders, g.failure == nil)
	if g.failure != nil {
		s.config.Log(strings.TrimSuffix(g.failure.Error(), "\n"))
		if !s.config.Watch {
			return
		}
	}
	s.install(g)
}

// Folders returns the folders of the application and of all it has imported that
// does not belong to Python or to its packages.
func (s *WSGI) Folders() []string {
	s.foldersMu.Lock()
	defer s.foldersMu.Unlock()
	return slices.Clone(s.folders)
}

func (s *WSGI) addFolders(more []string) { s.setFolders(more, false) }

// setFolders takes what a worker has imported, instead of what was known or
// besides it.
func (s *WSGI) setFolders(folders []string, instead bool) {
	folders = append(slices.Clone(folders), s.config.Dir)
	s.foldersMu.Lock()
	if !instead {
		folders = append(folders, s.folders...)
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	folders = slices.DeleteFunc(folders, func(f string) bool { return f == "" })
	changed := !slices.Equal(folders, s.folders)
	s.folders = folders
	s.foldersMu.Unlock()
	if changed {
		s.telling.Lock()
		defer s.telling.Unlock()
		s.config.FoldersChanged()
	}
}

// Describe says what runs, for someone who starts it: "wsgi:shop:app, Python
// 3.11.2 (/usr/bin/python3), 1 worker with 16 threads".
func (s *WSGI) Describe() string {
	s.pool.mu.Lock()
	version := ""
	if g := s.pool.current; g != nil && g.python != "" {
		version = " " + g.python
	}
	s.pool.mu.Unlock()
	workers := "1 worker"
	if n := s.config.Workers; n > 1 {
		workers = fmt.Sprintf("%d workers", n)
	}
	threads := "1 thread"
	if n := s.config.Threads; n > 1 {
		threads = fmt.Sprintf("%d threads", n)
	}
	return fmt.Sprintf("%s, Python%s (%s), %s with %s", s.config.scheme(), version, s.python, workers, threads)
}

// Close answers new requests with 503, waits until ctx ends for those that run,
// and ends the workers. When it returns, no process is left. The error is ctx's
// if requests had to be cut.
func (s *WSGI) Close(ctx context.Context) error {
	s.reloading.Lock()
	s.end()
	s.reloading.Unlock()
	s.pool.mu.Lock()
	s.pool.closed, s.pool.held = true, false
	s.pool.pump()
	for w := range s.processes {
		s.pool.withdraw(w)
		w.endIfIdle()
	}
	s.pool.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	s.pool.mu.Lock()
	for w := range s.processes {
		w.cut()
		w.leave(lastWords)
	}
	s.pool.mu.Unlock()
	<-ended
	return ctx.Err()
}

var _ http.Handler = (*WSGI)(nil)
