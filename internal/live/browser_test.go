package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/internal/reload"
)

// chromium is the browser that all tests share. It is started when the first of
// them asks for it.
var chromium struct {
	start  sync.Once
	ctx    context.Context
	cancel func()
	err    error
	dir    string // of its profile
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.cancel != nil {
		chromium.cancel()
		os.RemoveAll(chromium.dir)
	}
	os.Exit(code)
}

func startBrowser(program string) {
	if chromium.dir, chromium.err = os.MkdirTemp("", "browser"); chromium.err != nil {
		return
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(chromium.dir), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun,
	}
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "disable-dev-shm-usage",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-default-apps",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx = ctx
	chromium.cancel = func() {
		chromedp.Cancel(ctx) // which waits until the browser has written its profile
		cancel()
		kill()
	}
	chromium.err = chromedp.Do(ctx)
}

// site is a folder that is served, and watched.
type site struct {
	testing.TB
	dir     string
	options []fileserver.Option
	address string

	live   *Live
	stop   func() // ends the server
	browse context.Context

	mu   sync.Mutex
	gets map[string]int // by path
	told [][]string     // changes
}

// quiet is how long nothing must change before it is told.
const quiet = 50 * time.Millisecond

// serve serves files until the test is over.
func serve(t testing.TB, files map[string]string, options ...fileserver.Option) *site {
	t.Helper()
	program := exchange.Program(t, "chromium")
	chromium.start.Do(func() { startBrowser(program) })
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	s := &site{TB: t, dir: t.TempDir(), options: options, address: "127.0.0.1:0", gets: map[string]int{}}
	for name, text := range files {
		s.save(name, text)
	}
	s.start()
	t.Cleanup(func() { s.stop() })
	ctx, closeAll := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeAll)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	s.browse = ctx
	return s
}

// start starts a run of the server, where the one before it was.
func (s *site) start() {
	s.Helper()
	root, err := fileserver.Dir(s.dir)
	if err != nil {
		s.Fatal(err)
	}
	live := New(Options{Roots: []string{s.dir}})
	options := append([]fileserver.Option{
		fileserver.WithFields(fileserver.Field{Name: "Cache-Control", Value: "no-cache"}),
		fileserver.WithMount(live.Path(), live),
		fileserver.WithTransform("text/html", live.Inject),
		fileserver.WithObserver(s.observe),
	}, s.options...)
	options = append(options, fileserver.WithFilter(live.Filter))
	watcher, err := reload.New(reload.Options{Roots: []string{s.dir}, Patterns: []string{"*"}, Quiet: quiet, Changed: func(names []string) {
		live.Changed(names)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, names)
	}})
	if err != nil {
		s.Fatal(err)
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.Fatal(err)
	}
	s.address = l.Addr().String()
	server := &http.Server{Handler: fileserver.New(root, options...)}
	go server.Serve(l)
	s.live = live
	s.stop = sync.OnceFunc(func() {
		watcher.Close()
		live.Close()
		server.Close()
		root.Close()
	})
}

func (s *site) observe(r *fileserver.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, _, _ := strings.Cut(r.Target, "?")
	s.gets[path]++
}

// count returns how often a path was asked for.
func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets[path]
}

func (s *site) changes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.told)
}

// isTold reports whether a change of the file has been told.
func (s *site) isTold(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.told, func(names []string) bool { return slices.Contains(names, filepath.Join(s.dir, name)) })
}

// save writes a file as an editor does that leaves nobody a half of it.
func (s *site) save(name, text string) {
	s.Helper()
	path := filepath.Join(s.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	err = errors.Join(err, os.WriteFile(path+".tmp", []byte(text), 0o666), os.Rename(path+".tmp", path))
	if err != nil {
		s.Fatal(err)
	}
}

// tab is one of the browser's.
type tab struct {
	*site
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// open opens a path in a new tab. Nothing may go wrong in it.
func (s *site) open(path string) *tab {
	s.Helper()
	b := s.openAtFault(path)
	s.Cleanup(func() {
		for _, fault := range b.complaints() {
			s.Error(fault)
		}
	})
	return b
}

// openAtFault opens a path in a new tab, in which something may go wrong.
func (s *site) openAtFault(path string) *tab {
	s.Helper()
	b := &tab{site: s}
	ctx, closeTab := chromedp.NewContext(s.browse)
	s.Cleanup(closeTab)
	if err := chromedp.Listen(ctx, b.observe); err != nil {
		s.Fatal(err)
	}
	var cancel func()
	b.ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	s.Cleanup(cancel)
	if _, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{}); err != nil {
		s.Fatal(err)
	}
	if err := chromedp.Do(b.ctx, chromedp.Navigate("http://"+s.address+path)); err != nil {
		s.Fatal(err)
	}
	return b
}

func (b *tab) observe(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "script: "+event.ExceptionDetails.Text+" "+event.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console: %v", event.Type))
	case *log.EventEntryAdded: // what policies forbid, too
		if event.Entry.Level != log.EntryLevelVerbose && !strings.HasSuffix(event.Entry.URL, "/favicon.ico") {
			b.faults = append(b.faults, fmt.Sprintf("log: %v: %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	}
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}

// wait waits until a condition holds in the page. Nothing holds while one page
// makes way for another.
func (b *tab) wait(condition string) {
	b.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(5 * time.Millisecond) {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("waited in vain for: %s (error: %v, faults: %q)", condition, err, b.complaints())
		}
	}
}

// is fails the test where a condition does not hold.
func (b *tab) is(condition string) {
	b.Helper()
	if holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+condition+")", chromedp.EvalAwaitPromise)); err != nil || !holds {
		b.Errorf("not so: %s (error: %v)", condition, err)
	}
}

// do runs a script in the page.
func (b *tab) do(script string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script+"; true")); err != nil {
		b.Fatal(err)
	}
}

// shows waits until the text of the page is this.
func (b *tab) shows(text string) {
	b.Helper()
	b.wait(fmt.Sprintf("document.readyState == 'complete' && document.body.innerText.trim() == %q", text))
}
