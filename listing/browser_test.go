package listing_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// patience is how long a page may take to come to what a test waits for: a
// machine that does other things as well takes its time.
const patience = 20 * time.Second

// chromium is the browser that all tests share, each in a tab of its own. It is
// started when the first of them asks for it.
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
		// Tabs of tests that run at the same time are not in the background.
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
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

// screen is what a page is looked at on.
type screen struct {
	width, height int64
	scale         float64
	touch         bool
}

var (
	phone   = screen{390, 844, 2, true}
	desktop = screen{1280, 800, 1, false}
)

func (s screen) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// tab is one of the browser's. Whatever page is in it, it must not complain, and
// must not ask for anything from elsewhere.
type tab struct {
	testing.TB
	ctx    context.Context
	server *httptest.Server

	mu       sync.Mutex
	requests []string           // URLs asked for since somebody looked
	size     map[string]float64 // of the answers, by URL
	urls     map[network.RequestID]string
	faults   []string
}

// serve serves a folder until the test is over.
func serve(t testing.TB, dir string, options ...fileserver.Option) *httptest.Server {
	t.Helper()
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(fileserver.New(root, options...))
	t.Cleanup(func() {
		server.Close()
		root.Close()
	})
	return server
}

// show opens a path of the server in a new tab, after it has been prepared.
func show(t testing.TB, server *httptest.Server, s screen, path string, prepare ...func(*tab)) *tab {
	t.Helper()
	program := exchange.Program(t, "chromium")
	chromium.start.Do(func() { startBrowser(program) })
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	b := &tab{TB: t, server: server, size: make(map[string]float64), urls: make(map[network.RequestID]string)}
	ctx, closeTab := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Listen(ctx, b.observe); err != nil {
		t.Fatal(err)
	}
	var stop func()
	b.ctx, stop = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	t.Cleanup(func() {
		b.check()
		if t.Failed() && testing.Verbose() {
			b.keepScreenshot()
		}
	})
	send(b, network.Enable, network.EnableParams{})
	send(b, log.Enable, cdp.Empty{})
	send(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.resize(s)
	for _, f := range prepare {
		f(b)
	}
	b.open(path)
	return b
}

// send has the browser run a command of its protocol.
func send[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

func (b *tab) resize(s screen) {
	b.Helper()
	send(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.touch,
	})
	send(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.touch})
}

// withoutScript has pages do without JavaScript.
func withoutScript(b *tab) {
	send(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// on has pages believe that the medium is this one, and has these features, such
// as "prefers-color-scheme", "dark".
func on(medium string, features ...string) func(*tab) {
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for i := 0; i < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	return func(b *tab) { send(b, emulation.SetEmulatedMedia, params) }
}

func (b *tab) observe(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, event.Request.URL)
		b.urls[event.RequestID] = event.Request.URL
	case *network.EventLoadingFinished:
		b.size[b.urls[event.RequestID]] = event.EncodedDataLength
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "script: "+event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console: %v", event.Type))
	case *log.EventEntryAdded: // what the policy forbids, too
		// For a file that is no page, browsers look for an icon of the site.
		if event.Entry.Level != log.EntryLevelVerbose && !strings.HasSuffix(event.Entry.URL, "/favicon.ico") {
			b.faults = append(b.faults, fmt.Sprintf("log: %v: %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	}
}

// check holds what the tab has seen against what no page may do.
func (b *tab) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range b.faults {
		b.Error(fault)
	}
	for _, url := range b.urls {
		// The browser's own viewer of PDF files is an extension.
		if !strings.HasPrefix(url, b.server.URL+"/") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "chrome-extension:") {
			b.Errorf("the page asked for %s", url)
		}
	}
}

// asked returns the paths that were asked for since the last call.
func (b *tab) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var paths []string
	for _, url := range b.requests {
		if path, ok := strings.CutPrefix(url, b.server.URL); ok {
			paths = append(paths, path)
		}
	}
	b.requests = nil
	return paths
}

// received returns how many bytes an answer took on the wire.
func (b *tab) received(path string) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size[b.server.URL+path]
}

func (b *tab) keepScreenshot() {
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Logf("no screenshot: %v", err)
		return
	}
	path := filepath.Join(b.TB.(*testing.T).ArtifactDir(), "screenshot.png")
	if err := os.WriteFile(path, shot, 0o644); err != nil {
		b.Log(err)
		return
	}
	b.Logf("screenshot: %s", path)
}

// open goes to a path of the server, and waits until the page is there.
func (b *tab) open(path string) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(b.server.URL+path)); err != nil {
		b.Fatalf("%s: %v", path, err)
	}
}

// of returns what an expression, or what it promises, comes to in the page.
func of[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// is fails the test where a condition does not hold in the page.
func (b *tab) is(condition string) {
	b.Helper()
	if !of[bool](b, "!!("+condition+")") {
		b.Errorf("not so: %s", condition)
	}
}

// equal compares what an expression comes to in the page.
func equal[T comparable](b *tab, expression string, want T) {
	b.Helper()
	if got := of[T](b, expression); got != want {
		b.Errorf("%s = %#v, want %#v", expression, got, want)
	}
}

// wait waits until a condition holds in the page. Nothing holds while one page
// makes way for another.
func (b *tab) wait(condition string) {
	b.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("waited in vain for: %s (error: %v)", condition, err)
		}
	}
}

// waitFor waits until a path of the server is there as a whole.
func (b *tab) waitFor(path string) {
	b.Helper()
	b.wait(fmt.Sprintf("document.readyState == 'complete' && location.pathname + location.search == %q", path))
}

// keyCodes are the codes of keys that type nothing. Windows' codes are what
// Chromium takes on every system.
var keyCodes = map[string]int64{
	"Backspace": 8, "Tab": 9, "Escape": 27, "End": 35, "Home": 36,
	"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}

// press presses keys, one after the other. A key whose event the page prevents
// types nothing.
func (b *tab) press(keys ...string) {
	b.Helper()
	for _, key := range keys {
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, WindowsVirtualKeyCode: keyCodes[key]}
		switch {
		case key == "Enter":
			down.Text, down.WindowsVirtualKeyCode = "\r", 13
		case key == "Shift+Tab":
			down.Key, down.WindowsVirtualKeyCode, down.Modifiers = "Tab", 9, 8
		case down.WindowsVirtualKeyCode == 0:
			down.Text = key
		}
		send(b, input.DispatchKeyEvent, down)
		up := down
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		send(b, input.DispatchKeyEvent, up)
	}
}

// click clicks the middle of an element.
func (b *tab) click(selector string) {
	b.Helper()
	p := of[[2]float64](b, fmt.Sprintf(`(e => { e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })(document.querySelector(%q))`, selector))
	b.clickAt(p[0], p[1])
}

func (b *tab) clickAt(x, y float64) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.MouseClickXY(x, y)); err != nil {
		b.Fatal(err)
	}
}

// writeFiles writes a tree of files; a name that ends with a slash is a folder.
func writeFiles(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
